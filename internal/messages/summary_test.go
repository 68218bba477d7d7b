package messages_test

import (
	"strings"
	"testing"
	"time"

	"latchkey/internal/access"
	"latchkey/internal/messages"
)

func TestSummary(t *testing.T) {
	for name, v := range summaries(t) {
		t.Run(name, func(t *testing.T) { golden(t, "summary-"+name, messages.Summary(v)) })
	}
}

func summaries(t *testing.T) map[string]messages.SummaryView {
	t.Helper()
	berlin, err := time.LoadLocation("Europe/Berlin")
	if err != nil {
		t.Fatal(err)
	}
	from, to := access.Day("2026-11-23").Span(berlin)
	base := messages.SummaryView{From: from, To: to, Zone: berlin, ReadAt: start}
	full := base
	full.Waiting = []messages.CardView{view(), view(hostile)}
	full.Active = []messages.CardView{view(granted(access.Active)), view(granted(access.Activating))}
	full.Ended = []messages.CardView{view(granted(access.Ended, over(access.Expired))), view(granted(access.Ended, over(access.Revoked)))}
	full.Asked, full.Refused, full.Failed, full.Reviews, full.Unreadable = 5, 1, 1, 2, 1
	full.Findings, full.Customers, full.Worst = [3]int{1, 2, 3}, 4, "Adatum <!here>"
	full.Alerts = []access.Alert{alert(terminated).Alert, {CustomerName: "<!here> *x*", Name: "`_y_`", LastAt: start}}
	seen, err := alert(terminated).Alert.Acknowledge(ana, start.Add(time.Hour))
	if err != nil {
		t.Fatal(err)
	}
	full.Changed = []access.Alert{seen}
	full.Ending = []messages.EndView{{Customer: "Contoso <!here>", Name: "*Care* plan", At: start}}
	full.Problem = "Microsoft Graph did not answer."
	week := access.Over("2026-11-29", "2026-11-30", berlin)[0]
	full.Trends = []messages.Trend{
		{Period: week, Now: messages.Totals{Asked: 12, Given: 10, Refused: 1, Held: 50*time.Hour + 40*time.Minute, Customers: 5}, Then: messages.Totals{Asked: 8, Given: 10, Held: 100 * time.Minute, Customers: 5, Alerts: 2}},
		{Period: access.Over("2026-11-30", "2026-12-01", berlin)[0], Now: messages.Totals{Asked: 40}, Then: messages.Totals{Held: time.Hour}},
		{Period: access.Period{From: from, To: to}, Now: messages.Totals{Given: 1}},
	}
	customer := full
	customer.Customer, customer.Tenant, customer.From = "Contoso <!here>", "1b7a3f52-0c4e-4d0a-9a51-7f6c2e8d4b10", from.AddDate(0, 0, -3)
	customer.Waiting, customer.Failed, customer.Unreadable = full.Waiting[:1], 0, 0
	quiet := base
	quiet.Quiet, quiet.Findings = true, [3]int{0, 1, 1}
	quiet.Trends = full.Trends[:1]
	calm := base
	calm.Quiet, calm.Customer, calm.Tenant = true, "Contoso <!here> *x*", "1b7a3f52-0c4e-4d0a-9a51-7f6c2e8d4b10"
	many := base
	for range 60 {
		many.Waiting = append(many.Waiting, view(roles(40), longest))
		many.Active = append(many.Active, view(granted(access.Active), roles(40), longest))
		many.Ended = append(many.Ended, view(granted(access.Ended, over(access.Expired)), roles(40), longest))
		many.Alerts = append(many.Alerts, alert(terminated).Alert)
		many.Changed = append(many.Changed, seen)
		many.Ending = append(many.Ending, messages.EndView{Customer: strings.Repeat("W", 200), Name: strings.Repeat("x", 50), At: start})
	}
	own := many
	own.Customer, own.Tenant = "Contoso", calm.Tenant
	return map[string]messages.SummaryView{
		"partner": full, "customer": customer, "quiet": quiet, "customer-quiet": calm, "many": many, "customer-many": own,
	}
}
