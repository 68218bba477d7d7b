package roles_test

import (
	"regexp"
	"slices"
	"strings"
	"testing"

	"latchkey/internal/access"
	"latchkey/internal/roles"
)

const exchange = access.RoleID("29232cdf-9323-42fd-ade2-1d097af3e4de")

func TestCatalogue(t *testing.T) {
	all := roles.All()
	if got, want := len(all), 136; got != want {
		t.Errorf("the catalogue holds %d roles, want %d", got, want)
	}
	guid := regexp.MustCompile(`^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$`)
	ids, names := map[access.RoleID]bool{}, map[string]bool{}
	privileged := 0
	for _, r := range all {
		if !guid.MatchString(string(r.ID)) {
			t.Errorf("%s has id %q, want a GUID in lower case", r.Name, r.ID)
		}
		if r.Name == "" || r.Name != strings.TrimSpace(r.Name) {
			t.Errorf("%s has name %q", r.ID, r.Name)
		}
		if ids[r.ID] || names[strings.ToLower(r.Name)] {
			t.Errorf("%s (%s) is in the catalogue twice", r.Name, r.ID)
		}
		ids[r.ID], names[strings.ToLower(r.Name)] = true, true
		if r.Privileged {
			privileged++
		}
	}
	if want := 34; privileged != want {
		t.Errorf("%d roles are privileged, want %d", privileged, want)
	}
	if !slices.IsSortedFunc(all, func(a, b roles.Role) int {
		return strings.Compare(strings.ToLower(a.Name), strings.ToLower(b.Name))
	}) {
		t.Error("All is not sorted by name")
	}
	all[0].Name = "changed"
	if roles.All()[0].Name == "changed" {
		t.Error("a caller can change the catalogue through All")
	}
}

func TestEveryRoleIsFoundByItsNameAndID(t *testing.T) {
	for _, r := range roles.All() {
		for _, text := range []string{r.Name, strings.ToUpper(r.Name), strings.ReplaceAll(r.Name, " ", "-"),
			strings.ReplaceAll(r.Name, " ", ""), strings.ReplaceAll(r.Name, "Administrator", "admin"),
			string(r.ID), " " + strings.ToUpper(string(r.ID)) + " "} {
			got, match := roles.Find(text)
			if match != roles.Exact || len(got) != 1 || got[0] != r {
				t.Errorf("Find(%q) = %v, %v, want %s exactly", text, got, match, r.Name)
			}
		}
		if got := roles.Name(r.ID); got != r.Name {
			t.Errorf("Name(%s) = %q, want %q", r.ID, got, r.Name)
		}
	}
}

func TestByID(t *testing.T) {
	ga, ok := roles.ByID("62E90394-69F5-4237-9190-012177145E10")
	if !ok || ga.Name != "Global Administrator" || !ga.Privileged || ga.ID != roles.GlobalAdministrator {
		t.Errorf("ByID(Global Administrator) = %+v, %v", ga, ok)
	}
	if r, ok := roles.ByID("11111111-2222-3333-4444-555555555555"); ok {
		t.Errorf("ByID of an unknown id = %+v", r)
	}
	if got := roles.Name("no-such-role"); got != "no-such-role" {
		t.Errorf("Name of an unknown id = %q, want the id", got)
	}
}

func TestFind(t *testing.T) {
	for _, tt := range []struct {
		name, text string
		want       []string // the first of the result
		match      roles.Match
	}{
		{"Admin", "exchange admin", []string{"Exchange Administrator"}, roles.Exact},
		{"AdminJoined", "ExchangeAdmin", []string{"Exchange Administrator"}, roles.Exact},
		{"ShortForm", "GA", []string{"Global Administrator"}, roles.Exact},
		{"RetiredName", "Company Administrator", []string{"Global Administrator"}, roles.Exact},
		{"BritishLicence", "Licence Admin", []string{"License Administrator"}, roles.Exact},
		{"HelpDesk", "help desk", []string{"Helpdesk Administrator"}, roles.Prefix},
		{"UniquePrefix", "power platf", []string{"Power Platform Administrator"}, roles.Prefix},
		{"SeveralBegin", "exchange", []string{"Exchange Administrator", "Exchange Backup Administrator", "Exchange Recipient Administrator"}, roles.Near},
		{"Slip", "Exchnage Administrator", []string{"Exchange Administrator"}, roles.Near},
		{"Words", "recipient", []string{"Exchange Recipient Administrator"}, roles.Near},
		{"WordsInOtherOrder", "reader security", []string{"Security Reader"}, roles.Near},
		{"Nothing", "coffee machine", nil, roles.None},
		{"Empty", "", nil, roles.None},
		{"OnlyMarks", " -- ", nil, roles.None},
		{"AdminAlone", "admin", nil, roles.None},
		{"ShortPrefix", "ex", nil, roles.None},
		{"TooLong", strings.Repeat("exchange ", 50), nil, roles.None},
		{"NotUTF8", "\xff\xfe", nil, roles.None},
		{"LookAlikeLetters", "Еxchange Administrator", []string{"Exchange Administrator"}, roles.Near}, // a Cyrillic first letter
	} {
		t.Run(tt.name, func(t *testing.T) {
			found, match := roles.Find(tt.text)
			var got []string
			for _, r := range found {
				got = append(got, r.Name)
			}
			if match != tt.match || len(got) < len(tt.want) || !slices.Equal(got[:len(tt.want)], tt.want) ||
				(tt.want == nil) != (got == nil) || len(got) > 5 {
				t.Errorf("Find(%q) = %q, %v, want %q first, %v", tt.text, got, match, tt.want, tt.match)
			}
		})
	}
}

func TestRequestable(t *testing.T) {
	for _, tt := range []struct {
		name string
		id   access.RoleID
		want bool
	}{
		{"Ordinary", exchange, true},
		{"UpperCase", access.RoleID(strings.ToUpper(string(exchange))), true},
		{"GlobalAdministrator", roles.GlobalAdministrator, true},
		{"PartnerTier1", "4ba39ca4-527c-499a-b93d-d9b492c50246", false},
		{"PartnerTier2UpperCase", "E00E864A-17C5-4A4B-9C06-F5B95A8D5BD8", false},
		{"DirectorySync", "d29b2b05-8046-44ba-8758-1e26182fcf32", false},
		{"SupportEngineer", "00cf5c54-4693-4f59-a0ac-ab79ef0a974d", false},
		{"Unknown", "11111111-2222-3333-4444-555555555555", false},
		{"Empty", "", false},
	} {
		t.Run(tt.name, func(t *testing.T) {
			if got := roles.Requestable(tt.id); got != tt.want {
				t.Errorf("Requestable(%q) = %v, want %v", tt.id, got, tt.want)
			}
		})
	}
}
