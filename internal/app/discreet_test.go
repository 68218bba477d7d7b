package app_test

import (
	"bytes"
	"errors"
	"fmt"
	"log/slog"
	"strings"
	"testing"

	"latchkey/internal/app"
)

// TestLogHoldsNoAddresses has errors be logged as Slack and Microsoft word them.
func TestLogHoldsNoAddresses(t *testing.T) {
	t.Parallel()
	for _, row := range []struct {
		name string
		log  func(*slog.Logger)
		want string
	}{
		{"Error", func(l *slog.Logger) {
			l.Error("m", "err", fmt.Errorf("send: %w", errors.New("Resource 'Kim.Planted+x@contoso.example' does not exist")))
		}, `send: Resource '[address]' does not exist`},
		{"URL", func(l *slog.Logger) {
			l.Error("m", "err", errors.New(`Get "https://graph.microsoft.com/v1.0/users/kim.planted%40contoso.example?$select=id": EOF`))
		}, `/v1.0/users/[address]?$select=id`},
		{"Query", func(l *slog.Logger) {
			l.Error("m", "err", "GET /users.lookupByEmail?email=kim.planted@contoso.example&x=1")
		}, `email=[address]&x=1`},
		{"Guest", func(l *slog.Logger) { l.Error("m", "err", "kim_planted.example#EXT#@fabrikam.example is a guest") }, `[address] is a guest`},
		{"Umlaut", func(l *slog.Logger) { l.Error("m", "who", "jürgen.planted@söhne.example") }, `[address]`},
		{"Message", func(l *slog.Logger) { l.Error("no kim.planted@contoso.example") }, `no [address]`},
		{"With", func(l *slog.Logger) { l.With("a", "planted@b.example").WithGroup("g").Error("m", "n", 7) }, `[address]`},
		{"Group", func(l *slog.Logger) { l.Error("m", slog.Group("g", "a", "planted@b.example", "n", 1)) }, `[address]`},
		{"Struct", func(l *slog.Logger) { l.Error("m", "v", struct{ Mail string }{"planted@b.example"}) }, `[address]`},
		{"Ours", func(l *slog.Logger) { l.Error("m", "user", "U0ANA", "at", "@ana", "key", "contact/x/mail") }, `"user":"U0ANA","at":"@ana","key":"contact/x/mail"`},
	} {
		t.Run(row.name, func(t *testing.T) {
			t.Parallel()
			var out bytes.Buffer
			row.log(slog.New(app.Discreet(slog.NewJSONHandler(&out, nil))))
			if said := out.String(); strings.Contains(said, "planted") || !strings.Contains(said, row.want) {
				t.Errorf("logged %s, want %s", said, row.want)
			}
		})
	}
}
