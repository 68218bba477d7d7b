package page

import (
	"net/http"
	"slices"
	"strconv"
	"strings"
)

// A FaultKind is what may go wrong with a call.
type FaultKind string

// The kinds of faults that can be asked for.
const (
	FaultSlow      FaultKind = "slow"      // answered after some seconds
	FaultError     FaultKind = "error"     // refused with a server's error, nothing done
	FaultLimited   FaultKind = "limited"   // refused for now, with a time to come back
	FaultLost      FaultKind = "lost"      // done, and the answer never arrives
	FaultDuplicate FaultKind = "duplicate" // delivered to the app twice
	FaultReorder   FaultKind = "reorder"   // delivered to the app after the next one
)

// A Fault is a trouble that was asked for.
type Fault struct {
	Service string // as a FaultTarget names it
	On      string // one of its calls
	Kind    FaultKind
	Times   int // how many calls it hits
	Hits    int // how many it has hit
}

// A FaultTarget is a stand-in that can be asked for trouble.
type FaultTarget struct {
	Service string
	Calls   []string // in the order in which they are offered
}

// Faults are the troubles of the stand-ins. Everything must be safe for
// concurrent use. AddFault refuses a kind that does not go with the call.
type Faults interface {
	FaultTargets() []FaultTarget
	ListFaults() []Fault
	AddFault(Fault) error
	ClearFaults()
}

// mostTimes bounds how many calls one fault hits.
const mostTimes = 20

type faultsView struct {
	Here    where
	Targets []FaultTarget
	Kinds   []kindView
	List    []faultView
}

type kindView struct{ Value, Label string }

type faultView struct {
	Fault
	Label string
	Fresh bool
}

var kinds = []kindView{
	{string(FaultSlow), "answer slowly"},
	{string(FaultError), "answer with an error"},
	{string(FaultLimited), "answer “too many requests”"},
	{string(FaultLost), "do it and lose the answer"},
	{string(FaultDuplicate), "deliver it twice"},
	{string(FaultReorder), "deliver it out of order"},
}

func (s *scene) faults(l look) *faultsView {
	if s.h.Faults == nil {
		return nil
	}
	v := &faultsView{Here: s.where, Targets: s.h.Faults.FaultTargets(), Kinds: kinds}
	for _, f := range s.h.Faults.ListFaults() {
		i := slices.IndexFunc(kinds, func(k kindView) bool { return k.Value == string(f.Kind) })
		label := string(f.Kind)
		if i >= 0 {
			label = kinds[i].Label
		}
		fresh := l.fresh("fault "+f.Service+" "+f.On+" "+string(f.Kind), strconv.Itoa(f.Times), strconv.Itoa(f.Hits))
		v.List = append(v.List, faultView{f, label, fresh})
	}
	return v
}

// addFault asks a stand-in for trouble.
func (h *handler) addFault(_ http.ResponseWriter, r *http.Request, _ *scene) (string, bool) {
	service, on, ok := strings.Cut(r.PostForm.Get("on"), "|")
	times, err := strconv.Atoi(r.PostForm.Get("times"))
	f := Fault{Service: service, On: on, Kind: FaultKind(r.PostForm.Get("kind")), Times: times}
	if h.Faults == nil || !ok || err != nil || times < 1 || times > mostTimes || !h.knows(f) {
		return "fault", false
	}
	if h.Faults.AddFault(f) != nil {
		return "fault", false
	}
	h.moved.ring()
	return "", false
}

func (h *handler) knows(f Fault) bool {
	return slices.ContainsFunc(kinds, func(k kindView) bool { return k.Value == string(f.Kind) }) &&
		slices.ContainsFunc(h.Faults.FaultTargets(), func(t FaultTarget) bool {
			return t.Service == f.Service && slices.Contains(t.Calls, f.On)
		})
}

// clearFaults ends all trouble.
func (h *handler) clearFaults(http.ResponseWriter, *http.Request, *scene) (string, bool) {
	if h.Faults != nil {
		h.Faults.ClearFaults()
		h.moved.ring()
	}
	return "", false
}
