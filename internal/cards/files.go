package cards

import (
	"context"
	"errors"
	"fmt"
	"slices"

	"latchkey/internal/access"
	"latchkey/internal/approvals"
	"latchkey/internal/messages"
	"latchkey/internal/outbox"
	"latchkey/internal/report"
	"latchkey/internal/state"
)

// File is a file and where it belongs.
type File struct {
	Channel     access.ChannelID
	Name, Title string // the name is no other file's
	Alt         string // of a picture: what it shows
	Content     []byte
	// With are shown in the same message, below the words that say what they are.
	With  []File
	Words string
	// Team is the customer's, when the channel is one that only it and we may read.
	Team access.TeamID
	// Digest is of what the files say, where they are told of in the log.
	Digest string
}

// pictured is how many days a summary's picture shows.
const pictured = 7

// File draws a file. Like the cards that it goes with it is for the operators and no
// other, but for a customer's evidence, which goes to its own channel. One without content has nothing to show.
func (r Renderer) File(ctx context.Context, p outbox.FilePayload) (File, error) {
	switch {
	case p.Storm != "":
		return r.stormTable(ctx, p.Storm)
	case p.Review != "":
		return r.reviewTable(ctx, p.Review)
	case p.Evidence.ID != "":
		return r.evidence(ctx, p.Evidence)
	case p.Day.Valid():
		return r.week(ctx, p.Day)
	}
	return File{}, outbox.Permanent(errors.New("a file of nothing"))
}

// week is the picture that goes with a summary. A quiet one, which is one line, has
// none.
func (r Renderer) week(ctx context.Context, day access.Day) (File, error) {
	s, err := r.Approvals.DailySummary(ctx, state.Partner, day, "")
	if err != nil || s.Quiet() {
		return File{}, err
	}
	all, err := r.Approvals.LastDays(ctx, state.Partner, day, pictured)
	if err != nil {
		return File{}, err
	}
	days, something := make([]report.Day, len(all)), false
	for i, d := range all {
		days[i] = report.Day{Name: d.Day.Format("Mon 2"), Asked: d.Asked, Given: d.Given}
		something = something || d.Asked+d.Given > 0
	}
	if !something {
		return File{}, nil
	}
	channel := r.Policy().Operations
	if channel == "" {
		return File{}, nobody()
	}
	picture, err := report.Days(days)
	return File{
		Channel: channel, Name: fmt.Sprintf("latchkey-week-%s.png", day), Content: picture, Alt: report.DaysAlt(days),
		Title: fmt.Sprintf("Requests and access, %s to %s", all[0].Day.Format("Mon 2 Jan"), all[len(all)-1].Day.Format("Mon 2 Jan")),
	}, err
}

// stormTable lists every alert of a storm, whose card names customers only.
func (r Renderer) stormTable(ctx context.Context, id access.StormID) (File, error) {
	e, err := r.stormEntry(ctx, id)
	if err != nil {
		return File{}, err
	}
	channel := r.Policy().AlertChannel(e.Storm.Severity)
	if channel == "" {
		return File{}, nobody()
	}
	rows := make([][]string, len(e.Alerts))
	for i, a := range e.Alerts {
		rows[i] = messages.StormRow(r.customerName(a), a, changeView(a.Newest()))
	}
	slices.SortFunc(rows, slices.Compare)
	table, err := report.Table(messages.StormColumns, rows)
	return File{
		Channel: channel, Name: fmt.Sprintf("latchkey-%s.csv", id), Content: table,
		Title: fmt.Sprintf("All %d changes, seen at %s", len(rows), access.FormatTime(e.Storm.At)),
	}, err
}

func (r Renderer) stormEntry(ctx context.Context, id access.StormID) (approvals.StormEntry, error) {
	e, err := r.Approvals.StormEntry(ctx, id)
	return e, reading(id, err)
}
