package audit_test

import (
	"errors"
	"fmt"
	"strconv"
	"strings"
	"testing"

	"latchkey/internal/access"
	"latchkey/internal/audit"
	"latchkey/internal/state"
	"latchkey/internal/state/statetest"
)

// told is a log that has told contoso of some of its checkpoints, and those. With anew it has
// another event in the place of the one with that number, as one has it who shows each
// of two customers another log.
func told(t *testing.T, private string, anew int) (state.Store, []string) {
	t.Helper()
	s := statetest.Memory() // without salts, so that the two are the same up to that event
	var notes []string
	for n := range 40 {
		e := mixed(n + 1)
		if n == anew {
			e = mixed(99)
		}
		add(t, s, e)
		if n%8 != 7 {
			continue
		}
		sign(t, s, private)
		notes = append(notes, lastNote(t, s))
		if n == 31 {
			continue // they are not told of this one
		}
		c, err := audit.OpenCheckpoint(lastNote(t, s), []string{keyOfSigner(t, private)})
		if err != nil {
			t.Fatal(err)
		}
		add(t, s, access.Event{At: e.At, Kind: access.EventCheckpointPosted, Customer: "contoso", Detail: map[string]string{"size": strconv.FormatInt(c.Size, 10)}})
	}
	sign(t, s, private)
	return s, append(notes, lastNote(t, s))
}

func keyOfSigner(t *testing.T, private string) string {
	t.Helper()
	public, err := audit.PublicKey(private)
	if err != nil {
		t.Fatal(err)
	}
	return public
}

// TestProofAgainstKept holds what a customer has kept of its channel against a proof: it is
// of the same log, or it is found out that it is not.
func TestProofAgainstKept(t *testing.T) {
	t.Parallel()
	private, public := aKey(t, "latchkey.test/log")
	s, notes := told(t, private, -1)
	file, _ := prove(t, s, "contoso", audit.Period{})
	check := func(file string, notes ...string) (audit.Proven, error) {
		return audit.CheckProof(strings.NewReader(file), audit.Trust{Keys: []string{public}, Notes: notes}, func(access.Event) {})
	}
	shown := append(notes[:3:3], notes[4:]...)
	if p, err := check(file, shown...); err != nil || p.Kept != 5 {
		t.Errorf("of the same log: %d, %v", p.Kept, err)
	}
	bad := func(name, file string, notes ...string) {
		t.Helper()
		if _, err := check(file, notes...); !errors.As(err, new(*audit.BadProofError)) {
			t.Errorf("%s: %v", name, err)
		}
	}
	bad("of which they were not told", file, notes[3])
	earlier, _, _ := strings.Cut(file, "\n")
	bad("bent", strings.Replace(file, earlier, strings.Replace(earlier, `"grown":[{"size":9,"path":["`, `"grown":[{"size":9,"path":["AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA=","`, 1), 1), notes[0])
	forks := 0
	for anew := 0; anew < 40; anew += 3 {
		other, others := told(t, private, anew)
		otherFile, _ := prove(t, other, "contoso", audit.Period{})
		for i, note := range others {
			if i == 3 || note == notes[i] { // up to there it is the same
				continue
			}
			bad(fmt.Sprintf("event %d is another in the log that they were told of, checkpoint %d", anew, i), file, note)
			bad(fmt.Sprintf("event %d is another in the log of the proof, checkpoint %d", anew, i), otherFile, notes[i])
			forks += 2
		}
	}
	_, err := check(file, notes[0], strings.Replace(notes[1], "— ", "- ", 1))
	if err == nil {
		t.Error("a checkpoint without a signature agrees")
	}
	foreign, _ := aKey(t, "latchkey.test/log")
	_, strangers := told(t, foreign, -1)
	if _, err := check(file, strangers[0]); !errors.As(err, new(*audit.UnknownKeyError)) {
		t.Errorf("of another key: %v", err)
	}
	older, olderNotes := told(t, private, -1)
	young, _ := prove(t, older, "contoso", audit.Period{})
	add(t, older, mixed(41))
	sign(t, older, private)
	bad("of more events than the proof", young, append(olderNotes[:1:1], lastNote(t, older))...)
	t.Logf("%d forks, each found with the proof and a checkpoint alone", forks)
}
