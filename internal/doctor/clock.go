package doctor

import (
	"context"
	"net/http"
	"time"
)

// By more than this the clock is off: signatures of Slack are refused after five minutes,
// and proofs of a certificate sooner.
const (
	skewWarns = 30 * time.Second
	skewFails = 2 * time.Minute
)

// clock compares this machine's clock with those of Slack and Microsoft, which name the
// time with every answer, refusals among them.
func clock(ctx context.Context, f *facts) []Finding {
	var out []Finding
	for _, of := range []struct {
		name, url string
		client    *http.Client
	}{
		{"Slack", f.SlackURL + "api.test", f.Slack},
		{"Microsoft", f.GraphURL + "/organization", f.Microsoft},
	} {
		out = append(out, f.skew(ctx, of.name, of.url, of.client))
	}
	return out
}

func (f *facts) skew(ctx context.Context, name, url string, client *http.Client) Finding {
	const set = "Have the machine set its clock by itself: timedatectl set-ntp true."
	r, err := http.NewRequestWithContext(ctx, http.MethodGet, url, nil)
	if err != nil {
		return notKnown(set, "The time of %s cannot be asked for.", name)
	}
	a, err := send(client, r)
	if err != nil {
		return reach(name, err)
	}
	theirs, err := http.ParseTime(a.header.Get("Date"))
	if err != nil {
		return notKnown(set, "%s does not say what time it is.", name)
	}
	off := f.Now().Sub(theirs).Round(time.Second)
	if off < 0 {
		off = -off
	}
	switch {
	case off > skewFails:
		return fail(set, "This machine's clock differs from that of %s by %s. Slack's deliveries are refused, and sign-ins to Microsoft fail.", name, off)
	case off > skewWarns:
		return warn(set, "This machine's clock differs from that of %s by %s.", name, off)
	}
	return good("This machine's clock agrees with that of %s.", name)
}
