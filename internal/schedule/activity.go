package schedule

import (
	"context"
	"errors"
	"log/slog"
	"reflect"
	"slices"
	"time"

	"latchkey/internal/access"
	"latchkey/internal/state"
)

// Activity reads what people of the partner did from the logs of customers' own tenants,
// for the customers that let the bot read them: each once in an hour, one after another, and
// of each only what is new. How far it got is kept with what it read, page by page, so that
// a crash loses no entry and tells none twice.
type Activity struct {
	Store state.Store
	// Open begins to read a tenant's logs.
	Open func(context.Context, access.TenantID) (TenantLogs, error)
	// Take takes what was read, and how far it is: approvals.Service.TakeActivity.
	Take func(context.Context, access.TenantID, []access.Act, access.ActivityCursor) (access.ActivityCursor, error)
	// RetryAfter is how long an error asks to wait; zero when it does not.
	RetryAfter func(error) time.Duration
	// Customers are read first; those that Graph names follow.
	Customers func() []access.TenantID
	Now       func() time.Time
	Pause     time.Duration // between two customers
	Log       *slog.Logger

	tried tries
}

// TenantLogs are the logs of one tenant.
type TenantLogs interface {
	// Page reads a page of a log: the newest entries from a moment on and, unless that is
	// zero, up to another; or, with a link that a page named before, the page after that one.
	// It tells when the oldest entry was, of whoever, and "" for the link where the log ends.
	Page(ctx context.Context, log access.ActLog, from, to time.Time, link string) (acts []access.Act, oldest time.Time, next string, err error)
}

// Errors of [TenantLogs] and of opening them, with [ErrNotLetIn].
var (
	ErrNoLicence = errors.New("no licence for this log")
	ErrRefused   = errors.New("the tenant refuses")
	ErrPageGone  = errors.New("the page is gone")
)

const (
	// activityEvery is how often a tenant is looked at, also one that has not consented: a
	// consent needs nobody's word to be noticed.
	activityEvery = time.Hour
	// activityRetry is when a tenant is tried again that could not be read.
	activityRetry = 10 * time.Minute
	// arrival is how much later than it happened an entry may come into a log. Source:
	// Microsoft Entra, "Learn about the activity log latencies": most within minutes, with no
	// promise of when the last.
	arrival = 2 * time.Hour
	// Microsoft keeps logs for 30 days where the tenant has a licence for Entra ID P1 or P2,
	// and for 7 where it has none. Source: Microsoft Entra data retention.
	keptLogs, keptWithout = 30 * 24 * time.Hour, 7 * 24 * time.Hour
	// visitPages is how many pages of a log are read before another tenant's turn.
	visitPages = 10
)

// Run reads until ctx ends. The bell tells that somebody may wait, or that the clock has
// jumped.
func (a *Activity) Run(ctx context.Context, bell <-chan struct{}) {
	r := &rounds{
		store: a.Store, customers: a.Customers, everyone: true, now: a.Now, pause: a.Pause, longest: activityEvery, tried: &a.tried,
		due: a.due, read: a.One,
		retryAfter: func(error) time.Duration { return 0 }, // each tenant has a budget of its own
		failed: func(ctx context.Context, tenant access.TenantID, err error) {
			a.Log.WarnContext(ctx, "the logs of a customer's tenant not read", "customer", tenant, "err", err)
		},
	}
	r.run(ctx, bell)
}

func (a *Activity) due(tx state.Tx, c access.TenantID) (at time.Time, failed bool, err error) {
	known, err := state.ActivityCursor(tx, c)
	return known.NextAt, err != nil, err
}

// One reads what is new in the logs of one tenant, or as much of it as fits into one visit,
// and has it taken page by page. That the customer does not let the bot read, or that the
// tenant has no licence, is no failure.
func (a *Activity) One(ctx context.Context, tenant access.TenantID) error {
	a.tried.note(tenant, a.Now())
	v := &visit{Activity: a, now: a.Now().UTC().Truncate(time.Second)}
	err := a.Store.View(ctx, func(tx state.Tx) (err error) {
		v.c, err = state.ActivityCursor(tx, tenant)
		return err
	})
	if err != nil {
		return err
	}
	logs, err := a.Open(ctx, tenant)
	if err == nil {
		err = v.read(ctx, logs)
	}
	if ctx.Err() != nil || errors.Is(err, errOvertaken) { // what was taken is kept with how far it is
		return ctx.Err()
	}
	return v.close(ctx, err)
}

// errOvertaken means that somebody else reads the same tenant, who goes on.
var errOvertaken = errors.New("somebody else reads on")

// visit is the reading of one tenant. Its cursor is never ahead of what was taken.
type visit struct {
	*Activity
	c    access.ActivityCursor
	now  time.Time
	some bool // something was read
}

// read reads both logs. The sign-ins come first: whether they may be read tells for how
// long the tenant's logs are kept.
func (v *visit) read(ctx context.Context, logs TenantLogs) error {
	for _, log := range []access.ActLog{access.ActSignIn, access.ActAudit} {
		err := v.log(ctx, logs, log)
		switch {
		case err == nil:
			v.some = true
		case errors.Is(err, ErrNoLicence):
			v.stop(log, access.ActivityNoLicence)
		case errors.Is(err, ErrRefused):
			v.stop(log, access.ActivityRefused)
		default:
			return err
		}
	}
	return nil
}

// stop notes that a log cannot be read (any more). How far it is stays, so that it is gone
// on with from there.
func (v *visit) stop(log access.ActLog, why access.ActivityState) {
	c := v.c.Log(log)
	c.State = why
	v.c = v.c.With(log, c)
}

// log reads one log to its end, or as far as the visit goes.
func (v *visit) log(ctx context.Context, logs TenantLogs, log access.ActLog) error {
	if c := v.c.Log(log); c.Through.IsZero() {
		v.c = v.c.With(log, v.begin(c))
	}
	pass := passOf(v.c.Log(log))
	for range visitPages {
		c := v.c.Log(log)
		acts, oldest, next, err := logs.Page(ctx, log, c.Until, c.Down, c.Page)
		if errors.Is(err, ErrPageGone) { // what is newer than Down is taken
			c.Page = ""
			v.c = v.c.With(log, c)
			continue
		}
		if err != nil {
			return err
		}
		after := v.c.With(log, pass.note(c, acts, oldest, next))
		if len(acts) > 0 || next != "" {
			if after, err = v.take(ctx, acts, after); err != nil {
				return err
			}
		}
		if v.c = after; v.c.Log(log).Through.IsZero() {
			return nil
		}
	}
	return nil
}

// take has acts be taken, and how far the log is with them.
func (v *visit) take(ctx context.Context, acts []access.Act, c access.ActivityCursor) (access.ActivityCursor, error) {
	out, err := v.Take(ctx, v.c.Tenant, acts, c)
	if err != nil {
		return c, err
	}
	if c.Rev++; !reflect.DeepEqual(out, c) {
		return out, errOvertaken
	}
	return out, nil
}

// begin begins a pass over a log, from where the one before ended or, where Microsoft does
// not keep it for so long, from where there still is anything.
func (v *visit) begin(c access.LogCursor) access.LogCursor {
	kept := keptLogs
	if v.c.SignIns.State == access.ActivityNoLicence {
		kept = keptWithout
	}
	if oldest := v.now.Add(-kept); c.Until.Before(oldest) {
		c.Since, c.Until, c.Seen = oldest, oldest, nil
	}
	c.Page, c.Down, c.Through = "", time.Time{}, v.now
	return c
}

// pass is the reading of a log from its newest entry on to where the one before ended.
type pass struct {
	border time.Time // from which on entries are met again by the next
	whole  bool      // it began in this visit, so that all that it met is known
	met    []string  // ids from the border on
}

func passOf(c access.LogCursor) *pass {
	return &pass{border: c.Through.Add(-arrival), whole: c.Page == "" && c.Down.IsZero()}
}

// note is how far the log is read after a page.
func (p *pass) note(c access.LogCursor, acts []access.Act, oldest time.Time, next string) access.LogCursor {
	c.State, c.Page = access.ActivityRead, next
	if !oldest.IsZero() && (c.Down.IsZero() || oldest.Before(c.Down)) {
		c.Down = oldest
	}
	c.Seen = slices.Clone(c.Seen)
	for _, a := range acts {
		again := !a.At.Before(p.border)
		if again {
			p.met = append(p.met, a.ID)
		}
		if (again || a.At.Equal(c.Down)) && !slices.Contains(c.Seen, a.ID) {
			c.Seen = append(c.Seen, a.ID)
		}
	}
	if next != "" {
		return c
	}
	if c.Until.Before(p.border) {
		c.Until = p.border
	}
	if p.whole {
		c.Seen = p.met
	}
	c.Down, c.Through = time.Time{}, time.Time{}
	return c
}

// underway reports whether there is more to read of a log that can be read.
func underway(c access.LogCursor) bool {
	return c.State == access.ActivityRead && !c.Through.IsZero()
}

// close notes how the visit ended, and when the next is due: at once where it did not come
// to an end.
func (v *visit) close(ctx context.Context, failure error) error {
	v.c.TriedAt, v.c.NextAt, v.c.Problem = v.now, v.now.Add(activityEvery), ""
	switch {
	case errors.Is(failure, ErrNotLetIn):
		v.stop(access.ActSignIn, access.ActivityNotAllowed)
		v.stop(access.ActAudit, access.ActivityNotAllowed)
		failure = nil
	case failure != nil:
		v.c.Problem = "Microsoft did not give the logs of the tenant at the last try. The bot tries again."
		v.c.NextAt = v.now.Add(max(activityRetry, v.RetryAfter(failure)))
	case v.c.SignIns.State == access.ActivityRefused || v.c.Audits.State == access.ActivityRefused:
		v.c.Problem = "Microsoft lets the bot into the tenant and does not let it read there: the consent may lack AuditLog.Read.All, or a policy of the tenant keeps the bot out."
	}
	if v.some && failure == nil {
		v.c.ReadAt = v.now
	}
	if failure == nil && (underway(v.c.SignIns) || underway(v.c.Audits)) {
		v.c.NextAt = v.now
	}
	_, err := v.Take(ctx, v.c.Tenant, nil, v.c)
	return errors.Join(failure, err)
}
