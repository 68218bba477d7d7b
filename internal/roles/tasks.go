package roles

import (
	_ "embed"
	"fmt"
	"iter"
	"slices"
	"strings"

	"latchkey/internal/access"
)

// Task is something that an admin does.
type Task struct {
	Area string
	What string // in our own words, as in "Reset the password of a user"
	// Least are the roles that together are the least for it, and Others those
	// of which each alone does it too, with more power.
	Least, Others []access.RoleID
	// Holders may do it without a role of Entra. Those among the least are
	// first; LeastHolders says how many these are.
	Holders      []Holder
	LeastHolders int
	Workload     Workload
	Partner      bool // Microsoft's list for partners names it too
}

// Holder is somebody who may do a task without being given a role of Entra, which
// is all that a relationship carries.
type Holder struct {
	Name string // as in "the owner of the group"
	Why  string // a sentence: why a delegated admin does not become it
}

// Reach says how far delegated admins (GDAP) get in a workload.
type Reach string

const (
	Reached  Reach = "yes"
	Partly   Reach = "part"
	Closed   Reach = "no"
	Untested Reach = "unknown" // nothing is known either way
)

// Workload is a part of Microsoft's cloud that delegated admins reach as a whole,
// in part or not at all.
type Workload struct {
	Name   string
	Reach  Reach
	Limits string // sentences; empty when none are known
}

// Ask returns the roles to ask for: the least, or, where somebody without a role
// is the least, the first that suffices. It is empty when no role does the task,
// and when the least needs more than roles.
func (t Task) Ask() []access.RoleID {
	switch {
	case t.LeastHolders == 0:
		return t.Least
	case len(t.Least) == 0 && len(t.Others) > 0:
		return t.Others[:1]
	}
	return nil
}

// Suffices reports whether the roles are enough for the task, as far as the table
// tells.
func (t Task) Suffices(ids []access.RoleID) bool {
	if slices.Contains(ids, GlobalAdministrator) {
		return true
	}
	if slices.ContainsFunc(ids, func(id access.RoleID) bool { return slices.Contains(t.Others, id) }) {
		return true
	}
	return len(t.Least) > 0 && t.LeastHolders == 0 &&
		!slices.ContainsFunc(t.Least, func(id access.RoleID) bool { return !slices.Contains(ids, id) })
}

//go:embed tasks.tsv
var taskTable string

//go:embed holders.tsv
var holderTable string

//go:embed workloads.tsv
var workloadTable string

//go:embed described.tsv
var describedTable string

var (
	workloads = parseWorkloads(workloadTable)
	holders   = parseHolders(holderTable)
	tasks     = parseTasks(taskTable)
	described = parseDescribed(describedTable)
)

// about is what a role is for.
type about struct {
	what     string
	workload Workload
}

// Tasks returns every task, in the order of the table. The slice is the caller's
// own, what it points to is not.
func Tasks() []Task { return slices.Clone(tasks) }

// About says in one sentence what the role lets its holder do, and where. It is
// empty for a role that the catalogue does not know.
func About(id access.RoleID) (string, Workload) {
	a := described[fold(id)]
	return a.what, a.workload
}

// LeastFor returns the tasks for which the role alone is to be asked for.
func LeastFor(id access.RoleID) []Task {
	var out []Task
	for _, t := range tasks {
		if ask := t.Ask(); len(ask) == 1 && ask[0] == fold(id) {
			out = append(out, t)
		}
	}
	return out
}

// rows yields the rows of an embedded table, each with n fields; empty ones at
// the end may be left out. A bad row panics, which only a faulty build can hold.
func rows(table, name string, n int) iter.Seq[[]string] {
	return func(yield func([]string) bool) {
		for line := range strings.Lines(table) {
			line = strings.TrimRight(line, "\n")
			if line == "" || strings.HasPrefix(line, "#") {
				continue
			}
			f := strings.Split(line, "\t")
			if len(f) > n || f[0] == "" {
				panic(fmt.Sprintf("%s: bad row %q", name, line))
			}
			f = append(f, make([]string, n-len(f))...)
			if !yield(f) {
				return
			}
		}
	}
}

func parseWorkloads(table string) map[string]Workload {
	m := map[string]Workload{}
	for f := range rows(table, "workloads.tsv", 4) {
		w := Workload{Name: f[1], Reach: Reach(f[2]), Limits: f[3]}
		if !slices.Contains([]Reach{Reached, Partly, Closed, Untested}, w.Reach) || w.Name == "" {
			panic(fmt.Sprintf("workloads.tsv: bad row %q", f))
		}
		m[f[0]] = w
	}
	return m
}

func parseHolders(table string) map[string]Holder {
	m := map[string]Holder{}
	for f := range rows(table, "holders.tsv", 3) {
		m[f[0]] = Holder{Name: f[1], Why: f[2]}
	}
	return m
}

func parseTasks(table string) []Task {
	var out []Task
	area, workload := "", Workload{}
	for f := range rows(table, "tasks.tsv", 4) {
		if f[0] == "=" {
			area, workload = f[1], must(workloads, f[2])
			continue
		}
		t := Task{Area: area, What: f[0], Workload: workload, Partner: f[3] == "partner"}
		var least, others []Holder
		t.Least, least = holdersOf(f[1])
		t.Others, others = holdersOf(f[2])
		t.Holders, t.LeastHolders = append(least, others...), len(least)
		out = append(out, t)
	}
	return out
}

// holdersOf reads a list of roles and of those who need none.
func holdersOf(list string) (ids []access.RoleID, without []Holder) {
	for name := range strings.SplitSeq(list, ";") {
		name = strings.TrimSpace(name)
		who, isHolder := strings.CutPrefix(name, "~")
		switch {
		case name == "":
		case isHolder:
			kind, which, named := strings.Cut(who, ":")
			h := must(holders, kind)
			if named {
				h.Name += " (" + which + ")"
			}
			without = append(without, h)
		default:
			ids = append(ids, named(name).ID)
		}
	}
	return ids, without
}

func parseDescribed(table string) map[access.RoleID]about {
	m := map[access.RoleID]about{}
	for f := range rows(table, "described.tsv", 3) {
		m[named(f[0]).ID] = about{what: f[2], workload: must(workloads, f[1])}
	}
	return m
}

// named returns the role with exactly this display name.
func named(name string) Role {
	i := slices.IndexFunc(catalogue, func(r Role) bool { return r.Name == name })
	if i < 0 {
		panic(fmt.Sprintf("there is no role %q", name))
	}
	return catalogue[i]
}

func must[V any](m map[string]V, key string) V {
	v, ok := m[key]
	if !ok {
		panic(fmt.Sprintf("no row is called %q", key))
	}
	return v
}
