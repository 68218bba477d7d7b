package access_test

import (
	"testing"
	"time"

	"latchkey/internal/access"
)

// TestConfirmed holds when a grant ends, by what Entra has of it.
func TestConfirmed(t *testing.T) {
	t.Parallel()
	now := start.Add(time.Minute)
	whole := now.Add(2 * time.Hour)
	tests := []struct {
		name     string
		driver   access.Driver
		until    time.Time
		fellBack access.FallBack
		want     time.Time
		enforced bool
	}{
		{"Membership", access.Membership, time.Time{}, "", whole, false},
		{"BeforeThereWereDrivers", "", time.Time{}, "", whole, false},
		{"MembershipKnowsNoEnd", access.Membership, start.Add(time.Hour), "", whole, false},
		{"PIM", access.PIM, whole, "", whole, true},
		{"PIMFromAnEarlierTry", access.PIM, start.Add(2 * time.Hour), "", start.Add(2 * time.Hour), true},
		{"NeverLonger", access.PIM, start.Add(9 * time.Hour), "", whole, true},
		{"FellBack", access.PIM, time.Time{}, access.NoLicence, whole, false},
		{"FellBackKnowsNoEnd", access.PIM, start.Add(time.Hour), access.NoLicence, whole, false},
	}
	for _, test := range tests {
		g := access.NewGrant(in(t, access.Approved), start)
		g.Driver = test.driver
		got := g.Confirmed(test.until, test.fellBack, now)
		if got.State != access.Active || !got.ActiveAt.Equal(now) || !got.ExpiresAt.Equal(test.want) || got.Enforced() != test.enforced || got.Rev != g.Rev+1 {
			t.Errorf("%s = %+v, want until %v, enforced %t", test.name, got, test.want, test.enforced)
		}
		if g.Enforced() {
			t.Errorf("%s is enforced before it is there", test.name)
		}
	}
	for _, s := range access.GrantStates() {
		if g := grantIn(t, s); s != access.Activating && g.Confirmed(start, access.NoLicence, now) != g {
			t.Errorf("%s changes", s)
		}
	}
}

// TestLasting holds which reasons are for the operators.
func TestLasting(t *testing.T) {
	t.Parallel()
	want := map[access.FallBack]bool{
		access.NoLicence: true, access.NoPermission: true, access.NotAccepted: true, access.TooShort: false, access.HeldWithout: false, "": false,
	}
	for f, lasting := range want {
		if f.Lasting() != lasting {
			t.Errorf("%q lasts: %t", f, !lasting)
		}
	}
}
