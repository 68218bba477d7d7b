package messages_test

import (
	"testing"
	"time"

	"latchkey/internal/access"
	"latchkey/internal/messages"
)

func TestSummary(t *testing.T) {
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
	full.Asked, full.Refused, full.Failed, full.Unreadable = 5, 1, 1, 1
	full.Findings, full.Customers, full.Worst = [3]int{1, 2, 3}, 4, "Adatum <!here>"
	full.Alerts = []access.Alert{alert(terminated).Alert, {CustomerName: "<!here> *x*", Name: "`_y_`", LastAt: start}}
	full.Problem = "Microsoft Graph did not answer."
	customer := full
	customer.Customer, customer.From = "Contoso <!here>", from.AddDate(0, 0, -3)
	customer.Waiting, customer.Failed, customer.Unreadable = full.Waiting[:1], 0, 0
	quiet := base
	quiet.Quiet, quiet.Findings = true, [3]int{0, 1, 1}
	calm := base
	calm.Quiet, calm.Customer = true, "Contoso <!here> *x*"
	many := base
	for range 60 {
		many.Waiting = append(many.Waiting, view(roles(40), longest))
		many.Active = append(many.Active, view(granted(access.Active), roles(40), longest))
		many.Ended = append(many.Ended, view(granted(access.Ended, over(access.Expired)), roles(40), longest))
		many.Alerts = append(many.Alerts, alert(terminated).Alert)
	}
	own := many
	own.Customer = "Contoso"
	for name, v := range map[string]messages.SummaryView{
		"partner": full, "customer": customer, "quiet": quiet, "customer-quiet": calm, "many": many, "customer-many": own,
	} {
		t.Run(name, func(t *testing.T) { golden(t, "summary-"+name, messages.Summary(v)) })
	}
}
