package main

import (
	"context"
	"errors"
	"flag"
	"fmt"
	"io"
	"net/http"
	"net/url"
	"slices"
	"time"

	"latchkey/internal/app"
	"latchkey/internal/partnercenter"
)

// hookClient is what registering needs of Partner Center.
type hookClient interface {
	Registration(context.Context) (partnercenter.Registration, bool, error)
	Events(context.Context) ([]string, error)
	Register(ctx context.Context, r partnercenter.Registration, replace bool) error
	Validate(context.Context) (id string, err error)
	Validation(ctx context.Context, id string) (partnercenter.Validation, error)
}

// partnerCenterCmd has Partner Center notify the bot: "partnercenter register".
func partnerCenterCmd(ctx context.Context, in invocation) error {
	if len(in.args) == 0 || in.args[0] != "register" {
		return errUsage{"say what to do"}
	}
	flags := flag.NewFlagSet("partnercenter register", flag.ContinueOnError)
	flags.SetOutput(io.Discard)
	check, replace, world := flags.Bool("check", false, ""), flags.Bool("replace", false, ""), flags.String("world", "", "")
	file := flags.String("settings", "", "")
	if err := flags.Parse(in.args[1:]); err != nil || flags.NArg() > 0 || *check && *replace {
		return errUsage{"the arguments are not understood"}
	}
	o, err := options(ctx, *world, *file, in)
	if err != nil {
		return err
	}
	client, address, err := app.PartnerCenter(o)
	if err != nil {
		return err
	}
	h := hook{hookClient: client, address: address, out: in.stdout, pause: validationPause}
	switch err := h.register(ctx, *check, *replace); partnercenter.StatusOf(err) {
	case http.StatusUnauthorized, http.StatusForbidden:
		return fmt.Errorf("this application is not let in to Partner Center: register it there (account settings, app management); indirect resellers have no access at all: %w", err)
	case http.StatusTooManyRequests:
		return fmt.Errorf("asked too often; try again in a minute: %w", err)
	default:
		return err
	}
}

const (
	validationPause = 2 * time.Second
	validationLooks = 20
)

// hook is the registration of one address.
type hook struct {
	hookClient
	address string
	out     io.Writer
	pause   time.Duration
}

func (h hook) say(format string, args ...any) { fmt.Fprintf(h.out, format+"\n", args...) }

// register has notifications come to the address, and sees whether one arrives.
// What is registered already is left alone unless it is to be replaced: a partner has
// one address, and another tool may live by it.
func (h hook) register(ctx context.Context, check, replace bool) error {
	now, known, err := h.Registration(ctx)
	if err != nil {
		return fmt.Errorf("read what is registered: %w", err)
	}
	events, err := h.Events(ctx)
	if err != nil {
		return fmt.Errorf("read which events there are: %w", err)
	}
	slices.Sort(events)
	missing := slices.DeleteFunc(slices.Clone(events), func(e string) bool { return slices.Contains(now.Events, e) })
	switch {
	case !known:
		h.say("Partner Center notifies nobody yet.")
	case now.URL == h.address && len(missing) == 0:
		h.say("Partner Center notifies this bot already: %d events at %s.", len(now.Events), h.address)
	case now.URL == h.address:
		h.say("Partner Center notifies this bot, but not of %d events: %v.", len(missing), missing)
	default:
		h.say("Partner Center notifies somebody else: %s.", place(now.URL))
	}
	if check {
		return nil
	}
	if known && now.URL != h.address && !replace {
		return errors.New("a partner has one address for notifications, and it is another tool's. If that tool can do without, run this again with -replace; if not, leave it: this bot then finds changes by polling")
	}
	if !known || now.URL != h.address || len(missing) > 0 {
		if err := h.Register(ctx, partnercenter.Registration{URL: h.address, Events: events}, known); err != nil {
			return fmt.Errorf("register: %w", err)
		}
		h.say("Registered %s for %d events.", h.address, len(events))
	}
	return h.validate(ctx)
}

// validate has a test notification sent, and waits until it has arrived.
func (h hook) validate(ctx context.Context) error {
	id, err := h.Validate(ctx)
	if err != nil {
		return fmt.Errorf("ask for a test notification: %w", err)
	}
	h.say("A test notification is on its way. The bot must be running and be reached at that address.")
	var v partnercenter.Validation
	for range validationLooks {
		if v, err = h.Validation(ctx, id); err != nil {
			return fmt.Errorf("ask for the test notification: %w", err)
		}
		switch v.Status {
		case "completed":
			h.say("It arrived. From now on changes are seen within a minute.")
			return nil
		case "failed":
			return fmt.Errorf("the test notification was not taken (%s): see whether the bot runs and its address is reached from the internet", answers(v))
		}
		select {
		case <-time.After(h.pause):
		case <-ctx.Done():
			return ctx.Err()
		}
	}
	return fmt.Errorf("the test notification has not arrived yet (%s); see whether the address is reached from the internet, and run this again in a minute", answers(v))
}

func answers(v partnercenter.Validation) string {
	if len(v.Results) == 0 {
		return "no answer"
	}
	return "answer " + string(v.Results[len(v.Results)-1].ResponseCode)
}

// place is an address without what may be secret in it.
func place(address string) string {
	u, err := url.Parse(address)
	if err != nil || u.Host == "" {
		return "an address that cannot be read"
	}
	return u.Scheme + "://" + u.Host + u.Path
}
