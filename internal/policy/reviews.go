package policy

import (
	"time"

	"github.com/goccy/go-yaml/ast"

	"latchkey/internal/access"
)

// Reviews says how customers look over what gives access for good.
type Reviews struct {
	Within     time.Duration     // how long a customer has for its answers
	Unanswered access.Unanswered // what becomes of rows that nobody answered
	Every      time.Duration     // how often the bot starts one by itself; zero: never
}

const (
	leastReview    = day
	longestReview  = 60 * day
	leastBetween   = 7 * day
	longestBetween = 730 * day
)

// usualReviews is what holds without a word about them. Nothing is removed that nobody
// spoke of.
var usualReviews = Reviews{Within: 14 * day, Unanswered: access.UnansweredAsk}

// reviews reads them.
func (r *reader) reviews(n ast.Node) Reviews {
	out := usualReviews
	if n == nil {
		return out
	}
	o, ok := r.object(n, "reviews", "within", "unanswered", "every")
	if !ok {
		return out
	}
	if v := o.get("within"); v != nil {
		out.Within = r.duration(v, "within", leastReview, longestReview)
	}
	if v := o.get("unanswered"); v != nil {
		switch text := access.Unanswered(r.text(v, "unanswered")); text {
		case access.UnansweredKeep, access.UnansweredRemove, access.UnansweredAsk:
			out.Unanswered = text
		case "":
		default:
			r.at(v, "%q is not what can become of what nobody answered; write keep, remove or ask partner.", text)
		}
	}
	if v := o.get("every"); v != nil {
		out.Every = r.duration(v, "every", leastBetween, longestBetween)
		if out.Every > 0 && out.Every <= out.Within {
			r.at(v, "reviews come every %s and may take %s; a review must be over before the next begins.",
				access.FormatDuration(out.Every), access.FormatDuration(out.Within))
		}
	}
	return out
}
