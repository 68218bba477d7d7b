package audit

import (
	"encoding/csv"
	"encoding/json"
	"fmt"
	"io"
	"slices"
	"strconv"
	"strings"
	"time"

	"latchkey/internal/access"
	"latchkey/internal/state"
)

// Format is how events are written for other programs.
type Format string

// The formats.
const (
	FormatJSONL Format = "jsonl" // the events as they are stored, byte for byte
	FormatCSV   Format = "csv"
	FormatCEF   Format = "cef"  // ArcSight's Common Event Format, version 0
	FormatOCSF  Format = "ocsf" // Open Cybersecurity Schema Framework
)

// Formats lists them.
func Formats() []Format { return []Format{FormatJSONL, FormatCSV, FormatCEF, FormatOCSF} }

// Filter chooses events. What is zero chooses all.
type Filter struct {
	Period   Period
	Customer access.TenantID
}

// Export writes the events that the filter chooses, one a line, oldest first, and returns
// how many. Version is that of this program. It holds one event at a time.
func Export(tx state.Tx, f Format, chosen Filter, version string, w io.Writer) (n int, err error) {
	if !slices.Contains(Formats(), f) {
		return 0, fmt.Errorf("there is no format %q", f)
	}
	if f == FormatCSV {
		if err := writeCSV(w, csvHead); err != nil {
			return 0, err
		}
	}
	for item, err := range tx.Scan(eventPrefix) {
		if err != nil {
			return n, err
		}
		e, err := state.Decode[access.Event](item.Key, item.Value)
		if err != nil {
			return n, err
		}
		if chosen.Customer != "" && e.Customer != chosen.Customer || chosen.Period.before(e.At) || chosen.Period.after(e.At) {
			continue
		}
		line, err := Line(f, item, version)
		if err != nil {
			return n, err
		}
		if _, err := w.Write(line); err != nil {
			return n, err
		}
		n++
	}
	return n, nil
}

// Line writes one stored event in a format, with a line feed at its end and none in it.
func Line(f Format, item state.Item, version string) ([]byte, error) {
	body, err := state.Body(item.Key, item.Value)
	if err != nil {
		return nil, err
	}
	if f == FormatJSONL {
		return append(slices.Clone(body), '\n'), nil
	}
	e, err := state.Decode[access.Event](item.Key, item.Value)
	if err != nil {
		return nil, err
	}
	switch f {
	case FormatCSV:
		var out strings.Builder
		err := writeCSV(&out, csvRow(e))
		return []byte(out.String()), err
	case FormatCEF:
		return []byte(cef(e, version) + "\n"), nil
	case FormatOCSF:
		raw, err := json.Marshal(ocsf(e, version))
		return append(raw, '\n'), err
	case FormatJSONL:
	}
	return nil, fmt.Errorf("there is no format %q", f)
}

var csvHead = []string{"seq", "at", "kind", "team", "user", "entra_tenant", "entra_object", "customer", "request", "ref", "detail", "hash"}

func csvRow(e access.Event) []string {
	return []string{
		strconv.FormatUint(e.Seq, 10), e.At.Format(time.RFC3339Nano), string(e.Kind), string(e.Actor.Team), string(e.Actor.User),
		string(e.Actor.Entra.Tenant), string(e.Actor.Entra.Object), string(e.Customer), string(e.Request), e.Ref, detailOf(e), e.Hash,
	}
}

func writeCSV(w io.Writer, row []string) error {
	c := csv.NewWriter(w)
	if err := c.Write(row); err != nil {
		return err
	}
	c.Flush()
	return c.Error()
}

// detailOf is the detail of an event as JSON, in which a spreadsheet sees no formula.
func detailOf(e access.Event) string {
	if len(e.Detail) == 0 {
		return ""
	}
	raw, err := json.Marshal(e.Detail)
	if err != nil { // unreachable: it is a map of texts
		return ""
	}
	return string(raw)
}

// failure reports whether an event tells of something that was refused or did not come
// about.
func failure(k access.EventKind) bool {
	switch k { //nolint:exhaustive // all others tell of what was done
	case access.EventRefused, access.EventFailed, access.EventOfferFailed, access.EventReviewFailed, access.EventEffectDead,
		access.EventForged, access.EventReplayed, access.EventPolicyRefused, access.EventGroupUnread:
		return true
	}
	return false
}

// grave reports whether somebody should look at an event of this kind at once.
func grave(k access.EventKind) bool {
	switch k { //nolint:exhaustive // all others can wait
	case access.EventBrokeGlass, access.EventObjected, access.EventAlertOpened, access.EventForged, access.EventOusting:
		return true
	}
	return false
}
