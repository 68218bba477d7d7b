package messages

import (
	"strings"
	"time"

	"latchkey/internal/lang"
)

// CheckpointView is a signed checkpoint of the audit log, as a customer is told of it.
type CheckpointView struct {
	Language lang.Tag
	Customer string
	Events   int // of this customer
	At       time.Time
	Note     string // the checkpoint, as it is signed
}

// Checkpoint tells a customer's channel what was signed, so that it stands where the
// partner cannot change it.
func Checkpoint(v CheckpointView) Message {
	in := tongue{v.Language}
	p := &page{in: in}
	p.tell(in.saying("%d events about *%s* are written down and signed, up to %s.", v.Events, name(v.Customer), v.At).after("🔏"))
	p.section("```\n" + entities.Replace(strings.ReplaceAll(cut(strings.TrimSpace(v.Note), maxNote), "`", "ˋ")) + "\n```")
	p.mutter(in.saying("Leave these lines here, or keep them: if anything of it were changed or left out later, they would show it. With a report of your access comes the proof, which you check yourself."))
	return p.message()
}

// maxNote is more than a checkpoint has.
const maxNote = 1500
