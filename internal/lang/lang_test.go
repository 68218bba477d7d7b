package lang_test

import (
	"testing"
	"time"

	"latchkey/internal/access"
	"latchkey/internal/lang"
)

var at = time.Date(2026, 3, 2, 14, 5, 0, 0, time.UTC)

func TestTag(t *testing.T) {
	t.Parallel()
	rows := []struct {
		tag      lang.Tag
		has      bool
		html     string
		duration string
		days     string
		time     string
	}{
		{"", false, "en", "1 d 4 h", "1 year", "2026-03-02 14:05 UTC"},
		{"en", true, "en", "1 d 4 h", "1 year", "2026-03-02 14:05 UTC"},
		{"en-US", true, "en-US", "1 d 4 h", "1 year", "2026-03-02 14:05 UTC"},
		{"de", true, "de", "1 Tag 4 h", "1 Jahr", "02.03.2026, 14:05 UTC"},
		{"de-AT", true, "de-AT", "1 Tag 4 h", "1 Jahr", "02.03.2026, 14:05 UTC"},
		{"fr", true, "fr", "1 jour 4 h", "1 an", "02/03/2026 14:05 UTC"},
		{"es-419", true, "es-419", "1 día 4 h", "1 año", "02/03/2026 14:05 UTC"},
		{"nl", false, "en", "1 d 4 h", "1 year", "2026-03-02 14:05 UTC"},
	}
	for _, row := range rows {
		t.Run(string(row.tag), func(t *testing.T) {
			t.Parallel()
			if got := row.tag.Has(); got != row.has {
				t.Errorf("Has() = %t", got)
			}
			for what, pair := range map[string][2]string{
				"HTML": {row.tag.HTML(), row.html}, "Duration": {row.tag.Duration(28 * time.Hour), row.duration},
				"Days": {row.tag.Days(365), row.days}, "Time": {row.tag.Time(at), row.time},
			} {
				if pair[0] != pair[1] {
					t.Errorf("%s() = %q, want %q", what, pair[0], pair[1])
				}
			}
		})
	}
}

func TestNames(t *testing.T) {
	t.Parallel()
	rows := []struct {
		tag                              lang.Tag
		weekday, monthDay, month, listed string
		slack                            string
	}{
		{"en", "Mon 2 Mar", "2 Mar", "March 2026", "a, b and c", "<!date^1772460300^{date_short_pretty} at {time}|2026-03-02 14:05 UTC>"},
		{"de", "Mo, 2. März", "2. März", "März 2026", "a, b und c", "<!date^1772460300^{date_short} um {time}|02.03.2026, 14:05 UTC>"},
		{"fr", "lun. 2 mars", "2 mars", "mars 2026", "a, b et c", "<!date^1772460300^{date_short} à {time}|02/03/2026 14:05 UTC>"},
		{"es", "lun 2 mar", "2 mar", "marzo de 2026", "a, b y c", "<!date^1772460300^{date_short} a las {time}|02/03/2026 14:05 UTC>"},
	}
	for _, row := range rows {
		t.Run(string(row.tag), func(t *testing.T) {
			t.Parallel()
			for _, pair := range [][2]string{
				{row.tag.Weekday(at), row.weekday}, {row.tag.MonthDay(at), row.monthDay}, {row.tag.Month(at), row.month},
				{row.tag.List([]string{"a", "b", "c"}), row.listed}, {row.tag.SlackTime(at), row.slack},
			} {
				if pair[0] != pair[1] {
					t.Errorf("got %q, want %q", pair[0], pair[1])
				}
			}
		})
	}
}

// TestSay takes what it is given, in whatever order the language wants it, and never
// reads a part as a format.
func TestSay(t *testing.T) {
	t.Parallel()
	rows := []struct {
		tag   lang.Tag
		give  string
		parts []any
		want  string
	}{
		{"de", "No such sentence of %s.", []any{"Ana"}, "No such sentence of Ana."},
		{"de", "%d years", []any{1}, "1 Jahr"},
		{"de", "%d years", []any{2}, "2 Jahre"},
		{"en", "%d years", []any{1}, "1 year"},
		{"fr", "%d years", []any{0}, "0 an"},
		{"es", "%d years", []any{0}, "0 años"},
		{"de", "%s and %s", []any{"%d", "%[1]s <!channel>"}, "%d und %[1]s <!channel>"},
		{"de", "%s and %s", []any{at, 90 * time.Minute}, "02.03.2026, 14:05 UTC und 1 h 30 min"},
	}
	for _, row := range rows {
		if got := row.tag.Say(row.give, row.parts...); got != row.want {
			t.Errorf("%s: Say(%q) = %q, want %q", row.tag, row.give, got, row.want)
		}
	}
}

// TestTable says what is in a table as it is, not as a format.
func TestTable(t *testing.T) {
	t.Parallel()
	for give, want := range map[string]string{
		"Creates new tenants.": "Erstellt neue Mandanten.", "100% of %s": "100% of %s", "": "",
	} {
		if got := lang.Tag("de").Table(give); got != want {
			t.Errorf("Table(%q) = %q, want %q", give, got, want)
		}
	}
}

func TestError(t *testing.T) {
	t.Parallel()
	staff := access.Refuse(access.Invalid, "%s and %s", "a", "b")
	anyone := access.RefuseAnyone(access.Invalid, "%s and %s", at, time.Hour)
	if got := lang.Tag("de").Error(staff); got != "a and b" {
		t.Errorf("of staff: %q", got)
	}
	if got := lang.Tag("de").Error(anyone); got != "02.03.2026, 14:05 UTC und 1 h" {
		t.Errorf("of anyone: %q", got)
	}
	if got := anyone.Error(); got != "2026-03-02 14:05 UTC and 1 h" {
		t.Errorf("in English: %q", got)
	}
}
