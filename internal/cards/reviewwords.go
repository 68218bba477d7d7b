package cards

import (
	"latchkey/internal/access"
	"latchkey/internal/approvals"
	"latchkey/internal/lang"
	"latchkey/internal/messages"
	"latchkey/internal/policy"
)

// ReviewWords is an access review as a page says it.
func ReviewWords(r access.Review, language lang.Tag) messages.ReviewWords {
	v := ReviewView(r)
	v.Language = language
	return messages.ReviewInWords(v)
}

// RemovalWords says which row is to be removed, and what stops with it.
func RemovalWords(p *policy.Policy, removal approvals.ReviewRemoval, language lang.Tag) (row, stops []string) {
	v := messages.ReviewRemovalView{ReviewView: ReviewView(removal.Review), Row: ReviewRowView(removal.Review, removal.Row)}
	v.Language = language
	for _, e := range removal.Grants {
		v.Grants = append(v.Grants, View(p, e))
	}
	return messages.ReviewRemovalInWords(v)
}
