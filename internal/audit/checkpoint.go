package audit

import (
	"crypto/ed25519"
	"encoding/base64"
	"errors"
	"fmt"
	"slices"
	"strconv"
	"strings"
	"time"

	"golang.org/x/mod/sumdb/note"
	"golang.org/x/mod/sumdb/tlog"

	"latchkey/internal/access"
	"latchkey/internal/state"
)

const checkpointPrefix = "audit/checkpoint/"

// A Checkpoint says what the log was at one moment. It is written as c2sp.org/tlog-checkpoint
// says, with two lines more, and signed as a note.
type Checkpoint struct {
	Origin    string    // the name of the log
	Size      int64     // how many events it had
	Root      tlog.Hash // of the tree of them
	Customers tlog.Hash // of the map from customers to the trees of their events
	At        time.Time
	// Note is the whole, with its signatures.
	Note string
}

const (
	customersLine = "customers "
	atLine        = "at "
)

func (c Checkpoint) text() string {
	return fmt.Sprintf("%s\n%d\n%s\n%s%s\n%s%s\n", c.Origin, c.Size, c.Root, customersLine, c.Customers, atLine, c.At.UTC().Format(time.RFC3339))
}

var errCheckpoint = errors.New("this is no checkpoint of an audit log")

// parseCheckpoint reads the text of a checkpoint, without regard to who signed it.
func parseCheckpoint(text string) (c Checkpoint, err error) {
	lines := strings.Split(text, "\n")
	if len(lines) < 6 || lines[0] == "" {
		return c, errCheckpoint
	}
	c.Origin = lines[0]
	if c.Size, err = strconv.ParseInt(lines[1], 10, 64); err != nil || c.Size < 0 || strconv.FormatInt(c.Size, 10) != lines[1] {
		return c, errCheckpoint
	}
	if c.Root, err = tlog.ParseHash(lines[2]); err != nil {
		return c, errCheckpoint
	}
	customers, some := strings.CutPrefix(lines[3], customersLine)
	if c.Customers, err = tlog.ParseHash(customers); err != nil || !some {
		return c, errCheckpoint
	}
	at, some := strings.CutPrefix(lines[4], atLine)
	if c.At, err = time.Parse(time.RFC3339, at); err != nil || !some {
		return c, errCheckpoint
	}
	return c, nil
}

// UnknownKeyError means that none of the keys at hand has signed a checkpoint.
type UnknownKeyError struct {
	Signed []string // by whom it says that it is signed
}

func (e *UnknownKeyError) Error() string {
	return "the checkpoint is not signed with the key that you gave, but by " + strings.Join(e.Signed, ", ")
}

// OpenCheckpoint reads a checkpoint that must be signed with one of the public keys.
func OpenCheckpoint(signed string, keys []string) (Checkpoint, error) {
	var known []note.Verifier
	for i, k := range keys {
		if slices.Contains(keys[:i], k) {
			continue // two of a kind are not taken
		}
		v, err := note.NewVerifier(k)
		if err != nil {
			return Checkpoint{}, fmt.Errorf("%q is no public key of an audit log", k)
		}
		known = append(known, v)
	}
	n, err := note.Open([]byte(signed), note.VerifierList(known...))
	if unverified, is := errors.AsType[*note.UnverifiedNoteError](err); is {
		var by []string
		for _, s := range unverified.Note.UnverifiedSigs {
			by = append(by, fmt.Sprintf("%s+%08x", s.Name, s.Hash))
		}
		return Checkpoint{}, &UnknownKeyError{by}
	}
	if err != nil {
		return Checkpoint{}, fmt.Errorf("the checkpoint does not hold: %w", err)
	}
	c, err := parseCheckpoint(n.Text)
	if err != nil {
		return c, err
	}
	c.Note = signed
	for _, s := range n.Sigs {
		if s.Name == c.Origin {
			return c, nil
		}
	}
	return c, errors.New("the checkpoint is of another log than its key")
}

// parseSigner reads a private key, and returns it with the public one.
func parseSigner(private string) (note.Signer, string, error) {
	signer, err := note.NewSigner(private)
	if err != nil {
		return nil, "", errors.New("the private key of the audit log is none: make one with bot audit key -new")
	}
	// The form is PRIVATE+KEY+name+hash+key, and the key is the seed behind a byte that
	// names the algorithm, which has been found right above.
	seed, err := base64.StdEncoding.DecodeString(strings.SplitN(private, "+", 5)[4])
	if err != nil {
		return nil, "", err
	}
	public, err := note.NewEd25519VerifierKey(signer.Name(), ed25519.NewKeyFromSeed(seed[1:]).Public().(ed25519.PublicKey))
	return signer, public, err
}

// ReportKey writes down that checkpoints are signed with another key from here on, where
// that is so, and returns the public key.
func ReportKey(tx state.Tx, private string, now time.Time) (string, error) {
	_, public, err := parseSigner(private)
	if err != nil {
		return "", err
	}
	t, err := loadTree(tx)
	if err != nil || t.Key == public {
		return public, err
	}
	_, err = Append(tx, access.Event{At: now, Kind: access.EventAuditKey, Detail: map[string]string{"before": t.Key, "key": public}})
	if err != nil {
		return "", err
	}
	t.Key = public
	_, err = state.Save(tx, treeKey, t)
	return public, err
}

// Grow puts events that are not yet in the tree into it, some of them, and once it has all
// signs a checkpoint. It reports whether there is more to do.
func Grow(tx state.Tx, private string, now time.Time) (more bool, err error) {
	if _, err := ReportKey(tx, private, now); err != nil {
		return false, err
	}
	last, err := state.Load[head](tx, headKey)
	if errors.Is(err, state.ErrNotFound) {
		return false, nil
	}
	if err != nil {
		return false, err
	}
	t, err := loadTree(tx)
	if err != nil || uint64(t.Signed) == last.Seq {
		return false, err
	}
	if err := t.grow(tx, last); err != nil {
		return false, err
	}
	if more = uint64(t.Size) < last.Seq; !more {
		if err := t.sign(tx, private, now); err != nil {
			return false, err
		}
	}
	_, err = state.Save(tx, treeKey, t)
	return more, err
}

// sign writes a checkpoint of the tree.
func (t *tree) sign(tx state.Tx, private string, now time.Time) error {
	signer, _, err := parseSigner(private)
	if err != nil {
		return err
	}
	all, err := holdings(tx)
	if err != nil {
		return err
	}
	c := Checkpoint{Origin: signer.Name(), Size: t.Size, Root: t.Root, Customers: mapRoot(all, 0), At: now.UTC().Truncate(time.Second)}
	signed, err := note.Sign(&note.Note{Text: c.text()}, signer)
	if err != nil {
		return fmt.Errorf("sign a checkpoint: %w", err)
	}
	t.Signed = t.Size
	_, err = state.Save(tx, checkpointPrefix+number(uint64(t.Size)), string(signed))
	return err
}

// KeyInForce returns the public key of the log, or [state.ErrNotFound].
func KeyInForce(tx state.Tx) (string, error) {
	t, err := loadTree(tx)
	if err == nil && t.Key == "" {
		err = state.ErrNotFound
	}
	return t.Key, err
}

// LastCheckpoint returns the newest one, or [state.ErrNotFound].
func LastCheckpoint(tx state.Tx) (Checkpoint, error) {
	t, err := loadTree(tx)
	if err != nil {
		return Checkpoint{}, err
	}
	signed, err := state.Load[string](tx, checkpointPrefix+number(uint64(t.Signed)))
	if err != nil {
		return Checkpoint{}, err
	}
	return readCheckpoint(signed)
}

// readCheckpoint reads one of our own.
func readCheckpoint(signed string) (Checkpoint, error) {
	text, _, _ := strings.Cut(signed, "\n\n")
	c, err := parseCheckpoint(text + "\n")
	c.Note = signed
	return c, err
}
