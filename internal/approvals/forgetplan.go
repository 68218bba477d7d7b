package approvals

import (
	"context"
	"fmt"
	"maps"
	"regexp"
	"slices"
	"strings"

	"latchkey/internal/access"
	"latchkey/internal/audit"
	"latchkey/internal/outbox"
	"latchkey/internal/state"
)

// ForgetPlan is what the deletion of a person's data would do.
type ForgetPlan struct {
	Person  access.Forgotten
	Records map[string]int // what goes, by what it is called
	Stays   []string       // what does not, and why; sentences
	Unless  []string       // what must be done first; sentences. With one, nothing goes
}

var (
	slackUser   = regexp.MustCompile(`^(?:<@)?([UW][A-Z0-9]{2,30})(?:\|[^>]*)?>?$`)
	entraObject = regexp.MustCompile(`(?i)^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$`)
)

// PlanForget finds all by which records know the person, who is named by their user in
// Slack, by their object in Entra, or by an address, and says what would go. It changes
// nothing.
func (s *Service) PlanForget(ctx context.Context, who string) (ForgetPlan, error) {
	var plan ForgetPlan
	err := s.Store.View(ctx, func(tx state.Tx) error {
		f, err := known(tx, who)
		if err != nil {
			return err
		}
		plan = ForgetPlan{Person: f, Records: map[string]int{}}
		f.As = "P-00000" // of which no record knows
		unread, err := forgettable(tx, f, func(k state.Personal, _ string) bool {
			plan.Records[k.What]++
			return true
		})
		if err != nil {
			return err
		}
		_, dead, err := outbox.Naming(tx, f)
		if err != nil {
			return err
		}
		if len(dead) > 0 {
			plan.Records["messages that could not be sent"] = len(dead)
		}
		if plan.Stays, err = stays(tx, f, unread); err != nil {
			return err
		}
		plan.Unless, err = s.unless(tx, f)
		return err
	})
	return plan, err
}

// known finds all by which the person is known, from one id or address.
func known(tx state.Tx, who string) (access.Forgotten, error) {
	var f access.Forgotten
	who = strings.TrimSpace(who)
	mail := ""
	switch m := slackUser.FindStringSubmatch(who); {
	case m != nil:
		f.Users = []access.UserID{access.UserID(m[1])}
	case entraObject.MatchString(who):
		f.Objects = []access.PrincipalID{access.PrincipalID(strings.ToLower(who))}
	case strings.Contains(who, "@") && !strings.ContainsAny(who, " <>"):
		mail = strings.ToLower(who)
		f.Mails = []string{mail}
	default:
		return f, access.Refuse(access.Invalid, "Name the person by their user id in Slack (U024BE7LH), their object id in Entra, or a mail address.")
	}
	for news := true; news; {
		news = false
		err := everybody(tx, func(p access.Person) {
			addressed := mail != "" && (strings.EqualFold(p.Mail, mail) || strings.EqualFold(p.Name, mail))
			if f.Is(p) || addressed {
				news = f.Learn(p) || news
			}
		})
		if err != nil {
			return f, err
		}
	}
	if mail != "" && (len(f.Users) > 1 || len(f.Objects) > 1) {
		return f, access.Refuse(access.Conflict, "The address is of several people or accounts (%s). Name one of them by their id.",
			strings.Join(append(ids(f.Users), ids(f.Objects)...), ", "))
	}
	return f, nil
}

func ids[T ~string](of []T) []string {
	out := make([]string, len(of))
	for i := range of {
		out[i] = string(of[i])
	}
	return out
}

// everybody tells of each person whom a record names.
func everybody(tx state.Tx, see func(access.Person)) error {
	for _, k := range state.PersonalKinds() {
		for item, err := range tx.Scan(k.Prefix) {
			if err != nil {
				return err
			}
			if err := k.Seen(item, see); err != nil {
				if _, damaged := state.Unreadable(err); !damaged {
					return err
				}
			}
		}
	}
	return nil
}

// forgettable tells of each record that holds data of the person, until told to stop, and
// returns how many cannot be read.
func forgettable(tx state.Tx, f access.Forgotten, found func(k state.Personal, key string) bool) (unread int, err error) {
	for _, k := range state.PersonalKinds() {
		for item, err := range tx.Scan(k.Prefix) {
			if err != nil {
				return unread, err
			}
			s, err := k.Strip(item, f)
			if _, damaged := state.Unreadable(err); damaged {
				unread++
				continue
			}
			if err != nil {
				return unread, err
			}
			if s.Changed && !found(k, item.Key) {
				return unread, nil
			}
		}
	}
	return unread, nil
}

// stays says what does not go.
func stays(tx state.Tx, f access.Forgotten, unread int) ([]string, error) {
	var out []string
	events := 0
	for e, err := range audit.All(tx) {
		if err != nil {
			return nil, err
		}
		if eventNames(e, f) {
			events++
		}
	}
	if events > 0 {
		out = append(out, fmt.Sprintf("%s of the audit log hold ids of theirs, and digests of what they wrote, which say nothing any more: the log is the customers' evidence of who had access, and each event vouches for the one before.", counted(events, "event", "events")))
	}
	groups, err := state.MirroredGroups(tx)
	if err != nil {
		return nil, err
	}
	for _, g := range groups {
		if slices.ContainsFunc(g.Members, func(m access.Member) bool { return slices.Contains(f.Objects, m.ID) }) {
			out = append(out, fmt.Sprintf("They are in the group %s in Microsoft Entra, which is read again and again; they go from here when they go from there.", g.Name))
		}
	}
	if unread > 0 {
		out = append(out, fmt.Sprintf("%s cannot be read, and may name them: see the runbook.", counted(unread, "record", "records")))
	}
	return append(out, "Cards in Slack are drawn anew. What else was said there, and mails, are kept by Slack and by whoever has them; backups go as yours do."), nil
}

// eventNames reports whether the event holds an id of the person.
func eventNames(e access.Event, f access.Forgotten) bool {
	return f.Is(e.Actor) || slices.ContainsFunc(slices.Collect(maps.Values(e.Detail)), func(v string) bool {
		return slices.Contains(f.Users, access.UserID(v)) || slices.Contains(f.Objects, access.PrincipalID(v))
	})
}

// unless says what must be done before anything of the person can go.
func (s *Service) unless(tx state.Tx, f access.Forgotten) ([]string, error) {
	var out []string
	say := func(format string, args ...any) { out = append(out, fmt.Sprintf(format, args...)) }
	for _, u := range f.Users {
		for _, where := range s.Policy().Named(u) {
			say("policy.yml names %s among %s. Take them out of it.", u, where)
		}
		if _, err := state.Staff(tx, u); !absent(err) {
			say("%s is linked as staff. `/access staff unlink` ends what they have.", u)
		}
		open, err := state.OpenOf(tx, u)
		if err != nil {
			return nil, err
		}
		for _, id := range open {
			say("%s is not over.", id)
		}
	}
	for _, o := range f.Objects {
		if err := s.unlessObject(tx, o, say); err != nil {
			return nil, err
		}
	}
	contacts, _, err := state.Readable[access.Contact](tx, "contact/")
	if err != nil {
		return nil, err
	}
	for _, c := range contacts {
		if f.Is(c.Person) {
			say("They are a contact of the customer %s, who may decide. `/access customer unlink` ends that; link another first where they are the only one.", s.nameOf(c.Customer))
		}
	}
	tickets, _, err := state.Readable[state.Ticket](tx, "ticket/")
	if err != nil {
		return nil, err
	}
	for _, t := range tickets {
		if f.Is(t.By) && t.Underway() {
			say("They have signed in for an act of which it is not known yet what became of it. Try again in an hour.")
		}
	}
	owed, _, err := outbox.Naming(tx, f)
	if len(owed) > 0 {
		say("%s that name them are still to be sent. Let the bot run until they are.", counted(len(owed), "message", "messages"))
	}
	return out, err
}

func (s *Service) unlessObject(tx state.Tx, o access.PrincipalID, say func(string, ...any)) error {
	staff, err := state.StaffOf(tx, o)
	if err != nil {
		return err
	}
	for _, u := range staff {
		say("%s is linked as staff to %s. `/access staff unlink` ends what they have.", u, o)
	}
	open, err := state.OpenBreakGlassOf(tx, o)
	for _, id := range open {
		say("%s was taken by break-glass, and nobody has signed it off.", id)
	}
	return err
}

func (s *Service) nameOf(c access.TenantID) string {
	if known, ok := s.Policy().Customer(c); ok {
		return known.Name
	}
	return string(c)
}
