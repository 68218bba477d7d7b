package local

import (
	"bytes"
	"context"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"time"
)

const (
	pathCopy  = "/copy"
	pathCheck = "/check"
	// digest is a trailer: the sha256 of a copy that is whole.
	digest = "Latchkey-Digest"
	// stalled is how long one piece of a copy may wait for its reader. The pages of the
	// state are held as long as it is under way.
	stalled = 30 * time.Second
)

// Bot is what a running bot does for whoever may read its state.
type Bot struct {
	// Copy writes a copy of the state's file as it is at one moment.
	Copy func(ctx context.Context, w io.Writer) error
	// Check reads the whole state and says what it found, to be told as JSON.
	Check func(ctx context.Context) (any, error)
	// Person says what the deletion of somebody's data would do, and with yes does it, to be
	// told as JSON.
	Person func(ctx context.Context, who string, yes bool) (any, error)
	// Failed is told of what could not be done. It may be nil.
	Failed func(ctx context.Context, what string, err error)
}

// Handler answers what [Copy], [Check] and [Person] ask.
func (b Bot) Handler() http.Handler {
	mux := http.NewServeMux()
	mux.HandleFunc("GET "+pathCopy, b.copy)
	mux.HandleFunc("GET "+pathCheck, b.check)
	mux.HandleFunc("POST "+pathPerson, b.person)
	return mux
}

func (b Bot) failed(r *http.Request, err error) {
	if b.Failed != nil {
		b.Failed(r.Context(), r.URL.Path, err)
	}
}

// copy sends a copy, and after it its digest. What breaks off has none.
func (b Bot) copy(w http.ResponseWriter, r *http.Request) {
	w.Header().Set("Trailer", digest)
	sum := sha256.New()
	if err := b.Copy(r.Context(), io.MultiWriter(patient{w}, sum)); err != nil {
		b.failed(r, err)
		panic(http.ErrAbortHandler) // so that the reader does not take it for whole
	}
	w.Header().Set(digest, hex.EncodeToString(sum.Sum(nil)))
}

func (b Bot) check(w http.ResponseWriter, r *http.Request) {
	report, err := b.Check(r.Context())
	if err != nil {
		b.failed(r, err)
		http.Error(w, err.Error(), http.StatusInternalServerError)
		return
	}
	w.Header().Set("Content-Type", "application/json")
	json.NewEncoder(w).Encode(report) //nolint:errcheck // the reader finds it cut off
}

// patient gives each piece its time, however long the whole takes.
type patient struct{ w http.ResponseWriter }

func (p patient) Write(b []byte) (int, error) {
	err := http.NewResponseController(p.w).SetWriteDeadline(time.Now().Add(stalled))
	if err != nil && !errors.Is(err, http.ErrNotSupported) {
		return 0, err
	}
	return p.w.Write(b)
}

// Copy has the bot whose socket is at path write a copy of its state to w. An error
// means that it is not whole, or that there is no bot: [ErrNobody].
func Copy(ctx context.Context, path string, w io.Writer) error {
	r, err := ask(ctx, path, pathCopy)
	if err != nil {
		return err
	}
	defer r.Body.Close() //nolint:errcheck // it was read to its end, or is of no use
	sum := sha256.New()
	if _, err := io.Copy(io.MultiWriter(w, sum), r.Body); err != nil {
		return fmt.Errorf("the bot did not send the whole copy: %w", err)
	}
	if want := r.Trailer.Get(digest); want != hex.EncodeToString(sum.Sum(nil)) {
		return errors.New("the copy is not what the bot sent")
	}
	return nil
}

// Check has the bot whose socket is at path read its whole state, and decodes what it
// says into report.
func Check(ctx context.Context, path string, report any) error {
	r, err := ask(ctx, path, pathCheck)
	if err != nil {
		return err
	}
	defer r.Body.Close() //nolint:errcheck // it was only read
	return json.NewDecoder(r.Body).Decode(report)
}

func ask(ctx context.Context, path, what string) (*http.Response, error) {
	return send(ctx, path, http.MethodGet, what)
}

func send(ctx context.Context, path, method, what string) (*http.Response, error) {
	q, err := http.NewRequestWithContext(ctx, method, Host+what, nil)
	if err != nil {
		return nil, err
	}
	r, err := Client(path).Do(q)
	if err != nil {
		return nil, err
	}
	if r.StatusCode == http.StatusOK {
		return r, nil
	}
	defer r.Body.Close() //nolint:errcheck // it was only read
	why, err := io.ReadAll(io.LimitReader(r.Body, 1<<10))
	if err != nil {
		return nil, err
	}
	return nil, fmt.Errorf("the bot answers %s: %s", r.Status, bytes.TrimSpace(why))
}
