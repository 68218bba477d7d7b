package approvals_test

import (
	"bytes"
	"encoding/json"
	"errors"
	"strings"
	"testing"
	"time"

	"latchkey/internal/access"
	"latchkey/internal/audit"
	"latchkey/internal/outbox"
	"latchkey/internal/state"
)

// TestAskEvidence holds who may have a customer's evidence, and of which time.
func TestAskEvidence(t *testing.T) {
	t.Parallel()
	unverified := func(w *world) {
		w.put(t, func(tx state.Tx) error {
			return state.PutContact(tx, access.Contact{Person: oskar, Customer: contoso, LinkedAt: start.Add(-48 * time.Hour)})
		})
	}
	for _, row := range []struct {
		name    string
		by      access.Person
		channel access.ChannelID
		of      access.TenantID
		period  string
		before  func(*world)
		code    access.Code
		says    string // the refusal, or the period
	}{
		{"Admin", dee, operations, contoso, "2026-02", nil, "", "2026-02"},
		{"AdminOfAnother", dee, operations, adatum, "2026-Q1", nil, "", "2026-Q1"},
		{"LastMonth", dee, "", contoso, "", nil, "", "2026-02"},
		{"Contact", carol, contosoChannel, contoso, "2026", nil, "", "2026"},
		{"ContactInAModal", carol, "", contoso, "2026-03", nil, "", "2026-03"},
		{"ContactElsewhere", carol, adatumChannel, contoso, "2026", nil, access.Forbidden, "only in the channel"},
		{"ContactOfAnother", amir, adatumChannel, contoso, "2026", nil, access.Forbidden, "Only a contact of Contoso"},
		{"ContactOfAnotherInAModal", amir, "", contoso, "2026", nil, access.Forbidden, "Only a contact of Contoso"},
		{"NoContact", oskar, contosoChannel, contoso, "2026", nil, access.Forbidden, "Only a contact of Contoso"},
		{"NotVerified", oskar, contosoChannel, contoso, "2026", unverified, access.Forbidden, "You are not verified yet"},
		{"Staff", ana, operations, contoso, "2026", nil, access.Forbidden, "for its verified contacts and for the partner’s bot admins"},
		{"StaffNotLinked", zoe, operations, contoso, "2026", nil, access.Forbidden, "for its verified contacts"},
		{"UnknownCustomer", dee, operations, "00000000-0000-4000-8000-000000000000", "2026", nil, access.NotFound, "not in policy.yml"},
		{"UnknownCustomerByContact", carol, contosoChannel, "00000000-0000-4000-8000-000000000000", "2026", nil, access.Forbidden, "for its verified contacts"},
		{"UnknownPeriod", dee, operations, contoso, "october", nil, access.Invalid, "“october” is no time"},
		{"Future", dee, operations, contoso, "2026-04", nil, access.Invalid, "2026-04 has not begun yet"},
	} {
		t.Run(row.name, func(t *testing.T) {
			t.Parallel()
			w := newWorld(t)
			if row.before != nil {
				row.before(w)
			}
			if row.code != "" {
				w.changesNothing(t, access.EventRefused, row.code, row.says, func() error {
					_, err := w.AskEvidence(t.Context(), w.by(row.by, row.channel), row.of, row.period)
					return err
				})
				return
			}
			if _, err := w.MayHaveEvidence(t.Context(), w.by(row.by, row.channel), row.of); err != nil {
				t.Errorf("MayHaveEvidence: %v", err)
			}
			asked, err := w.AskEvidence(t.Context(), w.by(row.by, row.channel), row.of, row.period)
			if err != nil || asked.Span.Name != row.says || asked.ID != "E-00001" {
				t.Fatalf("AskEvidence = %+v, %v", asked, err)
			}
			if owed := w.pending(t); len(owed) != 2 || owed[0].Kind != outbox.SlackNotice || owed[1].Kind != outbox.SlackFile {
				t.Errorf("owed is %+v", owed)
			}
		})
	}
}

// TestEvidenceOnce holds that one report at a time is made for a customer, that a repeated
// delivery asks once, and that others do not wait.
func TestEvidenceOnce(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	o := w.by(dee, operations)
	if _, err := w.AskEvidence(t.Context(), o, contoso, "2026-02"); err != nil {
		t.Fatal(err)
	}
	w.changesNothing(t, access.EventReplayed, access.Conflict, "already received once", func() error {
		_, err := w.AskEvidence(t.Context(), o, contoso, "2026-02")
		return err
	})
	w.refuses(t, access.Conflict, "being made already", func() error {
		_, err := w.AskEvidence(t.Context(), w.by(carol, contosoChannel), contoso, "2026-01")
		return err
	})
	if _, err := w.AskEvidence(t.Context(), w.by(dee, operations), adatum, "2026-02"); err != nil {
		t.Error(err)
	}
}

// TestEvidence makes the report that was asked for: as of then, and of that customer.
func TestEvidence(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	id := w.active(t)
	w.now = w.now.Add(time.Minute)
	if _, err := w.AskEvidence(t.Context(), w.by(carol, contosoChannel), contoso, "2026-03"); err != nil {
		t.Fatal(err)
	}
	var e outbox.Effect
	for _, one := range w.pending(t) {
		if one.Kind == outbox.SlackFile {
			e = one
		}
	}
	p, err := outbox.Payload[outbox.FilePayload](e)
	if err != nil {
		t.Fatal(err)
	}
	if early := func() (early bool) {
		w.look(t, func(tx state.Tx) (err error) { early, err = p.Early(tx); return err })
		return early
	}(); !early {
		t.Error("the files do not wait for what announces them")
	}
	r, err := w.Evidence(t.Context(), p.Evidence)
	if err != nil || len(r.Accesses) != 1 || r.Accesses[0].Request != id || r.Accesses[0].Why.Text != secretWords || !r.Accesses[0].To.IsZero() ||
		r.Name != "Contoso" || r.AskedBy.Name != "Carol Weber" || r.Controls.Version != w.policy.Version || r.Log.Last != p.Evidence.UpTo || r.Log.Altered != 0 {
		t.Fatalf("Evidence = %+v, %v", r, err)
	}
	w.now = w.now.Add(time.Hour)
	w.put(t, func(tx state.Tx) error {
		_, err := audit.Append(tx, access.Event{At: w.now, Kind: access.EventRefused, Customer: contoso, Detail: map[string]string{"act": "later"}})
		return err
	})
	again, err := w.Evidence(t.Context(), p.Evidence)
	if err != nil || again.Digest() != r.Digest() {
		t.Errorf("a later try makes another report: %v", err)
	}
	other := p.Evidence
	other.Customer = adatum
	if raw, err := json.Marshal(func() any { r, _ := w.Evidence(t.Context(), other); return r }()); err != nil || strings.Contains(string(raw), secretWords) || strings.Contains(string(raw), "Contoso") {
		t.Errorf("the report of Adatum is %s, %v", raw, err)
	}
	other.Customer = "00000000-0000-4000-8000-000000000000"
	if _, err := w.Evidence(t.Context(), other); !outbox.IsPermanent(err) {
		t.Errorf("of a customer that is gone: %v", err)
	}

	if p := r.Log.Proof; p.Key != "" || p.File != nil { // of a log that has no key
		t.Errorf("the proof is %+v", p)
	}
	w.put(t, func(tx state.Tx) error { return audit.Prepare(tx, "latchkey/test") })
	proven, err := w.Evidence(t.Context(), p.Evidence)
	if err != nil || proven.Digest() != r.Digest() || !proven.Log.Proof.Drawn || proven.Log.Proof.Events < p.Evidence.UpTo {
		t.Fatalf("the proof is %+v, %v", proven.Log.Proof, err)
	}
	if got, err := audit.CheckProof(bytes.NewReader(proven.Log.Proof.File), audit.Trust{Keys: []string{proven.Log.Proof.Key}}, func(access.Event) {}); err != nil || got.Customer != contoso || got.Events != proven.Log.InSpan+1 {
		t.Errorf("CheckProof = %+v, %v; the report tells of %d", got, err, proven.Log.InSpan)
	}

	shown, err := json.Marshal(outbox.EvidenceShown{Digest: r.Digest(), Files: map[string]string{"a.pdf": "sum"}})
	if err != nil {
		t.Fatal(err)
	}
	done := w.Outcomes()[outbox.SlackFile].Done
	w.put(t, func(tx state.Tx) error { return done(tx, e, shown) })
	all := w.events(t)
	if last := all[len(all)-1]; last.Kind != access.EventReportShown || last.Customer != contoso || last.Detail["digest"] != r.Digest() || last.Detail["a.pdf"] != "sum" || last.Detail["report"] != p.Evidence.ID {
		t.Errorf("the log has %+v", last)
	}
	w.put(t, func(tx state.Tx) error {
		return done(tx, outbox.Effect{Payload: json.RawMessage(`{"Day":"2026-11-25"}`)}, nil)
	})
	if n := len(w.events(t)); n != len(all) {
		t.Errorf("another file is told of in the log: %d events, before %d", n, len(all))
	}
}

// TestRefusedOfARequest holds that what was refused is filed under the customer of the
// request that it was about, so that the customer's report tells of it.
func TestRefusedOfARequest(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	id := w.asked(t)
	if _, err := w.Decide(t.Context(), w.by(amir, ""), id, 1, access.Approve, ""); access.CodeOf(err) != access.Forbidden {
		t.Fatalf("Decide: %v", err)
	}
	all := w.events(t)
	if last := all[len(all)-1]; last.Kind != access.EventRefused || last.Customer != contoso || last.Request != id {
		t.Errorf("the log has %+v", last)
	}
}

// TestEvidenceBound holds that the contacts of a customer have so many reports within a day
// and no more, that their partner still can have one made, and that others do not wait.
func TestEvidenceBound(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	shown := func() { // what was asked for is there
		w.put(t, func(tx state.Tx) (err error) {
			for item, scanErr := range tx.Scan("outbox/") {
				err = errors.Join(err, scanErr, tx.Delete(item.Key))
			}
			return err
		})
	}
	for range 5 {
		if _, err := w.AskEvidence(t.Context(), w.by(carol, contosoChannel), contoso, "2026-02"); err != nil {
			t.Fatal(err)
		}
		shown()
		w.now = w.now.Add(time.Hour)
	}
	w.changesNothing(t, access.EventRefused, access.Conflict, "have asked for 5 reports within a day", func() error {
		_, err := w.AskEvidence(t.Context(), w.by(carol, contosoChannel), contoso, "2026-02")
		return err
	})
	for _, by := range []access.Person{dee, amir} {
		of, channel := contoso, operations
		if by == amir {
			of, channel = adatum, adatumChannel
		}
		if _, err := w.AskEvidence(t.Context(), w.by(by, channel), of, "2026-02"); err != nil {
			t.Errorf("%s is refused: %v", by.Name, err)
		}
		shown()
	}
	w.now = w.now.Add(19 * time.Hour) // a day after the first
	if _, err := w.AskEvidence(t.Context(), w.by(carol, contosoChannel), contoso, "2026-02"); err != nil {
		t.Errorf("a day later: %v", err)
	}
	shown()
	w.refuses(t, access.Conflict, "within a day", func() error {
		_, err := w.AskEvidence(t.Context(), w.by(carol, contosoChannel), contoso, "2026-02")
		return err
	})
}

// TestEvidenceNotShown holds that whoever asked hears why Slack does not take a report, that
// the log has it, and that the operators can have it tried again.
func TestEvidenceNotShown(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	asked, err := w.AskEvidence(t.Context(), w.by(carol, contosoChannel), contoso, "2026-02")
	if err != nil {
		t.Fatal(err)
	}
	var file outbox.Effect
	for _, e := range w.pending(t) {
		if e.Kind == outbox.SlackFile {
			file = e
		}
	}
	before := len(w.pending(t))
	w.put(t, func(tx state.Tx) error {
		return w.Outcomes()[outbox.SlackFile].Failed(tx, file, access.Refuse(access.Invalid, "too large"))
	})
	var told []outbox.NoticePayload
	for _, e := range w.pending(t)[before:] {
		p, err := outbox.Payload[outbox.NoticePayload](e)
		if err != nil {
			t.Fatal(err)
		}
		told = append(told, p)
	}
	if len(told) != 2 || told[0].Notice != outbox.NoticeEvidenceFailed || told[0].User != carol.User || told[0].Text != string(access.Invalid) || told[1].Notice != outbox.NoticeTrouble {
		t.Errorf("told are %+v", told)
	}
	if e := w.events(t)[len(w.events(t))-2]; e.Kind != access.EventReportFailed || e.Customer != contoso || e.Detail["report"] != asked.ID || e.Detail["code"] != string(access.Invalid) {
		t.Errorf("the log has %+v", e)
	}
}

// TestEvidenceSigned holds who has the evidence on the page: a contact who has signed in, and
// that of their own customer.
func TestEvidenceSigned(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	kim, elsewhere := signIn("kim"), signIn("kim")
	elsewhere.Account.Tenant = "00000000-0000-4000-8000-000000000000"
	for name, who := range map[string]access.SignIn{"NoContact": kim, "OfNoCustomer": elsewhere} {
		w.refuses(t, access.Forbidden, "", func() error {
			_, _, err := w.EvidenceSigned(t.Context(), who, "2026-02")
			if err == nil {
				t.Errorf("%s has it", name)
			}
			return err
		})
	}
	w.put(t, func(tx state.Tx) error {
		return state.PutContact(tx, access.Contact{
			Person: access.Person{Name: "Kim", Mail: "kim@contoso.com", Entra: kim.Account}, Customer: contoso, LinkedAt: start, VerifiedAt: start,
		})
	})
	order, r, err := w.EvidenceSigned(t.Context(), kim, "2026-02")
	if err != nil || r.Customer != contoso || order.By.Name != "Kim" || order.By.Mail != "" || r.AskedBy.Name != "Kim" {
		t.Fatalf("EvidenceSigned = %+v, %+v, %v", order, r.AskedBy, err)
	}
	if err := w.EvidenceTaken(t.Context(), order, outbox.EvidenceShown{Digest: r.Digest()}); err != nil {
		t.Fatal(err)
	}
	all := w.events(t)
	if last := all[len(all)-1]; last.Kind != access.EventReportShown || last.Customer != contoso || last.Detail["digest"] != r.Digest() {
		t.Errorf("the log has %+v", last)
	}
	w.refuses(t, access.Invalid, "has not begun yet", func() error {
		_, _, err := w.EvidenceSigned(t.Context(), kim, "2099")
		return err
	})
}
