package page

import (
	"strconv"
	"strings"
	"time"
)

// date draws !date^seconds^format^link|fallback: the fallback, marked up so that
// the script can write it in the zone of the browser.
func date(b *strings.Builder, target, fallback string) {
	parts := strings.SplitN(target, "^", 4)
	var seconds int64
	err := strconv.ErrSyntax
	if len(parts) >= 3 {
		seconds, err = strconv.ParseInt(parts[1], 10, 64)
	}
	const year9999 = 253402300799
	if err != nil || seconds < 0 || seconds > year9999 {
		b.WriteString(escape(orElse(fallback, "<"+target+">")))
		return
	}
	at := time.Unix(seconds, 0).UTC()
	linked := len(parts) == 4 && safeURL(parts[3])
	if linked {
		b.WriteString(`<a href="` + escape(parts[3]) + `" target="_blank" rel="noopener noreferrer">`)
	}
	b.WriteString(`<time datetime="` + at.Format(time.RFC3339) + `" data-format="` + escape(parts[2]) + `">`)
	b.WriteString(escape(orElse(fallback, at.Format("2006-01-02 15:04 UTC"))))
	b.WriteString("</time>")
	if linked {
		b.WriteString("</a>")
	}
}
