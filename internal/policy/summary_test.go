package policy_test

import (
	"errors"
	"strings"
	"testing"
	"time"

	"latchkey/internal/policy"
)

const contosoTenant = "1b7a3f52-0c4e-4d0a-9a51-7f6c2e8d4b10"

func TestSummary(t *testing.T) {
	t.Parallel()
	p, err := policy.Parse("policy.yml", []byte("timezone: Europe/Berlin\n"+valid))
	if err != nil {
		t.Fatal(err)
	}
	if s := p.Summary; s.Zone.String() != "Europe/Berlin" || s.At != 9*time.Hour || len(s.Days) != 5 || s.Days[0] != time.Monday {
		t.Errorf("without a word it is sent %+v", s)
	}
	if _, ok := p.SummaryFor(contosoTenant); ok {
		t.Error("a customer has one without a word")
	}
	p, err = policy.Parse("policy.yml", []byte("summary: {at: \"17:05\", days: [sat, mon]}\n"+valid+"    timezone: America/New_York\n    summary: true\n"))
	if err != nil {
		t.Fatal(err)
	}
	if s := p.Summary; s.Zone.String() != "UTC" || s.At != 17*time.Hour+5*time.Minute || len(s.Days) != 2 || s.Days[0] != time.Saturday {
		t.Errorf("it is sent %+v", s)
	}
	if s, ok := p.SummaryFor(contosoTenant); !ok || s.Zone.String() != "America/New_York" || s.At != p.Summary.At || len(s.Days) != 2 {
		t.Errorf("the customer's is sent %+v, %v", s, ok)
	}
}

func TestSummaryRefuses(t *testing.T) {
	t.Parallel()
	for line, says := range map[string]string{
		`summary: {at: "8:30"}`:       "is not a time of day",
		`summary: {at: "24:00"}`:      "is not a time of day",
		`summary: {at: 830}`:          "at is a number",
		`summary: {days: [monday]}`:   "is not a day",
		`summary: {days: [mon, mon]}`: "is already on line 1",
		`summary: {days: []}`:         "days",
		`summary: daily`:              "summary is text",
		`summary: {time: "09:00"}`:    "is not a key of summary",
	} {
		_, err := policy.Parse("policy.yml", []byte(line+"\n"+valid))
		problems, ok := errors.AsType[*policy.Problems](err)
		if !ok || !strings.Contains(problems.Error(), says) || !strings.Contains(problems.Error(), "policy.yml:1:") {
			t.Errorf("%s: %v, want %q", line, err, says)
		}
	}
	if _, err := policy.Parse("policy.yml", []byte(valid+"    summary: often\n")); err == nil || !strings.Contains(err.Error(), "true or false") {
		t.Errorf("a customer's summary that is neither true nor false: %v", err)
	}
}
