package page

import (
	"encoding/json"
	"fmt"
	"hash/fnv"
	"maps"
	"slices"

	"latchkey/internal/chat/chattest"
)

type modalView struct {
	Open          bool
	As, In        string
	ID            string
	Key           string // changes when the modal has to be drawn again
	Title         string
	Submit, Close string
	Error         string
	Blocks        []blockView
}

// modal draws the modal on top of the person's screen, if there is one.
func (s *scene) modal() modalView {
	view, ok := s.h.Slack.View(s.Me.User)
	if !ok {
		return modalView{As: s.Me.User, In: s.In}
	}
	def := definition(view)
	d := &drawing{
		directory: s.directory(), id: "modal", inView: true,
		errors: view.Errors, held: def.State.Values, posted: s.posted, offered: s.offered,
	}
	return modalView{
		Open: true, As: s.Me.User, In: s.In, ID: view.ID, Key: modalKey(view),
		Title: orElse(def.Title.string(), "Modal"), Submit: def.Submit.string(), Close: orElse(def.Close.string(), "Cancel"),
		Error: view.Errors[""], Blocks: d.blocks(def.Blocks),
	}
}

// definition reads what a modal says. What cannot be read is left out.
func definition(view chattest.View) viewDef {
	var def viewDef
	if json.Unmarshal(view.Raw, &def) != nil {
		return viewDef{}
	}
	return def
}

func modalKey(view chattest.View) string {
	sum := fnv.New64a()
	for _, id := range slices.Sorted(maps.Keys(view.Errors)) {
		fmt.Fprintf(sum, "%q %q\n", id, view.Errors[id])
	}
	return fmt.Sprintf("%s %s %x", view.ID, view.Hash, sum.Sum64())
}
