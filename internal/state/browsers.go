package state

import (
	"crypto/subtle"
	"errors"
	"strings"
	"time"

	"latchkey/internal/access"
)

// Begun is a sign-in on a page that a browser has begun. It holds digests of what the
// browser has, and what it is for sealed with that: nothing by which anybody else could
// go on with it.
type Begun struct {
	State   string // digest of what Microsoft sends back
	Browser string // digest of the browser's cookie
	For     []byte
	Until   time.Time
}

// Session is somebody who has signed in on a page with one browser.
type Session struct {
	Name  string // digest of the browser's cookie
	Who   access.SignIn
	Until time.Time
}

// mostBegun bounds the sign-ins that are remembered, for anybody can begin one.
const mostBegun = 1000

func begunKey(state string) string  { return Path("signin", state) }
func sessionKey(name string) string { return Path("session", name) }

func begunIndexes(b Begun) []string {
	return []string{Path("idx/signin", TimeKey(b.Until), b.State)}
}

func sessionIndexes(s Session) []string {
	return []string{Path("idx/session", TimeKey(s.Until), s.Name)}
}

// Begin remembers a sign-in. It forgets up to two whose time is over, and the one that ends
// next where there are too many.
func Begin(tx Tx, b Begun, now time.Time) error {
	if !safe(b.State) {
		return errors.New("a sign-in without a usable state")
	}
	if err := errors.Join(forgetBrowsers(tx, "signin", now, 2), crowdOut(tx)); err != nil {
		return err
	}
	if _, err := Save(tx, begunKey(b.State), b); err != nil {
		return err
	}
	return reindex(tx, b.State, nil, begunIndexes(b))
}

// TakeBegun forgets the sign-in and returns it, if that browser began it; else
// [ErrNotFound].
func TakeBegun(tx Tx, state, browser string) (Begun, error) {
	b, err := Load[Begun](tx, begunKey(state))
	if err != nil {
		return b, err
	}
	if subtle.ConstantTimeCompare([]byte(b.Browser), []byte(browser)) != 1 {
		return Begun{}, ErrNotFound
	}
	return b, errors.Join(tx.Delete(begunKey(state)), reindex(tx, state, begunIndexes(b), nil))
}

// OpenSession remembers who has signed in. It forgets up to two whose time is over.
func OpenSession(tx Tx, s Session, now time.Time) error {
	if !safe(s.Name) {
		return errors.New("a session without a usable name")
	}
	if err := forgetBrowsers(tx, "session", now, 2); err != nil {
		return err
	}
	if _, err := Save(tx, sessionKey(s.Name), s); err != nil {
		return err
	}
	return reindex(tx, s.Name, nil, sessionIndexes(s))
}

// FindSession returns who has signed in, or [ErrNotFound].
func FindSession(tx Tx, name string) (Session, error) { return Load[Session](tx, sessionKey(name)) }

// EndSession forgets who has signed in; nobody is no error.
func EndSession(tx Tx, name string) error {
	s, err := FindSession(tx, name)
	if err != nil {
		return orNew(err)
	}
	return errors.Join(tx.Delete(sessionKey(name)), reindex(tx, name, sessionIndexes(s), nil))
}

// BrowsersOver reports whether there is anything that [ForgetBrowsers] would forget.
func BrowsersOver(tx Tx, now time.Time) (bool, error) {
	for _, kind := range []string{"signin", "session"} {
		if old, err := browsersOver(tx, kind, now, 1); err != nil || len(old) > 0 {
			return err == nil, err
		}
	}
	return false, nil
}

// ForgetBrowsers forgets up to n sign-ins, and as many sessions, whose time is over.
func ForgetBrowsers(tx Tx, now time.Time, n int) error {
	return errors.Join(forgetBrowsers(tx, "signin", now, n), forgetBrowsers(tx, "session", now, n))
}

// EndBrowsers forgets all that is under way in browsers.
func EndBrowsers(tx Tx) error {
	for _, kind := range []string{"signin", "session"} {
		for item, err := range tx.Scan("idx/" + kind + "/") {
			if err == nil {
				err = forgetBrowser(tx, kind, item.Key)
			}
			if err != nil {
				return err
			}
		}
	}
	return nil
}

func forgetBrowsers(tx Tx, kind string, now time.Time, n int) error {
	old, err := browsersOver(tx, kind, now, n)
	for _, index := range old {
		err = errors.Join(err, forgetBrowser(tx, kind, index))
	}
	return err
}

// browsersOver lists up to n of a kind whose time is over, by their index.
func browsersOver(tx Tx, kind string, now time.Time, n int) (old []string, err error) {
	for item, err := range tx.Scan("idx/" + kind + "/") {
		if err != nil {
			return nil, err
		}
		until, err := ParseTimeKey(strings.Split(item.Key, "/")[2])
		if err != nil {
			return nil, err
		}
		if until.After(now) || len(old) == n {
			break
		}
		old = append(old, item.Key)
	}
	return old, nil
}

// crowdOut forgets the sign-in that ends next, where there are as many as may be.
func crowdOut(tx Tx) error {
	first, n := "", 0
	for item, err := range tx.Scan("idx/signin/") {
		if err != nil {
			return err
		}
		if n++; n == 1 {
			first = item.Key
		}
		if n == mostBegun {
			break
		}
	}
	if n < mostBegun {
		return nil
	}
	return forgetBrowser(tx, "signin", first)
}

func forgetBrowser(tx Tx, kind, index string) error {
	return errors.Join(tx.Delete(index), tx.Delete(Path(kind, index[strings.LastIndexByte(index, '/')+1:])))
}

// sessionsOf has sessions deleted with their index.
func sessionsOf(k Personal) Personal {
	k.drop = func(tx Tx, key string) error { return EndSession(tx, strings.TrimPrefix(key, "session/")) }
	return k
}
