package schedule_test

import (
	"bytes"
	"context"
	"errors"
	"log/slog"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"latchkey/internal/access"
	"latchkey/internal/schedule"
	"latchkey/internal/state"
	"latchkey/internal/state/statetest"
)

// damage makes a record unreadable.
func damage(t *testing.T, s state.Store, key string) {
	t.Helper()
	update(t, s, func(tx state.Tx) error { return tx.Put(key, []byte(`{"v":1,"d":{"Sta`)) })
}

// offered stores an offer that is followed.
func offered(tx state.Tx, id access.OfferID, rel access.RelationshipID) error {
	return state.PutOffer(tx, access.Offer{ID: id, Customer: contoso, Relationship: rel, State: access.OfferSent, SentAt: start})
}

// TestOneDamagedRecord holds up neither the mirror nor the offers of others, and
// is named in the log once.
func TestOneDamagedRecord(t *testing.T) {
	t.Parallel()
	tests := []struct{ name, key string }{
		{"Offer", "offer/O-00001"},
		{"Relationship", "mirror/relationship/contoso/rel-1"},
		{"RelationshipThatIsGone", "mirror/relationship/contoso/rel-0"},
		{"Customer", "mirror/customer/contoso"},
		{"CustomerThatIsGone", "mirror/customer/nobody"},
		{"WhenItWasRead", "mirror/info"},
		{"Request", "request/R-00001"},
		{"Grant", "grant/R-00001"},
		{"Staff", "staff/U0ANA"},
		{"Contact", "contact/contoso/T1/U0BO"},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			s, g, store, now := newSync(t)
			var said bytes.Buffer
			s.Log = slog.New(slog.NewTextHandler(&said, nil))
			changed := map[access.RelationshipID]int{}
			s.Watch = &told{first: func(tx state.Tx, r access.Relationship) error {
				if _, err := state.OfferOf(tx, r.ID); err != nil && !errors.Is(err, state.ErrNotFound) {
					return err
				}
				changed[r.ID]++
				return nil
			}}
			update(t, store, func(tx state.Tx) error {
				return errors.Join(offered(tx, "O-00001", "rel-1"), offered(tx, "O-00002", "rel-2"))
			})
			damage(t, store, tt.key)
			g.relationships[0].Status, g.relationships[1].Status = "terminating", "terminating"
			for range 2 {
				if err := s.Follow(t.Context()); err != nil {
					t.Fatalf("Follow = %v", err)
				}
			}
			if changed["rel-2"] != 1 {
				t.Errorf("the other offer was told %d times", changed["rel-2"])
			}
			*now = start.Add(time.Minute)
			for range 2 {
				if err := s.Once(t.Context()); err != nil {
					t.Fatalf("Once = %v", err)
				}
			}
			got, info := mirror(t, store)
			if got["rel-1"].Status != "terminating" || !info.ReadAt.Equal(start.Add(time.Minute)) || info.Problem != "" {
				t.Errorf("rel-1 is %q, the read is %+v", got["rel-1"].Status, info)
			}
			if n := strings.Count(said.String(), "a record cannot be read"); n > 1 || n == 0 && tt.name == "Offer" {
				t.Errorf("the log names the record %d times:\n%s", n, said.String())
			}
		})
	}
}

// TestDueGoesOnBesidesDamage ends what falls due at its moment while something
// else fails again and again.
func TestDueGoesOnBesidesDamage(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		began := time.Now()
		store := statetest.Memory()
		l := &lapser{store: store, now: time.Now, fail: map[access.RequestID]int{}}
		var said bytes.Buffer
		d := &schedule.Due{Store: store, Do: l.do, Now: time.Now, Log: slog.New(slog.NewTextHandler(&said, nil))}
		update(t, store, func(tx state.Tx) error {
			return errors.Join(pending(tx, "R-BAD00", began), pending(tx, "R-NEXT0", began.Add(7*time.Second)))
		})
		damage(t, store, "request/R-BAD00")
		stop := make(chan struct{})
		ctx, cancel := context.WithCancel(t.Context())
		go func() { d.Run(ctx, nil); close(stop) }()
		time.Sleep(8 * time.Second)
		synctest.Wait()
		cancel()
		<-stop
		ended := -1 * time.Second
		for i, id := range l.done() {
			if id == "R-NEXT0" {
				ended = l.at[i].Sub(began)
			}
		}
		if ended != 7*time.Second {
			t.Errorf("what fell due after 7s was done after %v", ended)
		}
		if n := strings.Count(said.String(), "a record cannot be read"); n != 1 {
			t.Errorf("the log names the record %d times:\n%s", n, said.String())
		}
	})
}
