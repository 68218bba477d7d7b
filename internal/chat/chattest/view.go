package chattest

import (
	"encoding/json"
	"fmt"
	"maps"
)

const maxStack = 3

// noConnection is what a modal shows, under the empty block id, when the app
// failed to take a submission.
const noConnection = "There was trouble reaching the app. Try again."

// A View is a modal as a person sees it, or the Home tab.
type View struct {
	ID, User, Hash, CallbackID, PrivateMetadata, RootID string
	Raw                                                 json.RawMessage   // as Slack writes it, with the state
	Errors                                              map[string]string // by block id; "" is for the modal as a whole
}

// A view on somebody's screen. Definition and state are replaced, never changed
// in place.
type view struct {
	id, user, hash, kind string
	root, previous       string
	def                  object
	state                map[string]object // block id → action id → state
	errors               map[string]string
}

// View returns the top of the person's stack of modals.
func (s *Server) View(user string) (View, bool) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if v := s.top(user); v != nil {
		return s.seen(v), true
	}
	return View{}, false
}

// Home returns what was last published to the person's Home tab.
func (s *Server) Home(user string) (View, bool) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if v := s.homes[user]; v != nil {
		return s.seen(v), true
	}
	return View{}, false
}

func (s *Server) seen(v *view) View {
	return View{
		ID: v.id, User: v.user, Hash: v.hash, RootID: v.root,
		CallbackID: str(v.def, "callback_id"), PrivateMetadata: str(v.def, "private_metadata"),
		Raw: encode(s.wireView(v)), Errors: maps.Clone(v.errors),
	}
}

func (s *Server) top(user string) *view {
	if stack := s.modals[user]; len(stack) > 0 {
		return stack[len(stack)-1]
	}
	return nil
}

// topmost returns the modal with that id when it is the one on top.
func (s *Server) topmost(user, id string) (*view, error) {
	if v := s.top(user); v != nil && v.id == id {
		return v, nil
	}
	return nil, ErrNoSuchView
}

// newView makes a view that is on no screen yet. The lock is held.
func (s *Server) newView(user, kind string, def object) *view {
	v := &view{id: s.nextID("V"), user: user, kind: kind, def: def}
	v.root = v.id
	s.rehash(v)
	return v
}

func (s *Server) rehash(v *view) {
	v.hash = fmt.Sprintf("%d.%08x", s.opt.Now().Unix(), s.next())
}

// show puts a view on top of a person's stack, or alone on their screen. The
// lock is held.
func (s *Server) show(v *view, push bool) {
	stack := s.modals[v.user]
	if !push {
		stack = nil
	}
	if len(stack) > 0 {
		v.root, v.previous = stack[0].id, stack[len(stack)-1].id
	}
	s.modals[v.user] = append(stack[:len(stack):len(stack)], v)
	s.bump()
}

// redefine replaces what a view says. What was entered stays where the same
// block and action are there again. The lock is held.
func (s *Server) redefine(v *view, def object) {
	kept := make(map[string]object)
	for _, b := range objects(def, "blocks") {
		id := str(b, "block_id")
		for _, el := range elements(b) {
			if state, ok := v.state[id][str(el, "action_id")]; ok {
				if kept[id] == nil {
					kept[id] = make(object)
				}
				kept[id][str(el, "action_id")] = state
			}
		}
	}
	v.def, v.state, v.errors = def, kept, nil
	s.rehash(v)
	s.bump()
}

// leave takes the top view, or the whole stack, off a person's screen. The lock
// is held.
func (s *Server) leave(user string, all bool) {
	stack := s.modals[user]
	if all || len(stack) <= 1 {
		delete(s.modals, user)
	} else {
		s.modals[user] = stack[:len(stack)-1]
	}
	s.bump()
}

// wireView is a view as Slack writes it. The team is that of the user, who may
// be an external member; app_installed_team_id is where the app is installed.
func (s *Server) wireView(v *view) object {
	w := object{
		"id": v.id, "type": v.kind, "team_id": s.teamOf(v.user), "app_installed_team_id": s.opt.BotTeam,
		"app_id": AppID, "bot_id": BotID, "hash": v.hash,
		"root_view_id": v.root, "previous_view_id": nil,
		"private_metadata": str(v.def, "private_metadata"), "callback_id": str(v.def, "callback_id"),
		"external_id":    str(v.def, "external_id"),
		"clear_on_close": truth(v.def["clear_on_close"]), "notify_on_close": truth(v.def["notify_on_close"]),
		"blocks": v.def["blocks"], "submit": v.def["submit"], "close": v.def["close"],
	}
	if v.previous != "" {
		w["previous_view_id"] = v.previous
	}
	if v.def["title"] != nil {
		w["title"] = v.def["title"]
	}
	state := v.state
	if state == nil {
		state = make(map[string]object)
	}
	w["state"] = object{"values": state}
	return w
}

func (s *Server) teamOf(user string) string {
	if u, ok := s.users.get(user); ok {
		return u.Team
	}
	return ""
}
