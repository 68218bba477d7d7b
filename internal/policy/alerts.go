package policy

import (
	"strings"
	"time"

	"github.com/goccy/go-yaml/ast"

	"latchkey/internal/access"
)

// Alerts says where alerts go, and when they may come.
type Alerts struct {
	// Channels are those that differ from the operations channel.
	Channels map[access.Severity]access.ChannelID
	Quiet    Hours // in which what is told only waits
}

// Hours are a part of each day, by the clock on the wall. The zero value is none.
type Hours struct {
	Zone        *time.Location
	From, Until time.Duration // after midnight; From may be the later one
}

// zone is where the clock hangs.
func (q Hours) zone() *time.Location {
	if q.Zone == nil {
		return time.UTC
	}
	return q.Zone
}

// In reports whether the moment is within.
func (q Hours) In(at time.Time) bool {
	if q.From == q.Until {
		return false
	}
	local := at.In(q.zone())
	now := time.Duration(local.Hour())*time.Hour + time.Duration(local.Minute())*time.Minute
	if q.From < q.Until {
		return q.From <= now && now < q.Until
	}
	return q.From <= now || now < q.Until
}

// AlertChannel is where alerts of the severity go: urgent ones, without a channel of
// their own, where alarms do.
func (p *Policy) AlertChannel(s access.Severity) access.ChannelID {
	if c, ok := p.Alerts.Channels[s]; ok {
		return c
	}
	if s == access.SeverityUrgent {
		return p.AlertChannel(access.SeverityAlarm)
	}
	return p.Operations
}

// alerts reads where alerts go; zone is the policy's.
func (r *reader) alerts(n ast.Node, zone string) Alerts {
	out := Alerts{Channels: map[access.Severity]access.ChannelID{}, Quiet: Hours{Zone: location(zone)}}
	if n == nil {
		return out
	}
	o, ok := r.object(n, "alerts", "urgent", "alarm", "info", "quiet_hours")
	if !ok {
		return out
	}
	for _, s := range access.Severities() {
		if v := o.get(string(s)); v != nil {
			if c := r.channel(v, string(s)); c != "" {
				out.Channels[s] = c
			}
		}
	}
	if v := o.get("quiet_hours"); v != nil {
		out.Quiet.From, out.Quiet.Until = r.hours(v, "quiet_hours")
	}
	return out
}

func (r *reader) hours(n ast.Node, what string) (from, until time.Duration) {
	text := r.text(n, what)
	if text == "" {
		return 0, 0
	}
	begin, end, _ := strings.Cut(text, "-")
	from, ok1 := timeOfDay(strings.TrimSpace(begin))
	until, ok2 := timeOfDay(strings.TrimSpace(end))
	if !ok1 || !ok2 || from == until {
		r.at(n, `%q are not hours of a day; write them in quotes, as in "20:00-07:00".`, text)
		return 0, 0
	}
	return from, until
}

// timeOfDay reads hours and minutes after midnight.
func timeOfDay(text string) (time.Duration, bool) {
	if !clock.MatchString(text) {
		return 0, false
	}
	at, err := time.Parse("15:04", text)
	return time.Duration(at.Hour())*time.Hour + time.Duration(at.Minute())*time.Minute, err == nil
}

// staffChannels are those that no customer may read.
func (p *Policy) staffChannels() []access.ChannelID {
	out := []access.ChannelID{p.Operations}
	for _, s := range access.Severities() {
		if c := p.Alerts.Channels[s]; c != "" {
			out = append(out, c)
		}
	}
	return out
}
