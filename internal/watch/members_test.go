package watch_test

import (
	"errors"
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"

	"latchkey/internal/access"
	"latchkey/internal/state"
)

// clubhouse is a world with a group of the bot's for Contoso and one of Partner
// Center's. Who has which grant is told by grants.
type clubhouse struct {
	*world
	granted map[access.PrincipalID]bool
}

func newClubhouse(t *testing.T) *clubhouse {
	w := &clubhouse{world: newWorld(t), granted: map[access.PrincipalID]bool{}}
	w.Granted = func(_ state.Tx, g access.GroupID, p access.PrincipalID) (bool, bool, error) {
		return g == "g-ours", g == "g-ours" && w.granted[p], nil
	}
	w.watched(rel())
	w.update(func(tx state.Tx) error {
		return state.PutContainer(tx, access.Container{ID: "K-1", Customer: contoso, Roles: []access.RoleID{"b"}, Nonce: "n", Group: "g-ours"})
	})
	return w
}

// read has the sync job read who is in the groups: "ana,bo", "?" for what could
// not be read. It returns what is owed.
func (w *clubhouse) read(ours, agents string) []string {
	w.t.Helper()
	began := w.now
	for id, text := range map[access.GroupID]string{"g-ours": ours, "g-agents": agents} {
		g := state.MirroredGroup{ID: id, Name: "latchkey"}
		if id == "g-agents" {
			g.Name, g.Agents = "AdminAgents", access.AdminAgents
		}
		w.update(func(tx state.Tx) error {
			was, err := state.GroupMirrored(tx, id)
			old := &was
			if errors.Is(err, state.ErrNotFound) {
				old, err = nil, nil
			}
			if err != nil {
				return err
			}
			g.Members = nil
			for _, who := range strings.FieldsFunc(text, func(r rune) bool { return r == ',' }) {
				if who == "?" {
					g.Unseen, g.Members = "no answer", was.Members
					break
				}
				g.Members = append(g.Members, access.Member{ID: access.PrincipalID(who), Name: who, UPN: who + "@x"})
			}
			if changed, err := state.PutMirroredGroup(tx, g); err != nil || !changed {
				return err
			}
			return w.Members(tx, old, g)
		})
	}
	w.update(func(tx state.Tx) error {
		return errors.Join(state.PutGroupsReadAt(tx, began), w.GroupsRead(tx, began))
	})
	w.now = w.now.Add(5 * time.Minute)
	return w.owed()
}

// grants has a grant of the person be in force, or be over.
func (w *clubhouse) grants(p access.PrincipalID, s access.GrantState) {
	w.t.Helper()
	w.granted[p] = s == access.Active || s == access.Activating
	w.update(func(tx state.Tx) error {
		id := access.RequestID("R-" + strings.ToUpper(string(p)))
		return state.PutGrant(tx, access.Grant{
			Request: id, Principal: p, Customer: contoso, Container: "K-1", State: s, Duration: 8 * time.Hour,
			ApprovedAt: start, ActiveAt: start, ExpiresAt: start.Add(8 * time.Hour), Rev: 1,
		})
	})
}

func (w *clubhouse) member(g access.GroupID, p access.PrincipalID) (a access.Alert) {
	w.t.Helper()
	w.update(func(tx state.Tx) (err error) {
		a, err = state.Alert(tx, access.AlertOfMember(g, p))
		if errors.Is(err, state.ErrNotFound) {
			err = nil
		}
		return err
	})
	return a
}

func (w *clubhouse) stands(what string, a access.Alert, s access.AlertState, kinds ...access.ChangeKind) {
	w.t.Helper()
	var got []access.ChangeKind
	for _, c := range a.History {
		got = append(got, c.Kind)
	}
	if a.State != s || !slices.Equal(got, kinds) {
		w.t.Errorf("%s: %q with %v, want %q with %v", what, a.State, got, s, kinds)
	}
}

func TestMembersOfOurs(t *testing.T) {
	t.Parallel()
	w := newClubhouse(t)
	w.want("an empty group", w.read("", "zoe"))
	w.grants("ana", access.Activating)
	w.want("a grant", w.read("ana", "zoe"))
	w.grants("ana", access.Active)
	w.want("a stranger", w.read("ana,eve", "zoe"), "latchkey card 1")
	a := w.member("g-ours", "eve")
	w.stands("a stranger", a, access.AlertOpen, access.ChangeStranger)
	if a.Customer != contoso || a.Member.UPN != "eve@x" || a.About() != access.AboutMember {
		t.Errorf("the alert is %+v", a)
	}
	w.want("the same again", w.read("ana,eve", "zoe"))
	w.want("a read that failed", w.read("?", "?"))
	w.want("the stranger is out", w.read("ana", "zoe"), "latchkey card 1")
	w.stands("out", w.member("g-ours", "eve"), access.AlertResolved, access.ChangeStranger, access.ChangeGone)
	w.want("and in again", w.read("ana,eve", "zoe"), "latchkey card 1")
	w.grants("eve", access.Activating)
	w.want("who is given it", w.read("ana,eve", "zoe"))
	w.want("and is missed once", w.read("ana", "zoe"), "latchkey card 1")
	w.want("and read again", w.read("ana,eve", "zoe"))
	w.grants("ana", access.Ended)
	w.want("a grant that is over", w.read("eve", "zoe"))
	w.want("which goes on", w.read("eve", "zoe"))
	w.want("which goes on", w.read("eve", "zoe"))
	if got := w.member("g-ours", "ana"); got.ID != "" {
		t.Errorf("a grant that came and went has an alert: %+v", got)
	}
}

// TestMemberLostAccess tells that somebody was taken out only when a second read, a
// minute later, finds the same.
func TestMemberLostAccess(t *testing.T) {
	t.Parallel()
	for _, row := range []struct {
		name  string
		reads string // of the bot's group, one after another
		grant access.GrantState
		wait  time.Duration
		told  bool
	}{
		{"Confirmed", "ana  ", access.Active, 0, true},
		{"OneReadMissed", "ana  ana", access.Active, 0, false},
		{"TooSoon", "ana  ", access.Active, 5*time.Minute - 59*time.Second, false},
		{"UnreadableThen", "ana  ? ? ", access.Active, 0, true},
		{"Ending", "ana  ", access.Ending, 0, false},
		{"PastItsEnd", "ana  ", access.Active, -8 * time.Hour, false},
	} {
		t.Run(row.name, func(t *testing.T) {
			t.Parallel()
			w := newClubhouse(t)
			w.grants("ana", access.Active)
			reads := strings.Split(row.reads, " ")
			for i, who := range reads {
				if i == len(reads)-1 {
					w.grants("ana", row.grant)
					w.now = w.now.Add(-row.wait)
				}
				w.read(who, "")
			}
			a := w.member("g-ours", "ana")
			if told := a.ID != ""; told != row.told {
				t.Fatalf("told %t: %+v", told, a)
			}
			if !row.told {
				return
			}
			w.stands("lost", a, access.AlertOpen, access.ChangeLost)
			w.read("ana", "")
			w.stands("back", w.member("g-ours", "ana"), access.AlertResolved, access.ChangeLost, access.ChangeBack)
		})
	}
}

// TestPutBack tells of somebody who was put back right after the bot took them out,
// although no read ever saw them gone.
func TestPutBack(t *testing.T) {
	t.Parallel()
	w := newClubhouse(t)
	w.grants("ana", access.Active)
	w.want("a grant", w.read("ana", ""))
	w.grants("ana", access.Ended)
	w.update(func(tx state.Tx) error {
		return w.Out(tx, "g-ours", access.Member{ID: "ana", Name: "Ana"}, access.Person{})
	})
	w.now = w.now.Add(-3*time.Minute - 30*time.Second)
	w.want("a read that began before", w.read("ana", ""))
	w.want("a later one", w.read("ana", ""), "latchkey card 1")
	w.stands("put back", w.member("g-ours", "ana"), access.AlertOpen, access.ChangeStranger)
	w.want("and once", w.read("ana", ""))
}

func TestAgents(t *testing.T) {
	t.Parallel()
	w := newClubhouse(t)
	w.want("who was there", w.read("", "zoe,yan"))
	w.want("somebody new", w.read("", "zoe,yan,eve"), "AdminAgents card 1")
	a := w.member("g-agents", "eve")
	w.stands("new", a, access.AlertOpen, access.ChangeStranger)
	if a.Agents != access.AdminAgents || a.Customer != "" {
		t.Errorf("the alert is %+v", a)
	}
	w.want("a read that misses all", w.read("", ""), "AdminAgents card 1")
	w.want("and one that does not", w.read("", "zoe,yan,eve"), "AdminAgents card 1")
	w.want("somebody leaves", w.read("", "zoe,eve"))
	w.want("for good", w.read("", "zoe,eve"))
	w.want("and comes back", w.read("", "zoe,eve,yan"), "AdminAgents card 1")
	w.want("eve leaves", w.read("", "zoe,yan"), "AdminAgents card 1")
	w.stands("left", w.member("g-agents", "eve"), access.AlertResolved,
		access.ChangeStranger, access.ChangeGone, access.ChangeStranger, access.ChangeGone)
	var many []string
	for i := range 12 {
		many = append(many, fmt.Sprintf("p%02d", i))
	}
	w.want("many at once", w.read("", "zoe,yan,"+strings.Join(many, ",")), "storm", "table")
}

// TestMembersBeforeTheBaseline holds that nothing is news before there is one, and
// that a group which could not be read until now is no news either.
func TestMembersBeforeTheBaseline(t *testing.T) {
	t.Parallel()
	w := &clubhouse{world: newWorld(t)}
	w.want("before", w.read("eve", "zoe"))
	w.want("still", w.read("eve,bo", "zoe,yan"))
	w = newClubhouse(t)
	w.want("unreadable", w.read("", "?"))
	w.want("readable", w.read("", "zoe,yan"))
	w.want("one more", w.read("", "zoe,yan,eve"), "AdminAgents card 1")
}

func TestStuck(t *testing.T) {
	t.Parallel()
	w := newClubhouse(t)
	ana := access.Member{ID: "ana", Name: "Ana"}
	stuck := func(n int) {
		w.update(func(tx state.Tx) error { return w.Stuck(tx, "g-ours", ana, fmt.Sprintf("in %d tries: No answer.", n)) })
	}
	stuck(5)
	w.want("stuck", w.owed(), " card 1")
	stuck(10)
	w.want("still", w.owed(), " card 1")
	w.stands("stuck", w.member("g-ours", "ana"), access.AlertOpen, access.ChangeStuck, access.ChangeStuck)
	w.update(func(tx state.Tx) error { return w.Out(tx, "g-ours", ana, dee) })
	w.want("out", w.owed(), " card 1")
	a := w.member("g-ours", "ana")
	w.stands("out", a, access.AlertResolved, access.ChangeStuck, access.ChangeStuck, access.ChangeRemoved)
	if a.Newest().By != dee {
		t.Errorf("it was %v", a.Newest().By)
	}
	w.update(func(tx state.Tx) error { return w.Out(tx, "g-ours", ana, dee) })
	w.want("and nothing twice", w.owed())
}

// TestOusted resolves the alert at once when the bot has taken a stranger out.
func TestOusted(t *testing.T) {
	t.Parallel()
	w := newClubhouse(t)
	w.read("", "")
	w.want("a stranger", w.read("eve", ""), "latchkey card 1")
	w.update(func(tx state.Tx) error { return w.Out(tx, "g-ours", access.Member{ID: "eve"}, dee) })
	w.want("out", w.owed(), "latchkey card 1")
	a := w.member("g-ours", "eve")
	w.stands("out", a, access.AlertResolved, access.ChangeStranger, access.ChangeGone)
	if a.Newest().By != dee || a.Member.Name != "eve" {
		t.Errorf("it is %+v", a)
	}
	w.want("what the read says", w.read("", ""))
}
