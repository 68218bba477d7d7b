package commands

import (
	"context"
	"errors"
	"fmt"
	"runtime/debug"
	"slices"
	"strings"

	"github.com/agnivade/levenshtein"

	"latchkey/internal/access"
	"latchkey/internal/approvals"
	"latchkey/internal/lang"
	"latchkey/internal/messages"
)

// Router finds what was meant and answers. It is safe for concurrent use.
type Router struct{ env Env }

// New returns a router to the registered commands.
func New(env Env) *Router { return &Router{env} }

// Slash answers a command. Slack lets only members of the installing workspace
// run one, so a person of another workspace is refused.
func (r *Router) Slash(ctx context.Context, inv Invocation) Reply {
	verb, rest := firstWord(inv.Text)
	if verb == "" {
		verb = "help"
	}
	reply, err := r.guard(ctx, "command", verb, inv, func() (Reply, error) {
		if inv.External {
			return Reply{}, r.env.refuseAnyone(ctx, inv, "command", "Commands are for the partner's own staff. Use the buttons of the cards in this channel.")
		}
		c, ok := commandsByName[verb]
		if !ok {
			return Reply{}, unknownVerb(verb)
		}
		inv.Text = rest
		return c.Run(ctx, r.env, inv)
	})
	if err != nil {
		return r.told(inv, err)
	}
	return reply
}

// Click answers a button.
func (r *Router) Click(ctx context.Context, inv Invocation) Reply {
	reply, err := r.guard(ctx, "button", inv.Action, inv, func() (Reply, error) {
		a, ok := actionsByID[inv.Action]
		if !ok {
			return Reply{}, r.env.refuseAnyone(ctx, inv, "unknown button", "This button is not known. Run `/access mine` or look for a newer card.")
		}
		return a.Run(ctx, r.env, inv)
	})
	if err != nil {
		return r.told(inv, err)
	}
	return reply
}

// Submit answers a modal. A refusal keeps it open, so that nothing that was
// typed is lost.
func (r *Router) Submit(ctx context.Context, inv Invocation) Reply {
	var v View
	reply, err := r.guard(ctx, "modal", inv.Callback, inv, func() (Reply, error) {
		var ok bool
		if v, ok = viewsByID[inv.Callback]; !ok {
			return Reply{}, r.env.refuseAnyone(ctx, inv, "unknown modal", "This form is not known any more. Close it and begin again.")
		}
		return v.Run(ctx, r.env, inv)
	})
	switch {
	case err == nil:
		return reply
	case len(v.Blocks) == 0:
		return open(messages.Note(messages.RefusalIn(r.env.language(inv), r.sentence(inv, err))))
	}
	block := v.Blocks[0]
	if e, ok := errors.AsType[*access.Error](err); ok && slices.Contains(v.Blocks, e.Field) {
		block = e.Field
	}
	return Reply{Errors: map[string]string{block: messages.Plain(r.sentence(inv, err))}}
}

// Options answers an option list. What goes wrong makes it empty: there is no
// place to say so.
func (r *Router) Options(ctx context.Context, inv Invocation) []messages.Option {
	var out []messages.Option
	_, err := r.guard(ctx, "options", inv.Action, inv, func() (_ Reply, err error) {
		o, ok := optionsByID[inv.Action]
		if !ok || inv.External {
			return Reply{}, r.env.refuseAnyone(ctx, inv, "options", "This list is not for you.")
		}
		out, err = o.Run(ctx, r.env, inv)
		return Reply{}, err
	})
	if err != nil {
		return nil
	}
	return out[:min(len(out), 100)]
}

// guard runs fn, logs how it ended and makes a panic an error, with a reference
// where the cause is for the log alone.
func (r *Router) guard(ctx context.Context, what, name string, inv Invocation, fn func() (Reply, error)) (reply Reply, err error) {
	log := r.env.Log.With("kind", what, "name", shortName(name), "user", inv.Origin.Actor.User, "team", inv.Origin.Actor.Team)
	defer func() {
		if p := recover(); p != nil {
			reply, err = Reply{}, fmt.Errorf("panic: %v\n%s", p, debug.Stack())
		}
		switch code := access.CodeOf(err); {
		case err == nil:
			log.InfoContext(ctx, "command done")
		case code != "":
			log.InfoContext(ctx, "command refused", "code", code)
		default:
			log.ErrorContext(ctx, "command failed", "err", err)
			err = &failure{r.env.Ref(ctx)}
		}
	}()
	return fn()
}

// failure is what a person may know of an internal error.
type failure struct{ ref string }

func (f *failure) Error() string { return f.in(lang.English) }

func (f *failure) in(language lang.Tag) string {
	return language.Say("Something went wrong (ref %s). It may or may not have been recorded: look at the card or at `/access mine` before you try again, and give the reference to a bot admin.", f.ref)
}

// told answers a person privately: staff by a message that only they see, and
// others, to whom that is not sure to arrive, by a modal.
func (r *Router) told(inv Invocation, err error) Reply {
	m := messages.RefusalIn(r.env.language(inv), r.sentence(inv, err))
	if choice, ok := errors.AsType[*choiceError](err); ok {
		m = choice.message()
	}
	if inv.External {
		return open(messages.Note(m))
	}
	return say(m)
}

// language is the one that the person reads: English, but for people of customers.
func (e Env) language(inv Invocation) lang.Tag {
	if !inv.External {
		return lang.English
	}
	return e.Policy().Language(inv.Origin.Channel, inv.Origin.Actor.Team)
}

// sentence is what the person is told of an error.
func (r *Router) sentence(inv Invocation, err error) string {
	if many, ok := errors.AsType[*approvals.AmbiguousError](err); ok {
		return ambiguous(many)
	}
	if e, ok := errors.AsType[*access.Error](err); ok {
		return r.env.language(inv).Error(e)
	}
	if f, ok := errors.AsType[*failure](err); ok {
		return f.in(r.env.language(inv))
	}
	return err.Error() // guard lets nothing else through
}

// refuse audits a refusal that no use case made.
func (e Env) refuse(ctx context.Context, inv Invocation, what, sentence string) error {
	return e.Approvals.Refuse(ctx, inv.Origin, what, access.Refuse(access.Forbidden, "%s", sentence))
}

// refuseAnyone is refuse with a sentence that people of customers may be told.
func (e Env) refuseAnyone(ctx context.Context, inv Invocation, what, sentence string) error {
	return e.Approvals.Refuse(ctx, inv.Origin, what, access.RefuseAnyone(access.Forbidden, sentence))
}

func unknownVerb(verb string) error {
	like := func(name string) bool { return levenshtein.ComputeDistance(verb, name) <= 1+len(name)/5 }
	const meant = "There is no command “%s”. Did you mean `/access %s`? `/access help` lists all."
	for _, c := range Commands() {
		if like(c.Name) {
			return access.Refuse(access.Invalid, meant, short(verb), c.Usage)
		}
	}
	if like(alertsTopic) {
		return access.Refuse(access.Invalid, meant, short(verb), "help "+alertsTopic)
	}
	return access.Refuse(access.Invalid, "There is no command “%s”. `/access help` lists all.", short(verb))
}

// firstWord takes the first word off, in lower case.
func firstWord(text string) (word, rest string) {
	text = strings.TrimSpace(clean(text))
	word, rest, _ = strings.Cut(text, " ")
	return strings.ToLower(unmark(word)), strings.TrimSpace(rest)
}

// shortName keeps what people type out of the log, but for names of ours.
func shortName(name string) string {
	known := commandsByName[name].Name != "" || actionsByID[name].ID != "" || viewsByID[name].ID != "" || optionsByID[name].ID != ""
	if !known {
		return "unknown"
	}
	return name
}
