package access_test

import (
	"errors"
	"fmt"
	"io"
	"slices"
	"strings"
	"testing"
	"time"

	"latchkey/internal/access"
)

func TestParseRequestID(t *testing.T) {
	t.Parallel()
	tests := []struct {
		name, text string
		want       access.RequestID // empty: refused
	}{
		{"AsWritten", "R-7K3M2", "R-7K3M2"},
		{"LowerCase", "r-7k3m2", "R-7K3M2"},
		{"WithoutR", "7k3m2", "R-7K3M2"},
		{"Hash", "#7K3M2", "R-7K3M2"},
		{"HashAndR", "#R-7K3M2", "R-7K3M2"},
		{"Spaces", "  R-7K3M2\t", "R-7K3M2"},
		{"LookAlikes", "r-oOiIl", "R-00111"},
		{"BeginsWithR", "RRRRR", "R-RRRRR"},
		{"Empty", "", ""},
		{"OnlyR", "R-", ""},
		{"Short", "R-7K3M", ""},
		{"Long", "R-7K3M22", ""},
		{"U", "R-7K3MU", ""},
		{"InnerSpace", "R-7K 3M", ""},
		{"InnerSign", "A!BCD", ""},
		{"Twice", "R-R-7K3M2", ""},
		{"Slash", "R-7K/M2", ""},
		{"Umlaut", "R-7K3Ä", ""},
		{"Zero", "7K3M\x00", ""},
	}
	for _, test := range tests {
		got, ok := access.ParseRequestID(test.text)
		if got != test.want || ok != (test.want != "") {
			t.Errorf("%s: ParseRequestID(%q) = %q, %t; want %q", test.name, test.text, got, ok, test.want)
		}
	}
}

func FuzzParseRequestID(f *testing.F) {
	for _, text := range []string{"R-7K3M2", "#r-oilu0", "ſ\u0131\u212a00", ""} {
		f.Add(text)
	}
	f.Fuzz(func(t *testing.T, text string) {
		id, ok := access.ParseRequestID(text)
		if !ok {
			if id != "" {
				t.Errorf("ParseRequestID(%q) = %q, false", text, id)
			}
			return
		}
		if again, ok := access.ParseRequestID(string(id)); again != id || !ok || len(id) != 7 {
			t.Errorf("ParseRequestID(%q) = %q, which reads as %q, %t", text, id, again, ok)
		}
	})
}

func TestNewRequestID(t *testing.T) {
	t.Parallel()
	for b := range 256 {
		id, err := access.NewRequestID(strings.NewReader(strings.Repeat(string([]byte{byte(b)}), 5)))
		if parsed, ok := access.ParseRequestID(string(id)); err != nil || !ok || parsed != id {
			t.Errorf("of bytes %d came %q, %v, which reads as %q, %t", b, id, err, parsed, ok)
		}
	}
	if id, err := access.NewRequestID(strings.NewReader("four")); !errors.Is(err, io.ErrUnexpectedEOF) || id != "" {
		t.Errorf("NewRequestID = %q, %v without enough to draw from", id, err)
	}
}

func TestContainerOf(t *testing.T) {
	t.Parallel()
	both := access.ContainerOf("contoso", []access.RoleID{helpdesk, reader})
	roles := []access.RoleID{reader, helpdesk, reader}
	if got := access.ContainerOf("contoso", roles); got != both {
		t.Errorf("ContainerOf depends on the order: %q and %q", got, both)
	}
	if roles[0] != reader || len(roles) != 3 {
		t.Errorf("ContainerOf changed its input to %v", roles)
	}
	seen := map[access.ContainerID]string{both: "both"}
	for name, id := range map[string]access.ContainerID{
		"one":            access.ContainerOf("contoso", []access.RoleID{helpdesk}),
		"the other":      access.ContainerOf("contoso", []access.RoleID{reader}),
		"none":           access.ContainerOf("contoso", nil),
		"other customer": access.ContainerOf("fabrikam", []access.RoleID{helpdesk, reader}),
		"run together":   access.ContainerOf("contoso", []access.RoleID{helpdesk + reader}),
	} {
		if other, twice := seen[id]; twice {
			t.Errorf("ContainerOf gives %q for %s and for %s", id, name, other)
		}
		seen[id] = name
		if strings.Contains(string(id), "/") {
			t.Errorf("%q would be two parts of a key", id)
		}
	}
	if !access.SameRoles([]access.RoleID{helpdesk, reader}, roles) || access.SameRoles(roles, nil) {
		t.Error("SameRoles must compare sets")
	}
	if got := access.SortRoles(roles); !slices.Equal(got, []access.RoleID{helpdesk, reader}) {
		t.Errorf("SortRoles = %v", got)
	}
}

func TestFormatDuration(t *testing.T) {
	t.Parallel()
	tests := []struct {
		d    time.Duration
		want string
	}{
		{-time.Hour, "less than a minute"},
		{0, "less than a minute"},
		{59*time.Second + 999*time.Millisecond, "less than a minute"},
		{time.Minute, "1 min"},
		{90 * time.Second, "1 min"},
		{59 * time.Minute, "59 min"},
		{time.Hour, "1 h"},
		{90 * time.Minute, "1 h 30 min"},
		{24 * time.Hour, "1 d"},
		{48 * time.Hour, "2 d"},
		{25*time.Hour + time.Minute, "1 d 1 h 1 min"},
		{400 * 24 * time.Hour, "400 d"},
	}
	for _, test := range tests {
		if got := access.FormatDuration(test.d); got != test.want {
			t.Errorf("FormatDuration(%v) = %q, want %q", test.d, got, test.want)
		}
	}
	east := time.FixedZone("east", 9*3600)
	if got := access.FormatTime(start.In(east)); got != "2026-03-02 09:30 UTC" {
		t.Errorf("FormatTime = %q", got)
	}
}

func TestRelationship(t *testing.T) {
	t.Parallel()
	active := access.Relationship{
		Status: access.RelationshipActive, Roles: []access.RoleID{helpdesk, reader}, End: start.Add(time.Hour),
	}
	tests := []struct {
		name   string
		change func(*access.Relationship)
		roles  []access.RoleID
		until  time.Duration
		want   bool
	}{
		{"Fits", nil, []access.RoleID{reader}, time.Hour, true},
		{"NoRoles", nil, nil, time.Hour, true},
		{"TooLong", nil, []access.RoleID{reader}, time.Hour + 1, false},
		{"NoEnd", func(r *access.Relationship) { r.End = time.Time{} }, []access.RoleID{reader}, 1000 * time.Hour, true},
		{"OtherRole", nil, []access.RoleID{reader, "other"}, time.Minute, false},
		{"Expiring", func(r *access.Relationship) { r.Status = "expiring" }, []access.RoleID{reader}, time.Minute, false},
		{"UnknownStatus", func(r *access.Relationship) { r.Status = "" }, []access.RoleID{reader}, time.Minute, false},
	}
	for _, test := range tests {
		r := active
		if test.change != nil {
			test.change(&r)
		}
		if got := r.Carries(test.roles, start.Add(test.until)); got != test.want {
			t.Errorf("%s: Carries = %t, want %t", test.name, got, test.want)
		}
	}
	for extend, want := range map[string]bool{"": false, "PT0S": false, "P0D": false, "P": false, "P180D": true} {
		if got := (access.Relationship{AutoExtend: extend}).AutoExtends(); got != want {
			t.Errorf("AutoExtends with %q = %t, want %t", extend, got, want)
		}
	}
}

func TestError(t *testing.T) {
	t.Parallel()
	cause := errors.New("timeout")
	plain := access.Refuse(access.Invalid, "Say %s.", "why")
	withField := plain.In("justification")
	caused := &access.Error{Code: access.Unavailable, Message: "Microsoft did not answer.", Err: cause}
	if plain.Error() != "Say why." || plain.Field != "" || withField.Field != "justification" || withField.Error() != plain.Error() {
		t.Errorf("Refuse and In gave %+v and %+v", plain, withField)
	}
	if !errors.Is(caused, cause) || caused.Error() != "Microsoft did not answer.: timeout" {
		t.Errorf("the error with a cause is %q", caused)
	}
	tests := []struct {
		name string
		err  error
		want access.Code
	}{
		{"Nil", nil, ""},
		{"Internal", cause, ""},
		{"Refusal", plain, access.Invalid},
		{"Wrapped", fmt.Errorf("submit: %w", caused), access.Unavailable},
	}
	for _, test := range tests {
		if got := access.CodeOf(test.err); got != test.want {
			t.Errorf("%s: CodeOf = %q, want %q", test.name, got, test.want)
		}
	}
}
