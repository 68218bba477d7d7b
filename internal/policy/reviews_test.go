package policy_test

import (
	"errors"
	"strings"
	"testing"
	"time"

	"latchkey/internal/access"
	"latchkey/internal/policy"
)

func TestReviews(t *testing.T) {
	t.Parallel()
	const day = 24 * time.Hour
	for _, row := range []struct {
		name, text string
		want       policy.Reviews
	}{
		{"Usual", "", policy.Reviews{Within: 14 * day, Unanswered: access.UnansweredAsk}},
		{"All", "reviews: {within: 7d, unanswered: remove, every: 90d}\n", policy.Reviews{Within: 7 * day, Unanswered: access.UnansweredRemove, Every: 90 * day}},
		{"Keep", "reviews: {unanswered: keep}\n", policy.Reviews{Within: 14 * day, Unanswered: access.UnansweredKeep}},
		{"Ask", "reviews: {unanswered: ask partner, every: 15d}\n", policy.Reviews{Within: 14 * day, Unanswered: access.UnansweredAsk, Every: 15 * day}},
	} {
		p, err := policy.Parse("policy.yml", []byte(row.text+valid))
		if err != nil || p.Reviews != row.want {
			t.Errorf("%s: %+v, %v, want %+v", row.name, p, err, row.want)
		}
	}
}

func TestReviewsAreRefused(t *testing.T) {
	t.Parallel()
	for _, row := range []struct{ name, text, says string }{
		{"NoObject", "reviews: 14d\n", "1:10"},
		{"UnknownKey", "reviews: {due: 14d}\n", "due"},
		{"NoTime", "reviews:\n  within: soon\n", "2:11"},
		{"TooShort", "reviews: {within: 1h}\n", "1 d"},
		{"TooLong", "reviews: {within: 90d}\n", "60 d"},
		{"Unanswered", "reviews: {unanswered: burn}\n", `"burn" is not what can become of what nobody answered`},
		{"TooOften", "reviews: {every: 1d}\n", "7 d"},
		{"NotOverBefore", "reviews: {within: 30d, every: 30d}\n", "a review must be over before the next begins"},
		{"LongerThanUsual", "reviews: {every: 14d}\n", "may take 14 d"},
	} {
		_, err := policy.Parse("policy.yml", []byte(row.text+valid))
		if problems, ok := errors.AsType[*policy.Problems](err); !ok || !strings.Contains(problems.Error(), row.says) {
			t.Errorf("%s: %v, want %q", row.name, err, row.says)
		}
	}
}
