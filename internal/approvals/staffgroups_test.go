package approvals_test

import (
	"errors"
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"

	"latchkey/internal/access"
	"latchkey/internal/policy"
	"latchkey/internal/state"
)

var (
	slackDesk  = access.SlackSource("S0DESK")
	entraCloud = access.EntraSource("7b1f0c52-3d8e-4a96-b1c7-52f08d6ea913")
	gone       = access.Refuse(access.NotFound, "Slack has no such usergroup.")
	away       = access.Refuse(access.Unavailable, "Slack did not answer.")
)

// grouped is a world whose policy has a group in Slack and one in Entra.
func grouped(t *testing.T) *world {
	t.Helper()
	w := newWorld(t)
	p, err := policy.Parse("policy.yml", []byte(policyText+`
staff:
  - {name: Desk, slack_group: S0DESK}
  - {name: Cloud, entra_group: 7b1f0c52-3d8e-4a96-b1c7-52f08d6ea913}
rules:
  - {name: Desk, who: [Desk], bundles: [Helpdesk], only: true, max_duration: 4h, approvals: 1}
  - {name: Cloud, who: [Cloud], bundles: [Mail], refuse: The cloud team does not work on mail.}
`))
	if err != nil {
		t.Fatal(err)
	}
	w.policy = p
	return w
}

func (w *world) gathered(t *testing.T, of access.StaffSource, people []string, failure error) {
	t.Helper()
	if err := w.StaffRead(t.Context(), of, people, failure); err != nil {
		t.Fatal(err)
	}
}

// TestMembershipCounts holds that a request goes by who is in the groups at its
// submission, and by who is in them at the decision, and that nothing is allowed by a
// group that was not read within a day.
func TestMembershipCounts(t *testing.T) {
	t.Parallel()
	w := grouped(t)
	submit := func(p access.Person) func() error {
		return func() error {
			_, err := w.Submit(t.Context(), w.by(p, ""), anAsk())
			return err
		}
	}
	w.refuses(t, access.Unavailable, "who is in “Desk” (the Slack usergroup S0DESK)", submit(ana))
	w.gathered(t, slackDesk, []string{"U0BO", "U0ANA", "U0ANA"}, nil)
	w.gathered(t, entraCloud, []string{string(principal(bo))}, nil)
	if in := w.Membership(t.Context(), ana); fmt.Sprint(in) != "map[Cloud:false Desk:true]" {
		t.Errorf("Ana's membership is %v", in)
	}
	if in := w.Membership(t.Context(), bo); fmt.Sprint(in) != "map[Cloud:true Desk:true]" {
		t.Errorf("Bo's membership is %v", in)
	}
	if in := w.Membership(t.Context(), zoe); in != nil {
		t.Errorf("of somebody who is not linked is known %v", in)
	}
	id := w.asked(t)
	w.gathered(t, slackDesk, []string{"U0BO"}, nil)
	w.refuses(t, access.Forbidden, "No rule of policy.yml lets you ask for", submit(ana))
	w.refuses(t, access.Conflict, "policy.yml, or who is in a staff group, has changed since", func() error {
		_, err := w.decide(carol, id, access.Approve)
		return err
	})
	w.gathered(t, slackDesk, []string{"U0ANA"}, nil)
	w.now = start.Add(access.MembersHold - time.Millisecond)
	w.refuses(t, access.Conflict, "already asked for the same", submit(ana))
	w.now = start.Add(access.MembersHold)
	w.policy.Rule.DecideWithin = 0
	w.refuses(t, access.Unavailable, "could not be read lately", submit(ana))
}

// TestUnreadAtTheDecision holds that nothing is granted by a group that could not be read
// any more when it is decided, and that it can be denied all the same.
func TestUnreadAtTheDecision(t *testing.T) {
	t.Parallel()
	w := grouped(t)
	w.gathered(t, slackDesk, []string{"U0ANA"}, nil)
	w.gathered(t, entraCloud, nil, nil)
	w.now = start.Add(20 * time.Hour)
	id := w.asked(t)
	w.now = start.Add(access.MembersHold)
	w.refuses(t, access.Unavailable, string(id)+" cannot be granted now. policy.yml makes this depend on who is in “Desk”", func() error {
		_, err := w.decide(carol, id, access.Approve)
		return err
	})
	if r := w.request(t, id); r.State != access.Pending || len(r.Decisions) > 0 {
		t.Errorf("the request is %s with %d decisions", r.State, len(r.Decisions))
	}
	w.gathered(t, slackDesk, []string{"U0ANA"}, nil)
	if r, err := w.decide(carol, id, access.Approve); err != nil || r.State != access.Approved {
		t.Errorf("once it is read, it is %s, %v", r.State, err)
	}
}

// TestDamagedGroup holds that a record that cannot be read says nothing of anybody, and
// that a good read takes its place.
func TestDamagedGroup(t *testing.T) {
	t.Parallel()
	w := grouped(t)
	w.gathered(t, slackDesk, []string{"U0ANA"}, nil)
	w.gathered(t, entraCloud, nil, nil)
	w.put(t, func(tx state.Tx) error { return tx.Put(state.Path("staffgroup", string(slackDesk)), []byte("{")) })
	w.refuses(t, access.Unavailable, "“Desk”", func() error {
		_, err := w.Submit(t.Context(), w.by(ana, ""), anAsk())
		return err
	})
	w.gathered(t, slackDesk, []string{"U0ANA"}, nil)
	w.asked(t)
}

// TestStaffRead holds what is told of a group that cannot be read: once, and once when it
// can again; what may mend itself only after a while.
func TestStaffRead(t *testing.T) {
	t.Parallel()
	type read struct {
		after   time.Duration
		people  int
		failure error
	}
	many := mostPeople + 1
	for _, row := range []struct {
		name  string
		reads []read
		told  []string
		log   string
	}{
		{"Good", []read{{0, 2, nil}, {time.Hour, 2, nil}, {time.Hour, 3, nil}}, nil, "2+2-0 3+1-0"},
		{"Nobody", []read{{0, 0, nil}, {time.Hour, 0, nil}}, nil, "0+0-0"},
		{"NeverThere", []read{{0, 0, gone}, {time.Hour, 0, gone}, {time.Hour, 1, nil}, {time.Hour, 1, nil}},
			[]string{"cannot be read. Slack has no such usergroup. Until it can be read, whatever depends on it is refused.", "can be read again: 1 person"}, "unread 1+1-0"},
		{"AwayAWhile", []read{{0, 1, nil}, {time.Hour, 0, away}, {14 * time.Minute, 0, away}, {time.Minute, 1, nil}}, nil, "1+1-0"},
		{"AwayTooLong", []read{{0, 1, nil}, {time.Hour, 0, away}, {15 * time.Minute, 0, away}, {time.Hour, 0, away}, {time.Hour, 2, nil}},
			[]string{"Slack did not answer. Who was in it when it was read last counts for 1 d from then", "can be read again: 2 people"}, "1+1-0 unread 2+1-0"},
		{"AwayAtTheBeginning", []read{{0, 0, away}, {time.Minute, 1, nil}}, nil, "1+1-0"},
		{"OddError", []read{{0, 0, errNet}, {time.Hour, 0, errNet}}, []string{"The log says more."}, "unread"},
		{"AwayAgain", []read{{0, 1, nil}, {0, 0, gone}, {0, 1, nil}, {0, 0, gone}},
			[]string{"cannot be read", "can be read again", "cannot be read"}, "1+1-0 unread 1+0-0 unread"},
		{"TooMany", []read{{0, many, nil}}, []string{"It has more than 5000 people; name a smaller one"}, "unread"},
	} {
		t.Run(row.name, func(t *testing.T) {
			t.Parallel()
			w := grouped(t)
			var told []string
			for _, r := range row.reads {
				w.now = w.now.Add(r.after)
				var people []string
				for i := range r.people {
					people = append(people, fmt.Sprintf("U0%06d", i))
				}
				w.gathered(t, slackDesk, people, r.failure)
				told = append(told, w.heard(t)...)
				w.drain(t)
			}
			if !slices.EqualFunc(told, row.told, strings.Contains) {
				t.Errorf("told %q, want %q", told, row.told)
			}
			var log []string
			for _, e := range w.events(t) {
				switch e.Kind {
				case access.EventGroupPeople:
					log = append(log, e.Detail["people"]+"+"+e.Detail["joined"]+"-"+e.Detail["left"])
				case access.EventGroupUnread:
					log = append(log, "unread")
				}
			}
			if got := strings.Join(log, " "); got != row.log {
				t.Errorf("the log has %q, want %q", got, row.log)
			}
		})
	}
}

// mostPeople is the bound that the README tells.
const mostPeople = 5000

// TestStaffSources holds that a group that policy.yml does not name any more is forgotten:
// named again, it gives nobody anything before it was read.
func TestStaffSources(t *testing.T) {
	t.Parallel()
	w := grouped(t)
	sources := func() string {
		t.Helper()
		s, err := w.StaffSources(t.Context())
		if err != nil {
			t.Fatal(err)
		}
		return fmt.Sprint(s)
	}
	w.gathered(t, slackDesk, []string{"U0ANA"}, nil)
	w.gathered(t, access.SlackSource("S0OTHER"), []string{"U0ANA"}, nil)
	if got, want := sources(), fmt.Sprint([]access.StaffSource{slackDesk, entraCloud}); got != want {
		t.Errorf("StaffSources = %s, want %s", got, want)
	}
	named := w.policy
	p := *named
	p.Staff, p.Rules = nil, nil
	w.policy = &p
	if got := sources(); got != "[]" {
		t.Errorf("without groups StaffSources = %s", got)
	}
	w.gathered(t, slackDesk, []string{"U0ANA"}, nil)
	w.policy = named
	w.look(t, func(tx state.Tx) error {
		if _, err := state.GroupPeople(tx, slackDesk); !errors.Is(err, state.ErrNotFound) {
			t.Errorf("what nobody names is kept: %v", err)
		}
		return nil
	})
}
