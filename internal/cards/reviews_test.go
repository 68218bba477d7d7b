package cards_test

import (
	"errors"
	"fmt"
	"strings"
	"testing"
	"time"

	"latchkey/internal/access"
	"latchkey/internal/cards"
	"latchkey/internal/outbox"
	"latchkey/internal/policy"
)

// reviewing is a renderer that knows a review of Contoso with twenty rows.
func reviewing(t *testing.T, of access.TenantID) cards.Renderer {
	t.Helper()
	r := renderer()
	known, _ := r.Approvals.(entries)
	rows := make([]access.ReviewRow, 20)
	for i := range rows {
		rows[i] = access.ReviewRow{Relationship: access.RelationshipID(fmt.Sprint(i)), Name: fmt.Sprintf("Plan %d.", i+1)}
	}
	var err error
	known.review, err = access.NewReview(access.Review{ID: "V-00001", Customer: of, CustomerName: "Contoso", Rows: rows}, 24*time.Hour, time.Unix(0, 0))
	if err != nil {
		t.Fatal(err)
	}
	r.Approvals = known
	return r
}

func TestReviewCard(t *testing.T) {
	t.Parallel()
	for _, row := range []struct {
		name      string
		of        access.TenantID
		give      outbox.ReviewCardPayload
		to, says  string
		permanent bool
	}{
		{"first", contoso, outbox.ReviewCardPayload{Review: "V-00001", Card: 1}, "C1/", "part 1 of 2. ", false},
		{"second", contoso, outbox.ReviewCardPayload{Review: "V-00001", Card: 2}, "C1/", "part 2 of 2. 16. The relationship Plan 16", false},
		{"operators", contoso, outbox.ReviewCardPayload{Review: "V-00001"}, "C0OPS/", "V-00001, access review of Contoso", false},
		{"unknown", contoso, outbox.ReviewCardPayload{Review: "V-00009", Card: 1}, "/", "", true},
		{"of no policy", adatum, outbox.ReviewCardPayload{Review: "V-00001", Card: 1}, "/", "", true},
	} {
		t.Run(row.name, func(t *testing.T) {
			t.Parallel()
			got, err := reviewing(t, row.of).ReviewCard(t.Context(), row.give)
			check(t, got, err, row.to, row.says, row.permanent)
		})
	}
}

func TestReviewNotices(t *testing.T) {
	t.Parallel()
	r := reviewing(t, contoso)
	for kind, want := range map[outbox.NoticeKind][2]string{
		outbox.NoticeReviewReminder: {"C1/", "V-00001 waits for Carol Weber. Not answered yet: 20."}, outbox.NoticeReviewUnanswered: {"C0OPS/", "has not answered 20 rows"},
	} {
		got, err := r.Notice(t.Context(), outbox.NoticePayload{Notice: kind, Review: "V-00001", Channel: "C9"})
		check(t, got, err, want[0], want[1], false)
	}
	known, _ := r.Approvals.(entries)
	known.review, _ = known.review.KeepRest(1, access.Person{User: "U0CAROL001"}, time.Unix(0, 0))
	r.Approvals = known
	got, err := r.Notice(t.Context(), outbox.NoticePayload{Notice: outbox.NoticeReviewReminder, Review: "V-00001"})
	check(t, got, err, "/", "", false)
}

func TestReviewTable(t *testing.T) {
	t.Parallel()
	r := reviewing(t, contoso)
	f, err := r.File(t.Context(), outbox.FilePayload{Review: "V-00001"})
	if err != nil || f.Channel != "C0OPS" || f.Name != "latchkey-V-00001.csv" || strings.Count(string(f.Content), "\r\n") != 21 {
		t.Errorf("the table is %q in %s, %v:\n%s", f.Name, f.Channel, err, f.Content)
	}
	if _, err := r.File(t.Context(), outbox.FilePayload{Review: "V-00009"}); !outbox.IsPermanent(err) {
		t.Errorf("of none: %v", err)
	}
	r.Policy = func() *policy.Policy { return &policy.Policy{} }
	if _, err := r.File(t.Context(), outbox.FilePayload{Review: "V-00001"}); !outbox.IsPermanent(err) {
		t.Errorf("for nobody: %v", err)
	}
	down := errors.New("store is down")
	r.Approvals = entries{err: down}
	if _, err := r.ReviewCard(t.Context(), outbox.ReviewCardPayload{Review: "V-00001"}); !errors.Is(err, down) || outbox.IsPermanent(err) {
		t.Errorf("while the store is down: %v", err)
	}
}
