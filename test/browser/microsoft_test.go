package browser_test

import "testing"

// TestAdminCenter has Carol end the relationship in the stand-in for the
// Microsoft 365 admin center, which the sandbox then shows.
func TestAdminCenter(t *testing.T) {
	_, url := newWorld(t)
	p := open(t, url)
	p.become("Carol")
	p.see(".tenant a[target=_blank]", "admin center")
	m := visit(t, value[string](p, `document.querySelector('.tenant a[target=_blank]').href`))
	m.see("h1", "Pick an account")
	m.judge("pick an account")
	m.press("button", "Carol")
	m.see("h1", "Partner relationships")
	m.judge("the admin center")
	m.press("h2 a", "2026")
	m.press("summary", "End this relationship")
	m.judge("one relationship")
	m.press("button", "End the relationship")
	m.miss("summary", "End this relationship")

	p.tenant("GDAP")
	p.see(".tenant", "terminat")
	p.judge("the relationship has ended")
}

// TestFaults makes the directory lose its answer to the one call that gives
// access: it is given all the same, once, and the page counts the hit.
func TestFaults(t *testing.T) {
	w, url := newWorld(t)
	p := open(t, url)
	p.ask()
	p.tenant("Faults")
	p.choose("#fault-on", "POST /groups/{id}/members/$ref")
	p.choose("#fault-kind", "lose the answer")
	p.press(".faults button", "Make trouble")
	p.see(".tenant", "0 of 1 hit")
	p.judge("a fault is planned")
	p.become("Carol")
	p.press(".message button", "Approve access request")
	p.press("dialog button", "Approve")
	p.see(".message", "access in force")
	p.tenant("Faults")
	p.see(".tenant", "1 of 1 hit")
	p.press(".tenant button", "Clear all")
	p.see(".tenant", "Everything works as it should")

	in := 0
	for _, g := range w.Graph.Groups() {
		for _, member := range g.Members {
			for _, u := range w.Graph.Users() {
				if u.ID == member && u.DisplayName == "Ana Trujillo" {
					in++
				}
			}
		}
	}
	if in != 1 {
		t.Errorf("Ana is in %d groups, want 1", in)
	}
}
