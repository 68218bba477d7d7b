package page

import "net/url"

// A where is what stands in the address of the page: who looks at what. It is
// in every form too, so that an act leads back to where it was done.
type where struct {
	As     string // the persona
	In     string // the conversation, homeTab, or "" when the person is in none
	Thread string // timestamp of the message whose thread is open
	Tab    string // of the pane beside the conversation; "" for the first
	Pane   string // what a phone shows: "" for the conversation, else a name in panes
}

// homeTab stands where a conversation's id would and means the app's Home.
const homeTab = "home"

// The panes that a phone shows one at a time.
const (
	paneTalk   = ""
	panePeople = "people"
	paneTenant = "tenant"
)

func whereIn(q url.Values) where {
	w := where{As: q.Get("as"), In: q.Get("in"), Thread: q.Get("thread"), Tab: q.Get("tab"), Pane: q.Get("pane")}
	if w.Pane != panePeople && w.Pane != paneTenant {
		w.Pane = paneTalk
	}
	return w
}

// Fields are the hidden fields of a form.
func (w where) Fields() []field {
	all := []field{{"as", w.As}, {"in", w.In}, {"thread", w.Thread}, {"tab", w.Tab}, {"pane", w.Pane}}
	var set []field
	for _, f := range all {
		if f.Value != "" {
			set = append(set, f)
		}
	}
	return set
}

type field struct{ Name, Value string }

// address is the page of a place. More are names and values that are added.
func (w where) address(more ...string) string {
	q := url.Values{}
	for _, f := range w.Fields() {
		q.Set(f.Name, f.Value)
	}
	for i := 0; i+1 < len(more); i += 2 {
		if more[i+1] != "" {
			q.Set(more[i], more[i+1])
		}
	}
	return "/?" + q.Encode()
}

// to is another conversation of the same or another person.
func (w where) to(as, in string) where {
	w.As, w.In, w.Thread, w.Pane = as, in, "", paneTalk
	return w
}

func (w where) thread(ts string) where {
	w.Thread = ts
	w.Pane = paneTenant
	if ts == "" {
		w.Pane = paneTalk
	}
	return w
}

func (w where) tab(name string) where {
	w.Tab, w.Thread, w.Pane = name, "", paneTenant
	return w
}

func (w where) pane(name string) where {
	w.Pane = name
	return w
}
