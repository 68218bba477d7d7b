package cards_test

import (
	"go/ast"
	"go/parser"
	"go/token"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"testing"
	"time"

	"latchkey/internal/access"
	"latchkey/internal/cards"
	"latchkey/internal/outbox"
	"latchkey/internal/policy"
)

// speaking is a renderer whose customer is written to in German, with its request and
// its offer in the states given.
func speaking(r access.RequestState, g *access.Grant, o access.OfferState) cards.Renderer {
	out := renderer()
	known, _ := out.Approvals.(entries)
	e := known.known["R-00001"]
	e.Request.State, e.Grant = r, g
	known.known["R-00001"] = e
	known.offers = map[access.OfferID]access.Offer{
		"O-00001": {ID: "O-00001", Customer: contoso, CustomerName: "Contoso", State: o, Requester: e.Request.Requester, Days: 30},
	}
	known.review = access.Review{
		ID: "V-00001", Customer: contoso, State: access.ReviewOpen, DueBy: time.Unix(1, 0), Rows: []access.ReviewRow{{N: 1, State: access.RowOpen}},
	}
	out.Approvals = known
	p := &policy.Policy{Operations: "C0OPS", Customers: []policy.Customer{{Name: "Contoso", Tenant: contoso, Channel: "C1", Language: "de-AT"}}}
	out.Policy = func() *policy.Policy { return p }
	out.LetIn = func(access.TenantID) string { return "https://login.test" }
	return out
}

// noticeKinds reads which notices there are, and to whom each goes as its comment says.
func noticeKinds(t *testing.T) map[string]string {
	t.Helper()
	files, err := filepath.Glob("../outbox/*.go")
	if err != nil {
		t.Fatal(err)
	}
	out := map[string]string{}
	for _, name := range files {
		raw, err := os.ReadFile(name)
		if err != nil {
			t.Fatal(err)
		}
		f, err := parser.ParseFile(token.NewFileSet(), name, raw, parser.ParseComments|parser.SkipObjectResolution)
		if err != nil {
			t.Fatal(err)
		}
		ast.Inspect(f, func(n ast.Node) bool {
			v, ok := n.(*ast.ValueSpec)
			if !ok || len(v.Values) != 1 {
				return true
			}
			if kind, ok := v.Type.(*ast.Ident); !ok || kind.Name != "NoticeKind" {
				return true
			}
			if text, ok := v.Values[0].(*ast.BasicLit); ok {
				if kind, err := strconv.Unquote(text.Value); err == nil {
					out[kind] = v.Comment.Text()
				}
			}
			return true
		})
	}
	return out
}

// TestCustomersReadTheirLanguage holds that whatever goes to a customer's channel was
// said in the customer's language, and all else in English.
func TestCustomersReadTheirLanguage(t *testing.T) {
	t.Parallel()
	live := access.Grant{Request: "R-00001", State: access.Active, ExpiresAt: time.Unix(1, 0)}
	over := access.Grant{Request: "R-00001", State: access.Ended, EndReason: access.Expired}
	kinds, drawn := noticeKinds(t), map[string]bool{}
	for _, r := range []cards.Renderer{
		speaking(access.Pending, nil, access.OfferSent), speaking(access.Approved, &live, access.OfferActive),
		speaking(access.Approved, &over, access.OfferEnded), speaking(access.Lapsed, nil, access.OfferLapsed),
	} {
		check := func(what string, p cards.Post, err error) {
			t.Helper()
			want, got := "en", p.Message.Language.HTML()
			if p.Channel == "C1" || strings.Contains(kinds[what], "to a contact") {
				want, drawn[what] = "de-AT", true
			}
			if err == nil && len(p.Message.Blocks) > 0 && got != want {
				t.Errorf("%s goes to %s%s in %q, want %q: %s", what, p.Channel, p.User, got, want, p.Message.Text)
			}
		}
		for kind := range kinds {
			k := outbox.NoticeKind(kind)
			p, err := r.Notice(t.Context(), outbox.NoticePayload{Notice: k, Request: "R-00001", Review: "V-00001", Customer: contoso, Text: "2026-11-30"})
			check(kind, p, err)
			p, err = r.OfferNotice(t.Context(), outbox.OfferNoticePayload{Notice: k, Offer: "O-00001", Customer: contoso, Text: "Text."})
			check(kind, p, err)
		}
		p, err := r.Card(t.Context(), outbox.CardPayload{Request: "R-00001", Card: outbox.CustomerCard})
		check("card", p, err)
		p, err = r.OfferCard(t.Context(), outbox.OfferCardPayload{Offer: "O-00001", Card: outbox.CustomerCard})
		check("offer card", p, err)
		for card := range 2 {
			p, err = r.ReviewCard(t.Context(), outbox.ReviewCardPayload{Review: "V-00001", Card: card})
			check("review card", p, err)
		}
	}
	for kind, to := range kinds {
		if strings.Contains(to, "customer's channel") && !drawn[kind] {
			t.Errorf("no notice %q to the customer's channel was drawn", kind)
		}
	}
}
