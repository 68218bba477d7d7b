package partnercenter

import (
	"context"
	"io"
	"log/slog"
	"net/http"
	"time"

	"latchkey/internal/flood"
)

const (
	// PathNotifications is where the bot takes notifications.
	PathNotifications = "/partnercenter/notifications"

	maxNotification = 64 << 10
	// NotificationFor is how long after the change a notification is taken.
	NotificationFor = 24 * time.Hour
	notificationFar = time.Hour // that a clock may be ahead
)

// Receiver takes notifications. Anybody can send it anything.
type Receiver struct {
	Verifier *Verifier
	// Take writes down that something is to be looked at. It answers for what it
	// has taken.
	Take func(context.Context, Notification) error
	// Forged is told of a delivery that is not Partner Center's, and of how many were
	// kept from it since the last one.
	Forged func(ctx context.Context, path string, suppressed int)
	Now    func() time.Time
	Log    *slog.Logger

	reports flood.Reports
}

// ServeHTTP takes one notification.
func (rc *Receiver) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	if r.Method != http.MethodPost {
		w.Header().Set("Allow", http.MethodPost)
		http.Error(w, "notifications are posted", http.StatusMethodNotAllowed)
		return
	}
	body, err := io.ReadAll(http.MaxBytesReader(w, r.Body, maxNotification))
	if err != nil {
		http.Error(w, "the body is too large or was cut off", http.StatusRequestEntityTooLarge)
		return
	}
	switch err := rc.Verifier.Verify(r.Context(), r.Header, body); {
	case Forged(err):
		rc.refuse(w, r, "this was not signed by Partner Center")
		return
	case err != nil: // Partner Center tries again
		rc.Log.WarnContext(r.Context(), "notification not verified", "err", err)
		http.Error(w, "the signature could not be checked", http.StatusServiceUnavailable)
		return
	}
	n, err := ParseNotification(body)
	if err != nil {
		http.Error(w, err.Error(), http.StatusBadRequest)
		return
	}
	if age := rc.Now().Sub(n.ChangedAt); age > NotificationFor || age < -notificationFar {
		rc.refuse(w, r, "this is too old, or of the future")
		return
	}
	if err := rc.Take(r.Context(), n); err != nil {
		rc.Log.ErrorContext(r.Context(), "notification not recorded", "err", err)
		http.Error(w, "it could not be recorded", http.StatusServiceUnavailable)
		return
	}
	w.WriteHeader(http.StatusOK)
}

func (rc *Receiver) refuse(w http.ResponseWriter, r *http.Request, why string) {
	if report, suppressed := rc.reports.Admit(rc.Now()); report && rc.Forged != nil {
		rc.Forged(r.Context(), r.URL.Path, suppressed)
	}
	http.Error(w, why, http.StatusUnauthorized)
}
