package latchkey_test

import (
	"bytes"
	"encoding/json"
	"fmt"
	"os"
	"slices"
	"strings"
	"testing"

	"github.com/goccy/go-yaml"
	"github.com/santhosh-tekuri/jsonschema/v6"

	"latchkey/internal/policy"
)

// ruled is a file that has one of each object.
const ruled = `
admins: [U0DEE00001]
operations_channel: C0OPERATIO
staff_by_mail: [fabrikam.example]
staff:
  - {name: Dynamics, people: [U0DYN00001, U0DYN00002]}
  - {name: Calls, slack_group: S0CALLS001}
  - {name: Cloud, entra_group: 3f0e5a17-6b2c-4d98-8a41-c05d7e19b264}
customers:
  - {name: Contoso, tenant: 1b7a3f52-0c4e-4d0a-9a51-7f6c2e8d4b10, slack: {team: T0CONTOSO1, channel: C0CONTOSO1}, tags: [health, big]}
bundles:
  - {name: Helpdesk, roles: [Helpdesk Administrator]}
  - {name: Mail, roles: [Exchange Administrator]}
rules:
  - {name: Dynamics, who: [Dynamics], bundles: [Mail], only: true, max_duration: 2d, approvals: 1}
  - {name: Health, customers: [health], bundles: [Mail], max_duration: 2h, approvals: 2, ticket: "INC-[0-9]+", justification: 20}
  - {name: No nights, hours: "22:00-06:00", days: [sat], clock: customer, refuse: Nobody is awake.}
rule: {max_duration: 8h, approvals: 1}
`

// TestSchema holds that the schema takes what is right, and knows exactly the keys that
// the file may have.
func TestSchema(t *testing.T) {
	c := jsonschema.NewCompiler()
	var doc any
	if err := json.Unmarshal(policy.Schema(), &doc); err != nil {
		t.Fatal(err)
	}
	if err := c.AddResource("policy.json", doc); err != nil {
		t.Fatal(err)
	}
	s, err := c.Compile("policy.json")
	if err != nil {
		t.Fatal(err)
	}
	shown, err := os.ReadFile("policy.example.yml")
	if err != nil {
		t.Fatal(err)
	}
	takes := func(text string) error {
		raw, err := yaml.YAMLToJSON([]byte(text))
		if err != nil {
			t.Fatal(err)
		}
		v, err := jsonschema.UnmarshalJSON(bytes.NewReader(raw))
		if err != nil {
			t.Fatal(err)
		}
		return s.Validate(v)
	}
	for _, text := range []string{string(shown), ruled} {
		if err := takes(text); err != nil {
			t.Errorf("it refuses what is right: %v", err)
		}
	}
	for _, text := range []string{strings.Replace(ruled, "approvals: 2", "approvals: 0", 1), strings.Replace(ruled, "approvals: 2, ", "", 1), strings.Replace(ruled, "[U0DEE00001]", "[dee]", 1), strings.Replace(ruled, "Calls, ", "Calls, people: [U0DYN00001], ", 1)} {
		if takes(text) == nil {
			t.Error("it takes what is wrong")
		}
	}
	full := ruled + "on_call: [{name: Nights, people: [U0DYN00001], from: \"2026-11-30 18:00\", turn: 7d, instead: [{person: U0DYN00002, from: \"2026-12-24 18:00\", until: \"2026-12-27 08:00\"}]}]\n" +
		"summary: {at: \"09:00\"}\nalerts: {info: C0ALERTS01}\n"
	full = strings.Replace(full, "roles: [Helpdesk Administrator]", "roles: [Helpdesk Administrator], groups: [{name: Desk, id: 7b1f0c52-3d8e-4a96-b1c7-52f08d6ea913}]", 1)
	if err := takes(full); err != nil {
		t.Fatal(err)
	}
	for at, object := range map[string]string{
		"\nadmins": "properties", "{name: Dynamics, people": "properties/staff/items/properties", "{name: Contoso": "properties/customers/items/properties",
		"{team: T0CONTOSO1": "properties/customers/items/properties/slack/properties", "{name: Helpdesk": "properties/bundles/items/properties",
		"{name: Desk": "properties/bundles/items/properties/groups/items/properties", "{name: Health": "properties/rules/items/properties",
		"{name: Nights": "properties/on_call/items/properties", "{person: ": "properties/on_call/items/properties/instead/items/properties",
		"{max_duration: 8h": "$defs/rule/properties", "{at: ": "properties/summary/properties", "{info: ": "properties/alerts/properties",
	} {
		wrong := strings.Replace(full, at, at[:1]+"zzzzzzzzz: x, "+at[1:], 1)
		if at[0] == '\n' {
			wrong = strings.Replace(full, at, "\nzzzzzzzzz: x"+at, 1)
		}
		_, err := policy.Parse("policy.yml", []byte(wrong))
		if err == nil {
			t.Fatalf("a key that is none is taken at %q", at)
		}
		_, keys, _ := strings.Cut(err.Error(), "the keys are ")
		keys, _, _ = strings.Cut(keys, ".")
		want := strings.Split(strings.ReplaceAll(keys, " and ", ", "), ", ")
		var got []string
		here := doc
		for part := range strings.SplitSeq(object, "/") {
			m, _ := here.(map[string]any)
			here = m[part]
		}
		for key := range here.(map[string]any) {
			got = append(got, key)
		}
		slices.Sort(got)
		slices.Sort(want)
		if fmt.Sprint(got) != fmt.Sprint(want) {
			t.Errorf("at %s the schema has %v, the file may have %v", object, got, want)
		}
		if takes(wrong) == nil {
			t.Errorf("at %s the schema takes a key that is none", object)
		}
	}
}
