package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"strings"

	"latchkey/internal/access"
	"latchkey/internal/audit"
	"latchkey/internal/state"
)

// auditVerify checks the whole log, or a proof that was made of it.
func auditVerify(ctx context.Context, in invocation) error {
	flags := auditFlags("verify")
	var trust audit.Trust
	flags.Func("key", "", func(key string) error {
		trust.Keys = append(trust.Keys, key)
		return nil
	})
	checkpoint := flags.String("checkpoint", "", "")
	if flags.Parse(in.args) != nil || flags.NArg() > 1 {
		return errArguments
	}
	if *checkpoint != "" {
		notes, err := os.ReadFile(*checkpoint)
		if err != nil {
			return err
		}
		var parts int
		if trust.Notes, parts = audit.SplitCheckpoints(string(notes)); len(trust.Notes) == 0 {
			return fmt.Errorf("there is no whole checkpoint in %s", *checkpoint)
		}
		if parts > 0 {
			fmt.Fprintf(in.stdout, "Of %d checkpoints in %s only a part is there. They are passed over.\n", parts, *checkpoint)
		}
	}
	if flags.NArg() == 1 {
		return verifyProof(in.stdout, flags.Arg(0), trust)
	}
	return readLog(ctx, in, func(tx state.Tx) error { return verifyLog(tx, trust, in.stdout) })
}

// verifyLog checks the chain of events, the trees and checkpoints of them, and the texts of
// which they have digests.
func verifyLog(tx state.Tx, trust audit.Trust, w io.Writer) error {
	held, err := audit.VerifyBy(tx, trust)
	if err != nil {
		return err
	}
	fmt.Fprintf(w, "The audit log holds: %d events, each following the one before it.\n", held.Events)
	switch {
	case held.Signed > 0:
		fmt.Fprintf(w, "Of them %d are under a signed checkpoint, the newest of %s. %d checkpoints are kept, and all agree with the log.\n",
			held.Signed, access.FormatTime(held.At), held.Checkpoints)
	case held.Checkpoints == 0:
		fmt.Fprintln(w, "No checkpoint of it is kept here.")
	}
	switch {
	case held.Kept == 1:
		fmt.Fprintf(w, "The checkpoint of %s, which was kept elsewhere, agrees with its first %d events.\n", access.FormatTime(held.Newest.At), held.Newest.Size)
	case held.Kept > 1:
		fmt.Fprintf(w, "%d checkpoints, which were kept elsewhere, agree with it, the newest, of %s, with its first %d events.\n", held.Kept, access.FormatTime(held.Newest.At), held.Newest.Size)
	}
	if held.Others > 0 {
		fmt.Fprintf(w, "%d of the checkpoints are signed with another key than you gave, the last of them with %s. Until you have that one from elsewhere, they say nothing.\n", held.Others, held.Other)
	}
	tellPutBack(w, held.PutBack)
	if n := len(held.Keys); len(trust.Keys) == 0 && n > 0 {
		fmt.Fprintf(w, "Its key is %s\nas the log itself says. Compare that with the one that you were given, or give that one with -key.\n", held.Keys[n-1])
	}
	texts, err := audit.VerifyTexts(tx)
	if err != nil {
		return err
	}
	fmt.Fprintln(w, texts)
	if len(texts.Altered) > 0 {
		return fmt.Errorf("the reason given for %s is not what the log was told: somebody else than the bot has written into the state", strings.Join(spelled(texts.Altered), ", "))
	}
	if len(texts.Differ) > 0 {
		return fmt.Errorf("the records of %s say otherwise than the log of who asked, who agreed, when or to what: somebody else than the bot has written into the state", strings.Join(spelled(texts.Differ), ", "))
	}
	return nil
}

// verifyProof checks a file that auditProve has written. It needs no state, no settings
// and no network.
func verifyProof(w io.Writer, file string, trust audit.Trust) error {
	if len(trust.Keys) == 0 {
		return errUsage{"say with which key the proof must be signed: -key"}
	}
	f, err := os.Open(file)
	if err != nil {
		return err
	}
	defer f.Close() //nolint:errcheck // it was only read
	p, err := audit.CheckProof(f, trust, func(access.Event) {})
	if _, unknown := errors.AsType[*audit.UnknownKeyError](err); unknown {
		return fmt.Errorf("%w: ask for the public key on another way than the proof came", err)
	}
	if err != nil {
		return err
	}
	fmt.Fprintf(w, "The proof holds: %s of %s %s.\n", events(p.Events), p.Customer, timeOf(p))
	fmt.Fprintf(w, "All %s of this customer that the checkpoint of %s has signed are in it, out of %d of the whole log.\n",
		events(p.All), access.FormatTime(p.Checkpoint.At), p.Checkpoint.Size)
	if p.Kept > 0 {
		fmt.Fprintf(w, "It is of the same log as what you have kept, %s.\n", checkpoints(p.Kept))
	}
	tellPutBack(w, p.PutBack)
	return nil
}

func checkpoints(n int) string {
	if n == 1 {
		return "1 checkpoint"
	}
	return fmt.Sprintf("%d checkpoints", n)
}

// tellPutBack says where the times of events are not to be believed.
func tellPutBack(w io.Writer, b audit.PutBack) {
	if b.Times > 0 {
		fmt.Fprintf(w, "%d of them are dated earlier than the event before, the first is event %d: the clock of the bot was put back. They came in the order of their numbers.\n", b.Times, b.First)
	}
}

func events(n int) string {
	if n == 1 {
		return "1 event"
	}
	return fmt.Sprintf("%d events", n)
}

// timeOf says of which time a proof is. It proves nothing of what was after its
// checkpoint.
func timeOf(p audit.Proven) string {
	from, to := "from the first", "to "+access.FormatTime(p.Checkpoint.At)
	if !p.Period.From.IsZero() {
		from = "from " + access.FormatTime(p.Period.From)
	}
	if !p.Period.To.IsZero() && p.Period.To.Before(p.Checkpoint.At) {
		to = "to " + access.FormatTime(p.Period.To)
	}
	return from + " " + to
}
