package audit_test

import (
	"bytes"
	"encoding/csv"
	"encoding/json"
	"regexp"
	"strconv"
	"strings"
	"testing"
	"time"

	"latchkey/internal/access"
	"latchkey/internal/audit"
	"latchkey/internal/state"
	"latchkey/internal/state/statetest"
)

// awkward are events that are hard to write in one line.
func awkward() []access.Event {
	odd := event(2)
	odd.Detail = map[string]string{"path": "/a|b=c\\d\r\ne", "x": "=1+1", "quote": `"`}
	bot := access.Event{At: start, Kind: access.EventEnded, Customer: "contoso", Request: "R-7K3M2"}
	page := access.Event{At: start.Add(1), Kind: access.EventBrokeGlass, Actor: access.Person{Entra: access.Account{Tenant: "contoso", Object: "o"}}}
	return []access.Event{event(1), odd, bot, page, {At: start, Kind: access.EventPolicy}}
}

func export(t *testing.T, s state.Store, f audit.Format, chosen audit.Filter) (lines []string) {
	t.Helper()
	var out bytes.Buffer
	view(t, s, func(tx state.Tx) error {
		n, err := audit.Export(tx, f, chosen, "v1.2|3", &out)
		if lines = strings.SplitAfter(out.String(), "\n"); err == nil && len(lines) != n+1 && f != audit.FormatCSV {
			t.Errorf("%s: %d events in %d lines", f, n, len(lines)-1)
		}
		return err
	})
	return lines[:len(lines)-1]
}

func TestExportJSONL(t *testing.T) {
	t.Parallel()
	s := statetest.Memory()
	added := add(t, s, awkward()...)
	for i, line := range export(t, s, audit.FormatJSONL, audit.Filter{}) {
		var e access.Event
		if err := json.Unmarshal([]byte(line), &e); err != nil || e.Hash != added[i].Hash {
			t.Errorf("line %d is %s: %v", i+1, line, err)
		}
	}
	for _, test := range []struct {
		chosen audit.Filter
		want   int
	}{
		{audit.Filter{Customer: "contoso"}, 3},
		{audit.Filter{Customer: "nobody"}, 0},
		{audit.Filter{Period: audit.Period{From: start.Add(time.Second)}}, 2},
		{audit.Filter{Period: audit.Period{To: start.Add(time.Second)}}, 3},
		{audit.Filter{Period: audit.Period{From: start.Add(time.Second), To: start.Add(2 * time.Second)}, Customer: "contoso"}, 1},
	} {
		if got := export(t, s, audit.FormatJSONL, test.chosen); len(got) != test.want {
			t.Errorf("%+v chooses %d events, want %d", test.chosen, len(got), test.want)
		}
	}
	view(t, s, func(tx state.Tx) error {
		if _, err := audit.Export(tx, "xml", audit.Filter{}, "v1", new(bytes.Buffer)); err == nil {
			t.Error("it writes XML")
		}
		return nil
	})
}

func TestExportCSV(t *testing.T) {
	t.Parallel()
	s := statetest.Memory()
	added := add(t, s, awkward()...)
	rows, err := csv.NewReader(strings.NewReader(strings.Join(export(t, s, audit.FormatCSV, audit.Filter{}), ""))).ReadAll()
	if err != nil || len(rows) != len(added)+1 {
		t.Fatalf("%d rows, %v", len(rows), err)
	}
	for i, row := range rows[1:] {
		if row[0] != strconv.Itoa(i+1) || row[2] != string(added[i].Kind) || row[len(row)-1] != added[i].Hash {
			t.Errorf("row %d is %v", i+1, row)
		}
		for _, cell := range row {
			if cell != "" && strings.ContainsAny(cell[:1], "=+-@") {
				t.Errorf("a spreadsheet takes %q for a formula", cell)
			}
		}
	}
}

// cefLine is a line of CEF: seven fields that end in a bar, and pairs. Escaped bars and
// equals signs end nothing.
var (
	cefLine = regexp.MustCompile(`^CEF:0\|((?:[^|\\]|\\.)*)\|((?:[^|\\]|\\.)*)\|((?:[^|\\]|\\.)*)\|((?:[^|\\]|\\.)*)\|((?:[^|\\]|\\.)*)\|(10|[0-9])\|(.*)\n$`)
	cefPair = regexp.MustCompile(`(\w+)=((?:[^=\\]|\\.)*?)(?: (?:\w+=)|$)`)
)

// pairs reads the extension of a line of CEF.
func pairs(extension string) map[string]string {
	out := map[string]string{}
	for at := 0; at < len(extension); {
		m := cefPair.FindStringSubmatchIndex(extension[at:])
		if m == nil {
			return nil
		}
		out[extension[at+m[2]:at+m[3]]] = strings.NewReplacer(`\\`, `\`, `\=`, `=`, `\n`, "\n", `\r`, "\r").Replace(extension[at+m[4] : at+m[5]])
		at += m[5] + 1
	}
	return out
}

func TestExportCEF(t *testing.T) {
	t.Parallel()
	s := statetest.Memory()
	added := add(t, s, awkward()...)
	for i, line := range export(t, s, audit.FormatCEF, audit.Filter{}) {
		m := cefLine.FindStringSubmatch(line)
		if m == nil {
			t.Errorf("this is no CEF: %s", line)
			continue
		}
		e, got := added[i], pairs(m[7])
		if m[3] != `v1.2\|3` || m[4] != string(e.Kind) || got["externalId"] != e.Hash || got["rt"] != strconv.FormatInt(e.At.UnixMilli(), 10) ||
			got["suid"] != string(e.Actor.User) || got["cs1"] != string(e.Customer) || (got["outcome"] == "failure") != (e.Kind == access.EventRefused) {
			t.Errorf("%s is read as %v", line, got)
		}
		var detail map[string]string
		if err := json.Unmarshal([]byte(got["cs6"]), &detail); len(e.Detail) > 0 && (err != nil || detail["path"] != e.Detail["path"]) {
			t.Errorf("the detail of %s: %v, %v", line, detail, err)
		}
	}
}

// ocsfRequired are the attributes that the schema requires of an event of the class Entity
// Management, and of the objects in it (events/base_event.json, events/iam/entity_management.json,
// objects/metadata.json, objects/product.json of ocsf-schema), with those of which one must be there.
var ocsfRequired = map[string][]string{
	"":                 {"activity_id", "category_uid", "class_uid", "entity", "metadata", "severity_id", "time", "type_uid"},
	"metadata":         {"product", "version"},
	"metadata.product": {"name", "vendor_name"},
	"entity":           {"uid"},
	"actor":            {"user"},
	"actor.user":       {"uid"},
}

func TestExportOCSF(t *testing.T) {
	t.Parallel()
	s := statetest.Memory()
	all := awkward()
	for _, k := range []access.EventKind{access.EventOffered, access.EventAlertOpened, access.EventFailed, access.EventForged, access.EventReplayed, access.EventForgotten} {
		all = append(all, access.Event{At: start, Kind: k})
	}
	added := add(t, s, all...)
	for i, line := range export(t, s, audit.FormatOCSF, audit.Filter{}) {
		var event map[string]any
		if err := json.Unmarshal([]byte(line), &event); err != nil {
			t.Fatal(err)
		}
		for object, required := range ocsfRequired {
			at := any(event)
			if object != "" {
				for name := range strings.SplitSeq(object, ".") {
					at = at.(map[string]any)[name]
				}
			}
			for _, name := range required {
				if v, ok := at.(map[string]any)[name]; !ok || v == "" || v == nil {
					t.Errorf("%s lacks %s.%s", line, object, name)
				}
			}
		}
		number := func(name string) int { return int(event[name].(float64)) }
		if number("category_uid") != 3 || number("class_uid") != 3004 || number("type_uid") != 300400+number("activity_id") {
			t.Errorf("the class of %s", line)
		}
		if a := number("activity_id"); a < 1 || a > 4 && a != 99 {
			t.Errorf("the schema has no activity %d", a)
		}
		if sev := number("severity_id"); sev < 1 || sev > 6 {
			t.Errorf("the schema has no severity %d", sev)
		}
		if int64(event["time"].(float64)) != added[i].At.UnixMilli() {
			t.Errorf("the time of %s", line)
		}
	}
}
