package approvals_test

import (
	"strings"
	"testing"
	"time"

	"latchkey/internal/access"
	"latchkey/internal/outbox"
	"latchkey/internal/state"
)

const litware access.TenantID = "77777777-0000-4000-8000-000000000007"

func (w *world) sawOthers(t *testing.T, read state.ServiceProviders) {
	t.Helper()
	w.put(t, func(tx state.Tx) error {
		if err := state.PutServiceProviders(tx, read); err != nil {
			return err
		}
		return w.OthersSeen(tx, read)
	})
}

func TestAskToLetIn(t *testing.T) {
	t.Parallel()
	for _, row := range []struct {
		name   string
		who    access.Person
		tenant access.TenantID
		with   func(*testing.T, *world)
		code   access.Code
		says   string
	}{
		{"Admin", dee, contoso, nil, "", ""},
		{"AdminLater", dee, contoso, func(t *testing.T, w *world) {
			if _, err := w.AskToLetIn(t.Context(), w.by(dee, operations), contoso); err != nil {
				t.Fatal(err)
			}
			w.now = w.now.Add(time.Hour)
		}, "", ""},
		{"Staff", ana, contoso, nil, access.Forbidden, "Only a bot admin"},
		{"Contact", carol, contoso, nil, access.Forbidden, "Only a bot admin"},
		{"Unknown", dee, litware, nil, access.NotFound, "No customer"},
		{"NotInPolicy", dee, litware, func(t *testing.T, w *world) {
			w.put(t, func(tx state.Tx) error { return state.PutKnown(tx, state.Known{Tenant: litware, Name: "Litware"}) })
		}, access.NotFound, "not in policy.yml"},
		{"LetInAlready", dee, contoso, func(t *testing.T, w *world) {
			w.sawOthers(t, state.ServiceProviders{Customer: contoso, LetIn: true, ReadAt: start, TriedAt: start})
		}, access.Conflict, "already"},
		{"AskedAShortWhileAgo", dee, contoso, func(t *testing.T, w *world) {
			if _, err := w.AskToLetIn(t.Context(), w.by(dee, operations), contoso); err != nil {
				t.Fatal(err)
			}
			w.now = w.now.Add(59 * time.Minute)
		}, access.Conflict, "was asked at"},
	} {
		t.Run(row.name, func(t *testing.T) {
			t.Parallel()
			w := newWorld(t)
			if row.with != nil {
				row.with(t, w)
			}
			before := strings.Count(w.notices(t), string(outbox.NoticeLetIn))
			ask := func() error {
				_, err := w.AskToLetIn(t.Context(), w.by(row.who, operations), row.tenant)
				return err
			}
			if row.code != "" {
				w.refuses(t, row.code, row.says, ask)
				return
			}
			if err := ask(); err != nil {
				t.Fatal(err)
			}
			if n := strings.Count(w.notices(t), string(outbox.NoticeLetIn)); n != before+1 {
				t.Errorf("%d questions are owed, want %d", n, before+1)
			}
			if !strings.HasSuffix(kinds(w, t), string(access.EventLetInAsked)) {
				t.Errorf("the log says %s", kinds(w, t))
			}
		})
	}
}

// TestOthersSeen holds that who asked is told once, of a yes, and that damage
// keeps nobody from reading on.
func TestOthersSeen(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	if _, err := w.AskToLetIn(t.Context(), w.by(dee, operations), contoso); err != nil {
		t.Fatal(err)
	}
	owed := w.notices(t)
	w.sawOthers(t, state.ServiceProviders{Customer: contoso, TriedAt: start})
	if got := w.notices(t); got != owed {
		t.Errorf("told of a no: %s", got)
	}
	w.put(t, func(tx state.Tx) error {
		return state.PutProvider(tx, state.Provider{Tenant: litware, Name: "Litware Cloud"})
	})
	yes := state.ServiceProviders{Customer: contoso, LetIn: true, Others: []access.TenantID{litware, "x"}, ReadAt: start, TriedAt: start}
	w.sawOthers(t, yes)
	w.sawOthers(t, yes)
	const says = "Contoso lets the bot read who else administers its tenant. Other partners with delegated administration: Litware Cloud, the tenant x."
	if n := strings.Count(w.notices(t), says); n != 1 {
		t.Errorf("told %d times: %s", n, w.notices(t))
	}
	if n := strings.Count(kinds(w, t), string(access.EventLetIn)); n != 1 {
		t.Errorf("the log says %s", kinds(w, t))
	}
	for _, key := range []string{"mirror/serviceproviders/" + string(contoso), "mirror/provider/" + string(litware), "letin/asked/" + string(contoso)} {
		w.put(t, func(tx state.Tx) error { return tx.Put(key, []byte(`{"v":1,"d":{"Cus`)) })
	}
	if o, err := w.Overview(t.Context(), w.by(dee, operations), contoso); err != nil || o.Others.LetIn {
		t.Errorf("with damaged records: %+v, %v", o.Others, err)
	}
}
