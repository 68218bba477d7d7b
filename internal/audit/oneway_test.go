package audit_test

import (
	"bytes"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"errors"
	"regexp"
	"strings"
	"testing"

	"latchkey/internal/access"
	"latchkey/internal/audit"
	"latchkey/internal/state"
	"latchkey/internal/state/statetest"
)

var ownHash = regexp.MustCompile(`"Hash":"[^"]*"`)

// hashed has the bytes of an event hold the hash of all of them but it, as one finds it who
// does not decode them.
func hashed(body string) string {
	sum := sha256.Sum256([]byte(ownHash.ReplaceAllString(body, `"Hash":""`)))
	return ownHash.ReplaceAllString(body, `"Hash":"`+hex.EncodeToString(sum[:])+`"`)
}

// twofold are ways to write an event that one reader takes for another event than the next.
var twofold = map[string]func(string) string{
	"CustomerTwice": func(s string) string { return s[:len(s)-1] + `,"Customer":"fabrikam"}` },
	"CustomerFirst": func(s string) string {
		return strings.Replace(s, `,"At":`, `,"Customer":"fabrikam","At":`, 1)
	},
	"OtherCase":   func(s string) string { return s[:len(s)-1] + `,"customer":"fabrikam"}` },
	"InTheActor":  func(s string) string { return strings.Replace(s, `"Actor":{`, `"Actor":{"Customer":"fabrikam",`, 1) },
	"SpelledOut":  func(s string) string { return strings.Replace(s, `"contoso"`, `"\u0063ontoso"`, 1) },
	"Slash":       func(s string) string { return strings.Replace(s, `"forbidden"`, `"forb\/idden"`, 1) },
	"KindTwice":   func(s string) string { return s[:len(s)-1] + `,"Kind":"request.approved"}` },
	"DetailTwice": func(s string) string { return strings.Replace(s, `"act":`, `"act":"approve","act":`, 1) },
	"DetailOrder": func(s string) string {
		return strings.Replace(s, `"act":"request","code":"forbidden"`, `"code":"forbidden","act":"request"`, 1)
	},
	"Unknown":     func(s string) string { return s[:len(s)-1] + `,"Note":"x"}` },
	"Space":       func(s string) string { return strings.Replace(s, `,"Kind"`, `, "Kind"`, 1) },
	"OtherNumber": func(s string) string { return strings.Replace(s, `"Seq":3`, `"Seq":3.0`, 1) },
	"OtherTime": func(s string) string {
		return strings.Replace(s, `"At":"2026-03-02T09:30:03Z"`, `"At":"2026-03-02T09:30:03.000Z"`, 1)
	},
	"EmptyRef":      func(s string) string { return strings.Replace(s, `,"Detail"`, `,"Ref":"","Detail"`, 1) },
	"TwoInOne":      func(s string) string { return s + `,"d":` + strings.Replace(s, "contoso", "fabrikam", 1) },
	"NoObject":      func(s string) string { return s[:len(s)-1] + `]` },
	"MarkupAsItIs":  func(s string) string { return strings.Replace(s, `"forbidden"`, `"<forbidden>"`, 1) },
	"NotASCIIInTwo": func(s string) string { return strings.Replace(s, `"forbidden"`, `"forbidd\u00e4n"`, 1) },
}

// TestReadOneWay refuses an event whose bytes can be read in another way than it was
// written, although their hash is right: neither is it signed, nor does the log hold.
func TestReadOneWay(t *testing.T) {
	t.Parallel()
	private, _ := aKey(t, "latchkey.test/log")
	for name, write := range twofold {
		s := filled(t, 3)
		raw := statetest.Contents(t, s)[keyOf(3)]
		body, err := state.Body(keyOf(3), []byte(raw))
		if err != nil {
			t.Fatal(err)
		}
		forged := hashed(write(string(body)))
		if forged == string(body) || hashed(string(body)) != string(body) {
			t.Fatalf("%s: the event is %s", name, forged)
		}
		hash := strings.TrimSuffix(strings.TrimPrefix(ownHash.FindString(forged), `"Hash":"`), `"`)
		update(t, s, func(tx state.Tx) error {
			_, err := state.Save(tx, "audit/head", struct {
				Seq  uint64
				Hash string
			}{3, hash})
			return errors.Join(err, tx.Put(keyOf(3), []byte(`{"v":1,"d":`+forged+`}`)))
		})
		_, err = verify(t, s)
		if broken, ok := errors.AsType[*audit.BrokenError](err); !ok || broken.Seq != 3 {
			t.Errorf("%s: Verify = %v", name, err)
		}
		if err := s.Update(t.Context(), func(tx state.Tx) error {
			_, err := audit.Grow(tx, private, start)
			return err
		}); err == nil {
			t.Errorf("%s: it is signed", name)
		}
	}
}

// FuzzReadOneWay finds no bytes that are read without being decoded, and are others than
// those of the event to which they decode.
func FuzzReadOneWay(f *testing.F) {
	long := access.Event{Seq: 7, Prev: "p", Hash: "h", At: start, Salt: "s", Ref: "r", Detail: map[string]string{"a": "1", "b": "2"}, Customer: "c"}
	long.Actor.Entra = access.Account{Tenant: "t", Object: "o"}
	long.Actor.Mail = "m"
	for _, e := range []access.Event{{}, event(1), mixed(2), likely(3), long} {
		body, err := json.Marshal(e)
		if err != nil {
			f.Fatal(err)
		}
		f.Add(body)
		for _, write := range twofold {
			f.Add([]byte(write(string(body))))
		}
	}
	f.Fuzz(func(t *testing.T, body []byte) {
		seq, customer, ok := audit.Quick(body)
		if !ok {
			return
		}
		var e access.Event
		if err := json.Unmarshal(body, &e); err != nil {
			t.Fatalf("%s: %v", body, err)
		}
		again, err := json.Marshal(e)
		if err != nil || !bytes.Equal(again, body) || e.Seq != seq || e.Customer != customer {
			t.Errorf("%s\nis read as %d of %s, and decoded as\n%s, %v", body, seq, customer, again, err)
		}
	})
}

// TestQuick reads the events that there are without decoding them, but for those of which
// more is to be known, or whose texts are written with escapes.
func TestQuick(t *testing.T) {
	t.Parallel()
	named := event(4)
	named.Kind = access.EventAuditKey
	escaped := event(5)
	escaped.Detail["path"] = "<x>"
	s := prepared(t)
	for i, row := range []struct {
		e    access.Event
		want bool
	}{{event(1), true}, {mixed(2), true}, {likely(3), true}, {access.Event{At: start}, true}, {named, false}, {escaped, false}} {
		add(t, s, row.e)
		body, err := state.Body("", []byte(statetest.Contents(t, s)[keyOf(i+1)]))
		if err != nil {
			t.Fatal(err)
		}
		if _, _, ok := audit.Quick(body); ok != row.want {
			t.Errorf("%s: %v", body, ok)
		}
	}
}
