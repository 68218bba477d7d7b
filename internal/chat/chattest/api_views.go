package chattest

// exchangeable returns the trigger that a call brings, while it is fresh and
// unused. It is used up only once the view is found to be valid. The lock is
// held.
func (s *Server) exchangeable(id string) (*trigger, error) {
	if id == "" {
		return nil, refuse("invalid_arguments", "missing required field: trigger_id")
	}
	t, ok := s.triggers[id]
	switch {
	case !ok && s.minted(id):
		return nil, refuse("expired_trigger_id")
	case !ok:
		return nil, refuse("invalid_trigger_id")
	case t.used:
		return nil, refuse("exchanged_trigger_id")
	case s.opt.Now().Sub(t.at) >= triggerLife:
		return nil, refuse("expired_trigger_id")
	}
	return t, nil
}

func (s *Server) viewsOpen(a args) (object, error) {
	t, err := s.exchangeable(a.Get("trigger_id"))
	if err != nil {
		return nil, err
	}
	return s.openView(t, a, false)
}

func (s *Server) viewsPush(a args) (object, error) {
	t, err := s.exchangeable(a.Get("trigger_id"))
	if err != nil {
		return nil, err
	}
	switch n := len(s.modals[t.user]); {
	case n == 0:
		return nil, refuse("not_found")
	case n >= maxStack:
		return nil, refuse("push_limit_reached")
	}
	return s.openView(t, a, true)
}

func (s *Server) openView(t *trigger, a args, push bool) (object, error) {
	def, err := s.parseView("modal", a.Get("view"))
	if err != nil {
		return nil, err
	}
	if err := s.unclaimed(def, nil); err != nil {
		return nil, err
	}
	t.used = true
	v := s.newView(t.user, "modal", def)
	s.show(v, push)
	return object{"view": s.wireView(v)}, nil
}

func (s *Server) viewsUpdate(a args) (object, error) {
	id, external := a.Get("view_id"), a.Get("external_id")
	if id == "" && external == "" {
		return nil, refuse("invalid_arguments", "missing required field: view_id")
	}
	v := s.findView(id, external)
	if v == nil {
		return nil, refuse("not_found")
	}
	if hash := a.Get("hash"); hash != "" && hash != v.hash {
		return nil, refuse("hash_conflict")
	}
	def, err := s.parseView(v.kind, a.Get("view"))
	if err != nil {
		return nil, err
	}
	if err := s.unclaimed(def, v); err != nil {
		return nil, err
	}
	s.redefine(v, def)
	return object{"view": s.wireView(v)}, nil
}

// unclaimed refuses an external id that another view has: it is the app's own
// name for one view among all that are open. The view with that definition may
// be nil. The lock is held.
func (s *Server) unclaimed(def object, of *view) error {
	id := str(def, "external_id")
	if id == "" {
		return nil
	}
	if other := s.findView("", id); other != nil && other != of {
		return refuse("duplicate_external_id")
	}
	return nil
}

// viewsPublish replaces a person's Home tab.
func (s *Server) viewsPublish(a args) (object, error) {
	u, ok := s.users.get(a.Get("user_id"))
	if !ok || u.Bot || !s.reachable(u) {
		return nil, refuse("invalid_arguments", "invalid `user_id`")
	}
	def, err := s.parseView("home", a.Get("view"))
	if err != nil {
		return nil, err
	}
	v := s.homes[u.ID]
	if err := s.unclaimed(def, v); err != nil {
		return nil, err
	}
	if hash := a.Get("hash"); hash != "" && (v == nil || hash != v.hash) {
		return nil, refuse("hash_conflict")
	}
	if v == nil {
		v = s.newView(u.ID, "home", def)
		s.homes[u.ID] = v
		s.bump()
	} else {
		s.redefine(v, def)
	}
	return object{"view": s.wireView(v)}, nil
}

// findView returns a view on anybody's screen by its id or the app's own id for
// it, or nil. The lock is held.
func (s *Server) findView(id, external string) *view {
	match := func(v *view) bool {
		if id != "" {
			return v.id == id
		}
		return str(v.def, "external_id") == external
	}
	for _, stack := range s.modals {
		for _, v := range stack {
			if match(v) {
				return v
			}
		}
	}
	for _, v := range s.homes {
		if match(v) {
			return v
		}
	}
	return nil
}
