package paper

import (
	"fmt"

	"latchkey/internal/access"
	"latchkey/internal/evidence"
)

// warning is what must be seen first: that something is not as the log has it.
func (w words) warning(r evidence.Report) string {
	switch {
	case r.Log.Proof.Broken != "":
		return w.Say("Warning: the audit log of the bot does not hold, so somebody else has written into it: %s.", r.Log.Proof.Broken)
	case !r.Sound():
		return w.Say("Warning: the records of the bot are otherwise than the audit log has them (places: %d), so somebody else has written into them. Each is marked below.", r.Log.Altered+r.Log.Differs)
	}
	return ""
}

// differs says that a record is otherwise than the log, and in what.
func (w words) differs(a evidence.Ask) Cell {
	if len(a.Differs) == 0 {
		return nil
	}
	all := make([]string, len(a.Differs))
	for i, d := range a.Differs {
		all[i] = w.difference(d)
	}
	return Cell{{Text: w.Say("The record is otherwise than the audit log (%s). Shown is what the log has.", w.List(all)), Style: Warn}}
}

func (w words) difference(d access.Difference) string {
	switch d {
	case access.DiffersAsker:
		return w.Say("who asked")
	case access.DiffersAsked:
		return w.Say("when it was asked")
	case access.DiffersTerms:
		return w.Say("roles or duration")
	case access.DiffersPolicy:
		return w.Say("the policy")
	case access.DiffersWords:
		return w.Say("who agreed")
	case access.DiffersGlass:
		return w.Say("break-glass")
	case access.DiffersReview:
		return w.Say("what the review found")
	}
	return string(d)
}

func (w words) log(r evidence.Report) Section {
	l := r.Log
	s := Section{Title: w.Say("What this was made of"), Lead: []string{
		w.Say("Latchkey writes an event for each decision, each refusal and each step of an access, in the same transaction as the step itself. Each event holds the hash of the one before, so that whatever is changed, left out or put in later shows."),
	}}
	s.Facts = []Fact{
		{Name: w.Say("The log confirms"), Value: w.Say("who asked and when, for which roles and how long; who agreed or refused, when, and whether they had signed in; what was taken by break-glass, and who looked at it; from when until when access was in force, and how it ended. Reasons and notes were compared with their digests in it.")},
		{Name: w.Say("The log does not confirm"), Value: w.Say("names and addresses, tickets and names of rules; relationships, standing access, access reviews and alerts. Those are told as the records of the bot have them.")},
		{Name: w.Say("Events in the log"), Value: w.Say("%s, from number %s to number %s", fmt.Sprint(l.Count), number(l.First), number(l.Last))},
		{Name: w.Say("Of this customer"), Value: w.Say("%s, of these %s in the time of this report; from number %s to number %s", fmt.Sprint(l.Own), fmt.Sprint(l.InSpan), number(l.OwnFirst), number(l.OwnLast))},
		{Name: w.Say("Hash of event %s", number(l.Last)), Value: l.Hash, Code: true},
		{Name: w.Say("Digest of the content"), Value: w.digest, Code: true},
	}
	for _, at := range l.Restored {
		s.Facts = append(s.Facts, Fact{Name: w.Say("Restored from a backup"), Value: w.at(at)})
	}
	for _, one := range []struct {
		n    int
		name string
	}{
		{l.Differs, w.Say("Records that are otherwise than the log has them")},
		{l.Altered, w.Say("Texts that are not what the log was told")},
		{l.Deleted, w.Say("Reasons that were deleted on request")},
		{l.Gone, w.Say("Reasons that are not kept any more")},
		{r.Unread, w.Say("Damaged records, of which nothing is told")},
	} {
		if one.n > 0 {
			s.Facts = append(s.Facts, Fact{Name: one.name, Value: fmt.Sprint(one.n)})
		}
	}
	if p := r.Log.Proof; p.Key != "" {
		s.Facts = append(s.Facts, Fact{Name: w.Say("Signed"), Value: w.Say("the first %s events of the log, on %s", number(p.Events), w.at(p.At))})
	}
	return s
}

// proof says how the report is checked, and what that does not show.
func (w words) proof(r evidence.Report) Section {
	s, p := Section{Title: w.Say("How this is checked")}, r.Log.Proof
	if p.Key == "" {
		if p.Broken == "" {
			s.Lead = append(s.Lead, w.Say("No proof comes with this report, for no event of this customer has been signed yet. A running bot signs them within the hour; ask for the report again then."))
		}
		s.Lead = append(s.Lead, w.Say("The partner can show at any time that the log is whole up to that event and beyond, without the bot and without a network:"))
		s.Code = "bot audit verify"
		return s
	}
	if p.Events < r.Log.Last {
		s.Lead = append(s.Lead, w.Say("What the log was told after event %s is not proven yet. A running bot signs it within the hour; a report that is asked for then proves it.", number(p.Events)))
	}
	if p.Drawn {
		s.Lead = append(s.Lead, w.Say("What lacks: the partner has set no key of its own (AUDIT_KEY_FILE), so the bot has drawn one and keeps it beside the log. Whoever can write there could write another log and sign that. Against this help the checkpoints that were posted in your channel: keep them."))
	}
	s.Lead = append(s.Lead, w.Say("With this report comes a file, by which anybody can show that no event of the customer in this time was changed or left out, without the bot and without a network. Compare the key in it with the one that the partner gave you on another way:"))
	s.Code = "bot audit verify -key " + p.Key + " " + ProofName(r)
	return s
}
