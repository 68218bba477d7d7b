package messages_test

import (
	"cmp"
	"strings"
	"testing"

	"latchkey/internal/access"
	"latchkey/internal/messages"
)

func TestEvidence(t *testing.T) {
	t.Parallel()
	v := messages.EvidenceView{
		Language: "fr", Customer: "Contoso <!here> *x*", Tenant: "1b7a3f52-0c4e-4d0a-9a51-7f6c2e8d4b10", Period: "2026-10", ID: "E-7K3M2", By: ana,
		Digest: strings.Repeat("0a", 32), Accesses: 12, Glass: 1, Refused: 3,
	}
	golden(t, "evidence-asked", messages.EvidenceAsked(v))
	golden(t, "evidence-reply", messages.EvidenceReply(v))
	for _, why := range []access.Code{access.Invalid, access.Unavailable, access.NotFound, ""} {
		golden(t, "evidence-failed-"+cmp.Or(string(why), "unknown"), messages.EvidenceFailed(v, why))
	}
	options := []messages.Option{{Value: "2026-10", Text: "October 2026"}, {Value: "2026", Text: "2026, until now"}}
	goldenModal(t, "evidence-modal", messages.EvidenceModal(v, options))
	v.Language = "en"
	got := messages.EvidenceShown(v)
	if !strings.HasSuffix(got, ", 2026-10 (E-7K3M2). Times of access: 12; taken by break-glass: 1; refused, or without access: 3. Digest of the content: "+v.Digest) || strings.ContainsAny(got, "<>*") {
		t.Errorf("the words above the files are %q", got)
	}
}
