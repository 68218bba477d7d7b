package web

import (
	"context"
	"time"

	"latchkey/internal/access"
)

// Browsers remembers what is under way in people's browsers, where every replica of the
// bot finds it. It is given digests of what browsers hold, and never that itself: who reads
// all of it can go on with nothing.
type Browsers interface {
	// Begin remembers a sign-in that a browser has begun.
	Begin(ctx context.Context, b Begun, now time.Time) error
	// Take forgets the sign-in with that state and returns it; of several that take the
	// same, one has it. It leaves alone, and reports false for, what another browser began.
	Take(ctx context.Context, state, browser string) (Begun, bool, error)
	// Open remembers who has signed in.
	Open(ctx context.Context, s Session, now time.Time) error
	// Find returns who has, and false where nobody has by that name.
	Find(ctx context.Context, name string) (Session, bool, error)
	// End forgets them.
	End(ctx context.Context, name string) error
}

// Begun is a sign-in that a browser has begun.
type Begun struct {
	State, Browser string // digests of what it has in its address, and in its cookie
	For            []byte // what it is for, sealed for that browser
	Until          time.Time
}

// Session is somebody who has signed in with one browser.
type Session struct {
	Name  string // a digest of the browser's cookie
	Who   access.SignIn
	Until time.Time
}
