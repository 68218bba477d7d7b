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
	Here          where
	Open          bool
	ID            string
	DOM           string // id of the dialog
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
		return modalView{Here: s.where}
	}
	def := definition(view)
	d := s.drawing("modal")
	d.modal, d.errors, d.held, d.posted = true, view.Errors, def.State.Values, s.posted
	v := modalView{
		Here: s.where, Open: true, ID: view.ID, DOM: "modal-" + safeID(view.ID), Key: modalKey(view),
		Title: orElse(def.Title.string(), "Modal"), Submit: def.Submit.string(), Close: orElse(def.Close.string(), "Cancel"),
		Error: view.Errors[""], Blocks: d.blocks(def.Blocks),
	}
	focusFirst(v.Blocks)
	return v
}

// focusFirst has the first field take the focus, or the first that was refused.
func focusFirst(blocks []blockView) {
	var at *elementView
	for i := range blocks {
		for j := range blocks[i].Parts {
			e := &blocks[i].Parts[j]
			if blocks[i].Kind == "input" && e.Kind != "inert" && (at == nil || e.Wrong && !at.Wrong) {
				at = e
			}
		}
	}
	if at != nil {
		at.First = true
	}
}

// definition reads what a view says. What cannot be read is left out.
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

// safeID is an id as an HTML id may hold it.
func safeID(id string) string {
	sum := fnv.New64a()
	sum.Write([]byte(id)) // never fails
	return fmt.Sprintf("%x", sum.Sum64())
}
