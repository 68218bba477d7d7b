package messages

// Smaller is a smaller role than what is asked for, that would do for what the
// reason of a request speaks of.
type Smaller struct {
	Roles []Role
	Task  string // what the reason speaks of
}

// smaller tells those who decide that less would do. It refuses nothing: they
// know the work, the search only its words.
func (p *page) smaller(s *Smaller) {
	if s == nil || len(s.Roles) == 0 {
		return
	}
	less := p.in.saying("*A smaller role would do*: %s, for “%s”.", p.in.rolesIn(s.Roles, 3), escape(p.in.Table(s.Task), 150))
	next := p.in.Say("You can approve all the same, or deny and ask for the smaller one.")
	p.context("💡 "+less.shown, next)
	p.say("%s %s", less.aloud, next)
}
