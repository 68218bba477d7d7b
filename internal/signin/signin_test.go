package signin_test

import (
	"slices"
	"strings"
	"testing"
	"unicode/utf8"

	"latchkey/internal/signin"
)

func TestFind(t *testing.T) {
	t.Parallel()
	many := strings.Repeat("AADSTS1234 AADSTS2345 AADSTS3456 AADSTS53003 ", 50)
	tests := []struct {
		name, text     string
		known, unknown []string
	}{
		{"Nothing", "it does not work", nil, nil},
		{
			"Pasted", "AADSTS53003: Access has been blocked by Conditional Access policies.\nTrace ID: e0ea6353-40e5-4496-8bd5-294facea2e00",
			[]string{"AADSTS53003"}, nil,
		},
		{"LowerCase", "error aadsts50020 for ana", []string{"AADSTS50020"}, nil},
		{"Twice", "AADSTS53003 … AADSTS53003", []string{"AADSTS53003"}, nil},
		{"Unknown", "AADSTS1234567", nil, []string{"AADSTS1234567"}},
		{"Both", "AADSTS1234 then AADSTS65001", []string{"AADSTS65001"}, []string{"AADSTS1234"}},
		{"InAnotherWord", "XAADSTS53003 AADSTS53003X AADSTS12", nil, nil},
		{"Many", many, nil, []string{"AADSTS1234", "AADSTS2345", "AADSTS3456"}},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			t.Parallel()
			found, unknown := signin.Find(test.text)
			var known []string
			for _, e := range found {
				known = append(known, e.Code)
			}
			if !slices.Equal(known, test.known) || !slices.Equal(unknown, test.unknown) {
				t.Errorf("found %v and %v, want %v and %v", known, unknown, test.known, test.unknown)
			}
		})
	}
}

// TestTable holds that every error says what to do, and what to ask of whom.
func TestTable(t *testing.T) {
	t.Parallel()
	codes := signin.Codes()
	if sorted := slices.Sorted(slices.Values(codes)); len(slices.Compact(sorted)) != len(codes) {
		t.Error("a code stands there twice")
	}
	for _, c := range codes {
		found, unknown := signin.Find(c)
		if len(found) != 1 || len(unknown) != 0 {
			t.Fatalf("%s is not found by its own code", c)
		}
		e := found[0]
		if e.What == "" || len(e.Next) == 0 || (e.Whose == signin.Customer) != (e.Ask != "") {
			t.Errorf("%s leaves its reader alone: %+v", c, e)
		}
		if n := utf8.RuneCountInString(e.Ask); n > 1500 {
			t.Errorf("%s: a text of %d characters is too long to be copied from a message", c, n)
		}
	}
}

func FuzzFind(f *testing.F) {
	f.Add("AADSTS53003: blocked")
	f.Fuzz(func(t *testing.T, text string) {
		known, unknown := signin.Find(text)
		if len(known)+len(unknown) > 3 {
			t.Errorf("%d errors of one text", len(known)+len(unknown))
		}
	})
}
