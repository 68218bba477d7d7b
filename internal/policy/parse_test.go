package policy_test

import (
	"errors"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"latchkey/internal/policy"
)

// valid is the smallest useful file.
const valid = `admins: [U024BE7LH]
operations_channel: C024BE91L
rule: {max_duration: 4h, approvals: 1, other_roles: true}
customers:
  - name: Contoso
    tenant: 1b7a3f52-0c4e-4d0a-9a51-7f6c2e8d4b10
    slack: {team: T024BE7LD, channel: C024BE91M}
`

func TestParseAccepts(t *testing.T) {
	for _, tt := range []struct{ name, file string }{
		{"Smallest", valid},
		{"ByteOrderMarkAndCRLF", "\ufeff" + strings.ReplaceAll(valid, "\n", "\r\n")},
		{"DocumentMarker", "---\n" + valid},
		{"Quoted", strings.Replace(valid, "U024BE7LH", `"U024BE7LH"`, 1)},
		{"ManyCustomers", valid + func() string {
			var b strings.Builder
			for i := range 500 {
				n := string([]rune{'A' + rune(i/100), '0' + rune(i/10%10), '0' + rune(i%10)})
				b.WriteString("  - name: Customer " + n + "\n    tenant: 1b7a3f52-0c4e-4d0a-9a51-00000000" + strings.ToLower(n) +
					"0\n    slack: {team: T0" + n + ", channel: C0" + n + "}\n")
			}
			return b.String()
		}()},
	} {
		t.Run(tt.name, func(t *testing.T) {
			p, err := policy.Parse("policy.yml", []byte(tt.file))
			if err != nil {
				t.Fatalf("Parse: %v", err)
			}
			if len(p.Version) != 12 || p.TimeZone != "UTC" || p.Customers[0].TimeZone != "UTC" {
				t.Errorf("Parse = %+v", p)
			}
		})
	}
}

func TestVersionFollowsTheBytes(t *testing.T) {
	a, err := policy.Parse("a.yml", []byte(valid))
	if err != nil {
		t.Fatal(err)
	}
	b, err := policy.Parse("b.yml", []byte(valid+"# changed\n"))
	if err != nil {
		t.Fatal(err)
	}
	again, err := policy.Parse("c.yml", []byte(valid))
	if err != nil {
		t.Fatal(err)
	}
	if a.Version == b.Version || a.Version != again.Version {
		t.Errorf("versions are %s, %s (changed), %s (same)", a.Version, b.Version, again.Version)
	}
}

// TestParseReportsEverything reads every testdata/*.yml, whose problems are in
// the .txt beside it, one a line.
func TestParseReportsEverything(t *testing.T) {
	files, err := filepath.Glob("testdata/*.yml")
	if err != nil || len(files) == 0 {
		t.Fatalf("testdata holds %v, %v", files, err)
	}
	for _, file := range files {
		t.Run(strings.TrimSuffix(filepath.Base(file), ".yml"), func(t *testing.T) {
			data, err := os.ReadFile(file)
			if err != nil {
				t.Fatal(err)
			}
			golden, err := os.ReadFile(strings.TrimSuffix(file, ".yml") + ".txt")
			if err != nil {
				t.Fatal(err)
			}
			_, err = policy.Parse("policy.yml", data)
			if _, ok := errors.AsType[*policy.Problems](err); !ok {
				t.Fatalf("Parse: error %v is no *Problems", err)
			}
			got, want := strings.Split(err.Error(), "\n"), strings.Split(strings.TrimSpace(string(golden)), "\n")
			for i := range max(len(got), len(want)) {
				if i >= len(got) || i >= len(want) || got[i] != want[i] {
					t.Fatalf("problem %d differs; got\n%s\nwant\n%s", i+1, err, golden)
				}
			}
		})
	}
}

func TestParseRefuses(t *testing.T) {
	for _, tt := range []struct{ name, file, want string }{
		{"Empty", "", "policy.yml:1:1: The file is empty; begin with admins, operations_channel, customers and rule."},
		{"OnlyComments", "# nothing\n", "policy.yml:1:1: The file is empty; begin with admins, operations_channel, customers and rule."},
		{"List", "- a\n", "policy.yml:1:1: The policy is a list; write the keys admins, operations_channel, timezone, driver, staff, staff_by_mail, on_call, customers, bundles, rules, rule, summary, alerts, reviews, checkpoints and retention."},
		{"Open", valid + "bundles: [a\n", "policy.yml:8:10: This is not valid YAML: sequence end token ']' not found."},
		{"Tab", "admins:\n\t- U024BE7LH\n", "policy.yml:2:1: This is not valid YAML: found character '\t' that cannot start any token."},
		{"TwoDocuments", valid + "---\n" + valid, "policy.yml:8:1: The file holds several YAML documents or a directive; keep one document and no line that begins with %."},
		{"NotUTF8", valid + "# \xff\n", "policy.yml:1:1: The file is not UTF-8 text; save it as UTF-8."},
		{"TooLarge", valid + strings.Repeat("# comment\n", 1<<17), "policy.yml:1:1: The file is larger than 1024 KiB; it is not a policy."},
		{"TooDeep", "admins: " + strings.Repeat("[", 60), "policy.yml:1:1: Brackets are nested too deeply for a policy; close those that are open."},
		{"TooDeepOverLines", strings.Repeat("[\n", 60), "policy.yml:51:1: Brackets are nested too deeply for a policy; close those that are open."},
		{"TooManyKeys", strings.Repeat("a: b\n", 1000), "policy.yml:201:1: There are too many lines in this block for a policy; begin each entry of a list with a dash."},
		{"TooManyKeysInAnEntry", "- " + strings.Repeat("a: b\n  ", 1000), "policy.yml:201:1: There are too many lines in this block for a policy; begin each entry of a list with a dash."},
		{"LongLine", strings.Repeat("- ", 2000), "policy.yml:1:1: The line is too long for a policy; put the entries of a list on lines of their own."},
		{"ApprovalsZero", strings.Replace(valid, "approvals: 1", "approvals: 0", 1),
			"policy.yml:3:37: approvals is 0, but an empty list of approvers means nobody, not everybody; write 1 or more."},
		{"NothingMayBeAsked", strings.Replace(valid, ", other_roles: true", "", 1),
			"policy.yml:3:1: The policy allows nobody to ask for anything; add bundles, or other_roles: true to the rule."},
		{"CustomerInOperationsChannel", strings.Replace(valid, "C024BE91M", "C024BE91L", 1),
			`policy.yml:7:39: "C024BE91L" is a channel of your own staff, which no customer may read; give the channel that you share with this customer.`},
		{"HiddenCharacter", strings.Replace(valid, "Contoso", "Con\u202etoso", 1),
			"policy.yml:5:11: name holds a line break or an invisible character; remove it."},
		{"NameOfMarks", strings.Replace(valid, "Contoso", `"--"`, 1),
			`policy.yml:5:11: "--" has no letter or digit; give a name that can be typed.`},
		{"NameIsAnID", strings.Replace(valid, "Contoso", "1B7A3F52-0c4e-4d0a-9a51-7f6c2e8d4b10", 1),
			`policy.yml:5:11: "1B7A3F52-0c4e-4d0a-9a51-7f6c2e8d4b10" is an id; give a name that people use.`},
		{"NoTenant", strings.Replace(valid, "1b7a3f52-0c4e-4d0a-9a51-7f6c2e8d4b10", "00000000-0000-0000-0000-000000000000", 1),
			`policy.yml:6:13: "00000000-0000-0000-0000-000000000000" is not a tenant id, which has the form 8-4-4-4-12 hexadecimal digits; copy it from the tenant's overview in Microsoft Entra.`},
		{"Driver", "driver: PIM\n" + valid,
			`policy.yml:1:9: "PIM" is not a driver; write membership (the bot takes access away at its end) or pim (Entra does as well; your tenant needs the licence).`},
		{"DriverOfACustomer", valid + "    driver: [pim]\n", "policy.yml:8:13: driver is a list; write text, in quotes if it looks like a number."},
		{"LongName", strings.Replace(valid, "Contoso", strings.Repeat("x", 201), 1),
			"policy.yml:5:11: name is longer than 200 characters; shorten it."},
	} {
		t.Run(tt.name, func(t *testing.T) {
			p, err := policy.Parse("policy.yml", []byte(tt.file))
			if p != nil || err == nil {
				t.Fatalf("Parse = %+v, %v, want an error", p, err)
			}
			if got := err.Error(); got != tt.want {
				t.Errorf("Parse: got\n%s\nwant\n%s", got, tt.want)
			}
		})
	}
}

// FuzzParse: whatever the bytes, Parse ends with a policy that holds what its
// types promise or with sorted problems that are somewhere in the file.
func FuzzParse(f *testing.F) {
	f.Add([]byte(valid))
	seeds, _ := filepath.Glob("testdata/*.yml")
	for _, file := range append(seeds, example) {
		data, err := os.ReadFile(file)
		if err != nil {
			f.Fatal(err)
		}
		f.Add(data)
	}
	f.Fuzz(func(t *testing.T, data []byte) {
		p, err := policy.Parse("policy.yml", data)
		if err == nil {
			if len(p.Admins) == 0 || len(p.Customers) == 0 || p.Rule.Approvals < 1 || p.Rule.MaxDuration <= 0 ||
				p.Rule.DecideWithin <= 0 || (len(p.Bundles) == 0 && !p.Rule.OtherRoles) || p.Operations == "" {
				t.Errorf("Parse accepted %+v", p)
			}
			for _, c := range p.Customers {
				if c.Name == "" || c.Tenant == "" || (c.Team == "") != (c.Channel == "") || len(c.ContactRoles) == 0 || c.Language == "" || c.TimeZone == "" {
					t.Errorf("Parse accepted the customer %+v", c)
				}
			}
			for _, b := range p.Bundles {
				if b.Name == "" || len(b.Roles) == 0 {
					t.Errorf("Parse accepted the bundle %+v", b)
				}
			}
			return
		}
		problems, ok := errors.AsType[*policy.Problems](err)
		if !ok || p != nil || len(problems.List) == 0 {
			t.Fatalf("Parse = %v, %v", p, err)
		}
		if !slices.IsSortedFunc(problems.List, func(a, b policy.Problem) int { return a.Line - b.Line }) {
			t.Errorf("the problems are not sorted: %v", err)
		}
		for _, q := range problems.List {
			if q.Line < 1 || q.Column < 1 || q.Text == "" {
				t.Errorf("a problem is %+v", q)
			}
		}
	})
}
