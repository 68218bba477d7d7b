package messages

import (
	"time"

	"latchkey/internal/access"
	"latchkey/internal/lang"
)

// A voice says one sentence twice: as it is shown, and as it is read aloud.
type voice struct {
	lang.Tag
	aloud bool
}

// who names a person; shown, Slack tells them.
func (w voice) who(p access.Person) string {
	if w.aloud {
		return called(p)
	}
	return mention(p)
}

// at is a moment; shown, it is in the reader's own time zone.
func (w voice) at(t time.Time) string {
	if w.aloud {
		return w.Time(t)
	}
	return w.SlackTime(t)
}

// day is a date.
func (w voice) day(t time.Time) string {
	if w.aloud {
		return w.Date(t)
	}
	return w.SlackDate(t)
}

// strong is a name that stands out.
func (w voice) strong(s string) string {
	if w.aloud {
		return s
	}
	return "*" + s + "*"
}
