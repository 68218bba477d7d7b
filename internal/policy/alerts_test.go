package policy_test

import (
	"errors"
	"strings"
	"testing"
	"time"

	"latchkey/internal/access"
	"latchkey/internal/policy"
)

func TestAlerts(t *testing.T) {
	t.Parallel()
	for _, row := range []struct {
		name, text          string
		urgent, alarm, info access.ChannelID
	}{
		{"Usual", "", "C0OPS0000", "C0OPS0000", "C0OPS0000"},
		{"UrgentWithAlarms", "alerts: {alarm: C0ALARM00}\n", "C0ALARM00", "C0ALARM00", "C0OPS0000"},
		{"Each", "alerts: {urgent: C0URGENT0, alarm: C0ALARM00, info: C0INFO000}\n", "C0URGENT0", "C0ALARM00", "C0INFO000"},
		{"Info", "alerts: {info: C0INFO000}\n", "C0OPS0000", "C0OPS0000", "C0INFO000"},
	} {
		t.Run(row.name, func(t *testing.T) {
			t.Parallel()
			p, err := policy.Parse("policy.yml", []byte(row.text+valid+"    owner: U024BE7LH\n"))
			if err != nil {
				t.Fatal(err)
			}
			p.Operations = "C0OPS0000"
			for s, want := range map[access.Severity]access.ChannelID{
				access.SeverityUrgent: row.urgent, access.SeverityAlarm: row.alarm, access.SeverityInfo: row.info, "": "C0OPS0000",
			} {
				if got := p.AlertChannel(s); got != want {
					t.Errorf("%q goes to %s, want %s", s, got, want)
				}
			}
			if p.Customers[0].Owner != "U024BE7LH" {
				t.Errorf("the owner is %q", p.Customers[0].Owner)
			}
		})
	}
}

// TestHours counts by the clock on the wall, also on the days on which it is put
// forward or back.
func TestHours(t *testing.T) {
	t.Parallel()
	p, err := policy.Parse("policy.yml", []byte("timezone: Europe/Berlin\nalerts: {quiet_hours: \"20:00-07:30\"}\n"+valid))
	if err != nil {
		t.Fatal(err)
	}
	berlin := p.Alerts.Quiet.Zone
	at := func(month time.Month, day, hour, minute int) time.Time {
		return time.Date(2026, month, day, hour, minute, 0, 0, berlin)
	}
	for _, row := range []struct {
		at    time.Time
		quiet bool
	}{
		{at(3, 2, 19, 59), false},
		{at(3, 2, 20, 0), true},
		{at(3, 3, 0, 0), true},
		{at(3, 3, 7, 29), true},
		{at(3, 3, 7, 30), false},
		{time.Date(2026, 3, 2, 19, 30, 0, 0, time.UTC), true},
		{at(3, 29, 7, 29), true}, // summer time began at two
		{at(3, 29, 7, 30), false},
		{at(10, 25, 7, 30), false},
	} {
		if got := p.Alerts.Quiet.In(row.at); got != row.quiet {
			t.Errorf("quiet at %v: %t", row.at, got)
		}
	}
	day := policy.Hours{Zone: time.UTC, From: 9 * time.Hour, Until: 17 * time.Hour}
	if !day.In(time.Date(2026, 3, 2, 9, 0, 0, 0, time.UTC)) || day.In(time.Date(2026, 3, 2, 17, 0, 0, 0, time.UTC)) {
		t.Error("hours within a day are not kept")
	}
	if (policy.Hours{}).In(time.Now()) {
		t.Error("without a word there are quiet hours")
	}
}

func TestAlertsRefuses(t *testing.T) {
	t.Parallel()
	for line, says := range map[string]string{
		`alerts: {alarm: general}`:             "is not a Slack channel id",
		`alerts: {alarm: C024BE91M}`:           "is a channel of your own staff, which no customer may read",
		`alerts: {quiet_hours: "20-7"}`:        "are not hours of a day",
		`alerts: {quiet_hours: "20:00"}`:       "are not hours of a day",
		`alerts: {quiet_hours: "20:00-20:00"}`: "are not hours of a day",
		`alerts: {quiet_hours: "25:00-07:00"}`: "are not hours of a day",
		`alerts: {loud: C0LOUD000}`:            "is not a key of alerts",
		`alerts: C0LOUD000`:                    "alerts is text",
	} {
		_, err := policy.Parse("policy.yml", []byte(line+"\n"+valid))
		problems, ok := errors.AsType[*policy.Problems](err)
		if !ok || !strings.Contains(problems.Error(), says) {
			t.Errorf("%s: %v, want %q", line, err, says)
		}
	}
	if _, err := policy.Parse("policy.yml", []byte(valid+"    owner: ana\n")); err == nil || !strings.Contains(err.Error(), "is not a Slack user id") {
		t.Errorf("an owner that is no user: %v", err)
	}
}
