package state

import (
	"errors"
	"time"

	"latchkey/internal/access"
)

// Partner stands for the partner's own staff where a summary's customer is named.
const Partner access.TenantID = "partner"

// SummaryPlan says which daily summary is sent next, to the partner or a customer.
type SummaryPlan struct {
	For  access.TenantID // [Partner], or a customer
	Last access.Day      // the last one that was sent, or given up; empty when none was
	Next access.Day      // empty: there is none
	At   time.Time       // of Next
	Sent access.Day      // the last one that was sent indeed; empty when none was, or of an older record
}

func summaryKey(of access.TenantID) string { return Path("summary", string(of)) }

// SummaryPlanOf returns the plan, or [ErrNotFound].
func SummaryPlanOf(tx Tx, of access.TenantID) (SummaryPlan, error) {
	return Load[SummaryPlan](tx, summaryKey(of))
}

// PutSummaryPlan writes the plan, also in place of a damaged one, and has it be due.
func PutSummaryPlan(tx Tx, p SummaryPlan) error {
	if !safe(string(p.For)) {
		return errors.New("a summary for nobody")
	}
	old, err := SummaryPlanOf(tx, p.For)
	if err := orNew(err); err != nil {
		return err
	}
	if _, err := Save(tx, summaryKey(p.For), p); err != nil {
		return err
	}
	return reindex(tx, string(p.For), summaryIndexes(old), summaryIndexes(p))
}

// DeleteSummaryPlan removes the plan, if there is one.
func DeleteSummaryPlan(tx Tx, of access.TenantID) error {
	old, err := SummaryPlanOf(tx, of)
	if err := orNew(err); err != nil {
		return err
	}
	if err := tx.Delete(summaryKey(of)); err != nil {
		return err
	}
	return reindex(tx, string(of), summaryIndexes(old), nil)
}

func summaryIndexes(p SummaryPlan) []string {
	if p.Next == "" {
		return nil
	}
	return []string{dueKey(Due{At: p.At, Kind: DueSummary, Customer: p.For})}
}

// SummaryPlans lists the plans that can be read.
func SummaryPlans(tx Tx) ([]SummaryPlan, error) {
	out, _, err := Readable[SummaryPlan](tx, "summary/")
	return out, err
}

// AllPending lists the requests that wait for a decision, whoever asked.
func AllPending(tx Tx) ([]access.RequestID, error) {
	var out []access.RequestID
	for item, err := range tx.Scan("idx/pending/") {
		if err != nil {
			return nil, err
		}
		out = append(out, access.RequestID(item.Value))
	}
	return out, nil
}

// AllGranted lists the grants that are not over, whoever has them.
func AllGranted(tx Tx) ([]access.RequestID, error) { return lastParts(tx, "idx/granted/") }

// AllOpenAlerts lists the alerts that are not resolved and can be read.
func AllOpenAlerts(tx Tx) ([]access.Alert, error) {
	out, _, err := alertsAt(tx, "idx/alert/open/")
	return out, err
}
