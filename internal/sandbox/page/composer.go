package page

import (
	"net/http"
	"slices"
	"strings"
)

type composerView struct {
	Here     where
	Key      string // changes when the field has to be drawn again
	To       string
	Draft    string
	External bool
	Closed   bool // there is nothing to write to
	Guided   bool
	Chips    []chipView
}

type chipView struct{ Text, Link string }

// composer draws the field to write in. Members of other teams are told why
// they are offered no commands.
func (s *scene) composer() composerView {
	v := composerView{Here: s.where, Draft: s.draft, External: s.external(), Closed: s.In == "" || s.In == homeTab}
	if s.tour.at == tourRequest && s.As == s.h.Tour.Requester && s.In == s.h.Tour.Channel {
		v.Guided, v.Draft = true, s.h.Tour.Command
	}
	v.Key = s.As + " " + s.In + " " + v.Draft
	for _, c := range s.channels {
		if c.ID == s.In {
			room := s.channel(c)
			v.To = strings.TrimPrefix(room.Icon+" "+room.Name, "@ ")
		}
	}
	if v.External {
		return v
	}
	for _, text := range s.h.Suggestions {
		v.Chips = append(v.Chips, chipView{Text: text, Link: s.address("draft", text)})
	}
	return v
}

// mostOffers bounds the completions offered at a time.
const mostOffers = 8

// complete answers what could be typed next, for the list above the field.
func (h *handler) complete(w http.ResponseWriter, r *http.Request) {
	s := h.scene(r.URL.Query())
	var offers []string
	if !s.external() {
		offers = completions(r.URL.Query().Get("text"), h.Suggestions, h.customers())
	}
	write(w, "offers", offers)
}

// completions are the commands that begin with what was typed. One that names a
// customer is offered for every customer.
func completions(typed string, suggestions, customers []string) []string {
	if !strings.HasPrefix(typed, "/") {
		return nil
	}
	var offers []string
	for _, suggestion := range suggestions {
		for _, text := range variants(suggestion, customers) {
			fits := len(text) > len(typed) && strings.EqualFold(text[:len(typed)], typed)
			if fits && !slices.Contains(offers, text) && len(offers) < mostOffers {
				offers = append(offers, text)
			}
		}
	}
	return offers
}

// variants is a command as it reads for each customer, its own first.
func variants(text string, customers []string) []string {
	all := []string{text}
	words := strings.Split(text, " ")
	for i, word := range words {
		own := func(c string) bool { return strings.EqualFold(quoted(c), word) }
		if !slices.ContainsFunc(customers, own) {
			continue
		}
		for _, c := range customers {
			if !own(c) {
				other := slices.Clone(words)
				other[i] = strings.ToLower(quoted(c))
				all = append(all, strings.Join(other, " "))
			}
		}
		return all
	}
	return all
}

func quoted(name string) string {
	if strings.Contains(name, " ") {
		return `"` + name + `"`
	}
	return name
}

// customers are those with whom there is an active relationship.
func (h *handler) customers() []string {
	var names []string
	for _, rel := range h.Graph.Relationships() {
		if rel.Status == "active" && rel.CustomerName != "" && !slices.Contains(names, rel.CustomerName) {
			names = append(names, rel.CustomerName)
		}
	}
	return names
}
