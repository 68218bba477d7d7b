package stream

import (
	"bytes"
	"context"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/url"
	"slices"
	"strconv"
	"time"

	"latchkey/internal/audit"
)

// Target is a place as a setting names it.
type Target struct {
	Place  Place
	Name   string // tells places apart, and holds no secret
	Format audit.Format
}

var errPlace = errors.New("is none of file:///path, https://host/path, syslog+tls://host:6514 and syslog+tcp://host:601")

// Parse reads the address to which events are sent. A format in its query is taken out of
// it.
func Parse(address string) (Target, error) {
	u, err := url.Parse(address)
	if err != nil {
		return Target{}, errPlace // the cause repeats what may be secret
	}
	q := u.Query()
	t := Target{Format: audit.Format(q.Get("format"))}
	q.Del("format")
	u.RawQuery = q.Encode()
	switch u.Scheme {
	case "syslog+tls", "syslog+tcp":
		t.Place, err = newSyslog(u)
		if t.Format == "" {
			t.Format = audit.FormatCEF
		}
	case "file":
		t.Place, err = newFile(u, lines)
	default:
		t.Place, err = newCollector(u, http.MethodPost)
	}
	if t.Format == "" {
		t.Format = audit.FormatJSONL
	}
	if err == nil && !slices.Contains(audit.Formats(), t.Format) {
		err = fmt.Errorf("asks for the format %q; say jsonl, csv, cef or ocsf", t.Format)
	}
	t.Name = "events-" + digest(u)
	return t, err
}

// ParseCheckpoints reads the address at which checkpoints are kept: a file, or an https
// address below which each is put.
func ParseCheckpoints(address string) (t Target, err error) {
	u, err := url.Parse(address)
	if err != nil {
		return t, errKeep
	}
	if u.Scheme == "file" {
		t.Place, err = newFile(u, notes)
	} else {
		t.Place, err = newCollector(u, http.MethodPut)
	}
	if errors.Is(err, errPlace) {
		err = errKeep
	}
	t.Name = "checkpoints-" + digest(u)
	return t, err
}

var errKeep = errors.New("is neither file:///path nor https://host/path")

// digest tells places apart. Who may write there is not part of where it is: neither the user nor
// a token in the query, which changes while the place stays.
func digest(u *url.URL) string {
	at := *u
	at.User, at.RawQuery, at.ForceQuery = nil, "", false
	sum := sha256.Sum256([]byte(at.String()))
	return hex.EncodeToString(sum[:4])
}

func joined(pieces []Piece) []byte {
	var all bytes.Buffer
	for _, p := range pieces {
		all.Write(p.Line)
	}
	return all.Bytes()
}

// collector takes pieces over HTTPS: a batch of lines that is posted, or each piece put
// under a name of its own.
type collector struct {
	at     *url.URL
	user   *url.Userinfo
	method string
	http   *http.Client
}

func newCollector(u *url.URL, method string) (Place, error) {
	host := u.Hostname()
	ip := net.ParseIP(host)
	near := host == "localhost" || ip != nil && ip.IsLoopback()
	if host == "" || u.Scheme != "https" && (u.Scheme != "http" || !near) || u.Fragment != "" {
		return nil, errPlace
	}
	at := *u
	at.User = nil
	// Nobody is sent elsewhere with what is in the log.
	client := &http.Client{CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse }}
	return &collector{&at, u.User, method, client}, nil
}

func (c *collector) Send(ctx context.Context, pieces []Piece) error {
	if c.method == http.MethodPost {
		return c.call(ctx, c.at, "application/x-ndjson", joined(pieces))
	}
	for _, p := range pieces {
		name := fmt.Sprintf("checkpoint-%020d.txt", p.Seq)
		if err := c.call(ctx, c.at.JoinPath(name), "text/plain; charset=utf-8", p.Line); err != nil {
			return err
		}
	}
	return nil
}

// call sends one body. Its key is the same only when the very same body is sent again: a
// batch may have grown meanwhile.
func (c *collector) call(ctx context.Context, at *url.URL, kind string, body []byte) error {
	r, err := c.request(ctx, c.method, at, body)
	if err != nil {
		return err
	}
	r.Header.Set("Content-Type", kind)
	sum := sha256.Sum256(body)
	r.Header.Set("Idempotency-Key", hex.EncodeToString(sum[:]))
	if c.method == http.MethodPut {
		r.Header.Set("If-None-Match", "*")
	}
	resp, err := c.do(r)
	if err != nil {
		return err
	}
	defer resp.Body.Close()                                        //nolint:errcheck // it was only read
	_, err = io.Copy(io.Discard, io.LimitReader(resp.Body, 1<<16)) // so that the connection can be used again
	status := resp.StatusCode
	if status >= 200 && status < 300 {
		return err
	}
	if c.method == http.MethodPut && (status == http.StatusConflict || status == http.StatusPreconditionFailed) {
		return c.isKept(ctx, at, body, resp)
	}
	err = fmt.Errorf("it answers %s", resp.Status)
	if wait := retryAfter(resp.Header.Get("Retry-After")); wait > 0 {
		return &WaitError{wait, err}
	}
	return err
}

// isKept finds out whether what could not be put is there already, as we put it. Where
// nothing may be read, a failed precondition says so: that nothing was there is the only one.
func (c *collector) isKept(ctx context.Context, at *url.URL, body []byte, refused *http.Response) error {
	r, err := c.request(ctx, http.MethodGet, at, nil)
	if err != nil {
		return err
	}
	resp, err := c.do(r)
	if err != nil {
		return err
	}
	defer resp.Body.Close() //nolint:errcheck // it was only read
	there, err := io.ReadAll(io.LimitReader(resp.Body, int64(len(body))+1))
	switch {
	case err != nil:
		return err
	case resp.StatusCode == http.StatusOK && bytes.Equal(there, body):
		return nil
	case resp.StatusCode == http.StatusOK:
		return errors.New("something else is kept under this name already")
	case refused.StatusCode == http.StatusPreconditionFailed:
		return nil
	}
	return fmt.Errorf("it answers %s, and %s to what is there", refused.Status, resp.Status)
}

func (c *collector) request(ctx context.Context, method string, at *url.URL, body []byte) (*http.Request, error) {
	r, err := http.NewRequestWithContext(ctx, method, at.String(), bytes.NewReader(body))
	if err == nil && c.user != nil {
		password, _ := c.user.Password()
		r.SetBasicAuth(c.user.Username(), password)
	}
	return r, err
}

// do sends a request. Its error does not hold the address, in which there may be a secret.
func (c *collector) do(r *http.Request) (*http.Response, error) {
	resp, err := c.http.Do(r)
	if at, ok := errors.AsType[*url.Error](err); ok {
		err = at.Err
	}
	return resp, err
}

// retryAfter reads how long is to be waited, at most an hour.
func retryAfter(s string) time.Duration {
	seconds, err := strconv.Atoi(s)
	if err != nil {
		at, err := http.ParseTime(s)
		if err != nil {
			return 0
		}
		return min(time.Until(at), time.Hour)
	}
	return min(time.Duration(seconds)*time.Second, time.Hour)
}
