package sandbox

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"strings"
	"time"

	"latchkey/internal/access"
	"latchkey/internal/app"
	"latchkey/internal/roles"
	"latchkey/internal/sandbox/page"
)

// SetUp has the bot's admin link the people, by typing commands into Slack as
// anybody would, and returns when the bot has confirmed each and has read the
// relationships. The bot must be up. In a world that was taken up again the
// people are linked already.
func (w *World) SetUp(ctx context.Context) error {
	if w.restored {
		return w.mirrored(ctx)
	}
	for _, s := range setUp {
		if err := w.types(ctx, s.channel, s.command); err != nil {
			return fmt.Errorf("set up: %s: %w", s.command, err)
		}
	}
	confirmed := func() bool {
		n := 0
		for _, c := range w.Slack.ChannelsOf(Dee) {
			for _, m := range w.Slack.Messages(Dee, c.ID) {
				if c.DM && (strings.Contains(m.Text, "is now linked to") || strings.Contains(m.Text, "is now linked as a contact")) {
					n++
				}
			}
		}
		return n >= len(setUp)
	}
	if err := w.Until(ctx, confirmed); err != nil {
		return fmt.Errorf("set up: the bot has not confirmed every link: %w", err)
	}
	for _, v := range verifies {
		if err := w.Verify(ctx, v.user, v.channel, v.as); err != nil {
			return fmt.Errorf("set up: %s: %w", v.as, err)
		}
	}
	return w.mirrored(ctx)
}

// types has the bot's admin type a command, and again where the bot says that the store
// was too slow to record it.
func (w *World) types(ctx context.Context, channel, command string) error {
	for {
		d, err := w.Slack.Slash(ctx, Dee, channel, "/access", command)
		if err = errors.Join(err, d.Err, ctx.Err()); err != nil || !strings.Contains(string(d.Response), "recorded") {
			return err
		}
	}
}

// Verify has a contact press the button by which they are verified, in the channel that
// was told of their link, and sign in.
func (w *World) Verify(ctx context.Context, user, channel, as string) error {
	before := VerifyLink.FindString(w.modal(user))
	var at string
	if err := w.Until(ctx, func() bool {
		for _, m := range w.Slack.Messages(user, channel) {
			if strings.Contains(string(m.Blocks), `"contact.verify"`) {
				at = m.TS
			}
		}
		return at != ""
	}); err != nil {
		return fmt.Errorf("no button to be verified: %w", err)
	}
	d, err := w.Slack.Click(ctx, user, channel, at, "contact.verify")
	if err = errors.Join(err, d.Err); err != nil {
		return err
	}
	var link string
	if err := w.Until(ctx, func() bool {
		link = VerifyLink.FindString(w.modal(user))
		return link != "" && link != before
	}); err != nil {
		return fmt.Errorf("no link to be verified by: %w", err)
	}
	if v, ok := w.Slack.View(user); ok {
		if err := w.Slack.CloseView(ctx, user, v.ID); err != nil {
			return err
		}
	}
	b, err := NewBrowser()
	if err != nil {
		return err
	}
	if err := b.Open(ctx, link); err != nil {
		return err
	}
	if err := b.Press(ctx, strings.TrimPrefix(link, w.front), nil); err != nil {
		return err
	}
	if err := b.SignIn(ctx, as); err != nil {
		return err
	}
	if b.Status != http.StatusOK {
		return fmt.Errorf("the page answered %d: %s", b.Status, b.Text)
	}
	return nil
}

func (w *World) modal(user string) string {
	v, _ := w.Slack.View(user)
	return string(v.Raw)
}

// mirrored returns when `/access list` knows the relationships from a whole read: until
// one is over nothing can be asked for.
func (w *World) mirrored(ctx context.Context) error {
	for {
		d, err := w.Slack.Slash(ctx, Dee, ChannelOperations, "/access", "list contoso")
		if err != nil {
			return err
		}
		if said := string(d.Response); strings.Contains(said, "Fabrikam_Contoso_2026") && strings.Contains(said, "Read from Microsoft Graph") {
			return nil
		}
		select {
		case <-time.After(100 * time.Millisecond):
		case <-ctx.Done():
			return fmt.Errorf("set up: the relationships were not read: %w", ctx.Err())
		}
	}
}

// Until returns when the condition holds. It looks again whenever something in
// Slack or in the tenant has changed.
func (w *World) Until(ctx context.Context, holds func() bool) error {
	for {
		slack, graph := w.Slack.Version(), w.Graph.Version()
		if holds() {
			return nil
		}
		either, cancel := context.WithTimeout(ctx, 2*time.Second)
		go func() {
			defer cancel()
			w.Graph.Wait(either, graph) //nolint:errcheck // either one ends the wait
		}()
		w.Slack.Wait(either, slack) //nolint:errcheck // either one ends the wait
		cancel()
		if ctx.Err() != nil {
			return ctx.Err()
		}
	}
}

// Page is the web page on which one person plays everybody. Of a bot in another
// process, for which bot is nil, the audit log and what is due are not shown.
func (w *World) Page(bot *app.App) http.Handler {
	o := page.Options{
		Slack: w.Slack, Graph: w.Graph, Clock: w.Clock, People: personas, Suggestions: suggestions,
		RoleName:    func(id string) string { return roles.Name(access.RoleID(id)) },
		AdminCenter: w.adminCenter, Works: works,
		Faults: &faults{slack: w.Slack, graph: w.Graph},
		Tour:   &page.Tour{Requester: Ana, Approver: Carol, Channel: ChannelContoso, Command: suggestions[1]},
	}
	if bot != nil {
		o.Audit = func(ctx context.Context) ([]page.AuditLine, error) { return w.lines(ctx, bot.Tail) }
		o.NextDue = func(ctx context.Context) (time.Time, string, bool) { return nextDue(ctx, bot) }
	}
	return page.New(o)
}

// nextDue says what time alone will do next.
func nextDue(ctx context.Context, bot *app.App) (at time.Time, what string, ok bool) {
	due, ok, err := bot.NextDue(ctx)
	if err != nil || !ok {
		return time.Time{}, "", false
	}
	switch due.Kind {
	case "summary":
		return due.At, "daily summary", true
	case "review":
		return due.At, due.ID() + " reminds or ends", true
	case "reviewplan":
		return due.At, "access review begins", true
	}
	return due.At, due.ID() + map[string]string{"lapse": " lapses", "expire": " ends", "offer": " lapses"}[string(due.Kind)], true
}

// works says who of the partner's people somebody is.
func works(user string) string {
	return map[string]string{Ana: principalAna, Bo: principalBo, Dee: principalDee}[user]
}

// adminCenter is where a customer's people decide about their partners.
func (w *World) adminCenter(user string) string {
	if user == Carol || user == Oskar || user == Amir {
		return w.browser + "/admin"
	}
	return ""
}

func (w *World) lines(ctx context.Context, tail func(context.Context, int) ([]access.Event, error)) ([]page.AuditLine, error) {
	events, err := tail(ctx, 40)
	if err != nil {
		return nil, err
	}
	names := map[string]string{}
	for _, u := range w.Slack.Users() {
		names[u.ID] = u.RealName
	}
	out := make([]page.AuditLine, len(events))
	for i, e := range events {
		who := names[string(e.Actor.User)]
		if who == "" {
			who = "the bot"
		}
		what := string(e.Request)
		for _, k := range []string{"act", "code", "reason", "state", "until"} {
			if v := e.Detail[k]; v != "" {
				what += " " + v
			}
		}
		out[i] = page.AuditLine{At: e.At, Kind: string(e.Kind), Who: who, What: strings.TrimSpace(what)}
	}
	return out, nil
}
