package sandbox

import (
	"context"
	"errors"
	"fmt"
	"html"
	"io"
	"net/http"
	"net/http/cookiejar"
	"net/url"
	"regexp"
	"strings"
)

// Browser is somebody's browser: it keeps cookies, follows the pages of the bot and
// signs in on those of the stand-in Microsoft.
type Browser struct {
	http.Client
	// At, Status and Text are where it is, and what it shows there.
	At     string
	Status int
	Text   string
	// Form is the last one that was sent, and where to; nil when none was.
	Form url.Values
	to   string
}

// Path is the path of the page where it is.
func (b *Browser) Path() string {
	u, err := url.Parse(b.At)
	if err != nil {
		return b.At
	}
	return u.Path
}

// Again sends the last form once more, filled in anew.
func (b *Browser) Again(ctx context.Context, fields url.Values) error {
	filled := url.Values{}
	for name := range b.Form {
		filled.Set(name, b.Form.Get(name))
	}
	for name := range fields {
		filled.Set(name, fields.Get(name))
	}
	return b.Post(ctx, b.to, filled)
}

// NewBrowser opens one.
func NewBrowser() (*Browser, error) {
	jar, err := cookiejar.New(nil)
	if err != nil {
		return nil, err
	}
	return &Browser{Client: http.Client{Jar: jar}}, nil
}

var (
	formOf    = regexp.MustCompile(`(?s)<form[^>]* action="([^"]+)"[^>]*>(.*?)</form>`)
	input     = regexp.MustCompile(`<input [^>]*>`)
	attribute = regexp.MustCompile(`([a-z-]+)="([^"]*)"`)
	onwards   = regexp.MustCompile(`class="go" href="([^"]+)"`)
	// VerifyLink is what the link looks like by which a contact is verified.
	VerifyLink = regexp.MustCompile(`http://127\.0\.0\.1:\d+/contacts/[0-9a-f]{32}`)
)

// Open goes to an address.
func (b *Browser) Open(ctx context.Context, address string) error {
	r, err := http.NewRequestWithContext(ctx, http.MethodGet, address, nil)
	if err != nil {
		return err
	}
	return b.Send(r)
}

// Press sends the first form of the page whose action ends so, with its hidden fields and
// what was filled in; of those that are for a row, the one whose row was filled in.
func (b *Browser) Press(ctx context.Context, action string, fields url.Values) error {
	for _, m := range formOf.FindAllStringSubmatch(b.Text, -1) {
		if !strings.HasSuffix(html.UnescapeString(m[1]), action) {
			continue
		}
		filled := inputs(m[2])
		if row := fields.Get("row"); row != "" && row != filled.Get("row") {
			continue
		}
		for name, values := range fields {
			filled[name] = values
		}
		at, err := url.Parse(b.At)
		if err != nil {
			return err
		}
		to, err := at.Parse(html.UnescapeString(m[1]))
		if err != nil {
			return err
		}
		b.Form, b.to = filled, to.String()
		return b.Post(ctx, to.String(), filled)
	}
	return fmt.Errorf("no form %q on the page %s (%d)", action, b.At, len(b.Text))
}

// inputs are what a form sends of itself: what is written in its fields, and the boxes that
// are ticked.
func inputs(form string) url.Values {
	filled := url.Values{}
	for _, tag := range input.FindAllString(form, -1) {
		has := map[string]string{}
		for _, a := range attribute.FindAllStringSubmatch(tag, -1) {
			has[a[1]] = html.UnescapeString(a[2])
		}
		ticked := strings.HasSuffix(strings.TrimSuffix(tag, ">"), " checked")
		if has["name"] != "" && (has["type"] != "checkbox" || ticked) {
			filled.Add(has["name"], has["value"])
		}
	}
	return filled
}

// Post sends a form.
func (b *Browser) Post(ctx context.Context, address string, fields url.Values) error {
	r, err := http.NewRequestWithContext(ctx, http.MethodPost, address, strings.NewReader(fields.Encode()))
	if err != nil {
		return err
	}
	r.Header.Set("Content-Type", "application/x-www-form-urlencoded")
	return b.Send(r)
}

// SignIn goes on to Microsoft from a page of the bot that leads there, signs in as
// somebody and agrees to whatever is asked, until it is back.
func (b *Browser) SignIn(ctx context.Context, as string) error {
	m := onwards.FindStringSubmatch(b.Text)
	if m == nil {
		return fmt.Errorf("no way on to Microsoft on the page %s: %s", b.At, b.Text)
	}
	if err := b.Open(ctx, html.UnescapeString(m[1])); err != nil {
		return err
	}
	for range 3 {
		switch {
		case strings.Contains(b.Text, `name="upn"`):
			if err := b.Press(ctx, "/login", url.Values{"upn": {as}}); err != nil {
				return err
			}
		case strings.Contains(b.Text, `name="answer"`):
			if err := b.Press(ctx, "/consent", url.Values{"answer": {"accept"}}); err != nil {
				return err
			}
		default:
			return nil
		}
	}
	return errors.New("the sign-in does not come to an end: " + b.Text)
}

// Send makes a request that was written elsewhere.
func (b *Browser) Send(r *http.Request) error {
	resp, err := b.Do(r)
	if err != nil {
		return err
	}
	defer resp.Body.Close() //nolint:errcheck // it was read
	raw, err := io.ReadAll(resp.Body)
	b.At, b.Status, b.Text = resp.Request.URL.String(), resp.StatusCode, string(raw)
	return err
}
