package sandbox

import (
	"fmt"
	"time"

	"latchkey/internal/chat/chattest"
	"latchkey/internal/graph/graphtest"
	"latchkey/internal/sandbox/page"
)

// The stand-ins by the names that the page shows.
const (
	serviceSlack = "Slack"
	serviceGraph = "Microsoft"
)

const (
	slowFor    = 4 * time.Second // longer than Slack waits for an acknowledgement
	comeBackIn = 2               // seconds
)

// faults lets the page cause trouble in the stand-ins.
type faults struct {
	slack *chattest.Server
	graph *graphtest.Server
}

// FaultTargets lists the calls in which trouble can be caused: those that the
// bot makes or takes, and all at once.
func (*faults) FaultTargets() []page.FaultTarget {
	deliveries := []string{chattest.OnInteractions, chattest.OnCommands, chattest.OnOptions, chattest.OnEvents}
	return []page.FaultTarget{
		{Service: serviceSlack, Calls: append(append(deliveries, chattest.OnEveryMethod), chattest.Methods()...)},
		{Service: serviceGraph, Calls: append([]string{"*", "token", graphtest.OnWebhook}, graphtest.Paths()...)},
	}
}

// ListFaults returns what is planned and how often it has hit.
func (f *faults) ListFaults() (list []page.Fault) {
	for _, s := range f.slack.Faults() {
		list = append(list, page.Fault{Service: serviceSlack, On: s.On, Kind: slackKind(s.Fault), Times: s.Times, Hits: s.Hits})
	}
	for _, s := range f.graph.Faults() {
		list = append(list, page.Fault{Service: serviceGraph, On: s.On, Kind: graphKind(s.Fault), Times: s.Times, Hits: s.Hits})
	}
	return list
}

// AddFault plans trouble after what is planned already.
func (f *faults) AddFault(p page.Fault) error {
	if p.Service == serviceSlack {
		added, err := slackFault(p)
		if err != nil {
			return err
		}
		return f.slack.AddFault(added)
	}
	added, err := graphFault(p)
	if err != nil {
		return err
	}
	return f.graph.AddFault(added)
}

// ClearFaults ends all trouble.
func (f *faults) ClearFaults() {
	f.slack.SetFaults() //nolint:errcheck // an empty plan is never refused
	f.graph.SetFaults() //nolint:errcheck // an empty plan is never refused
}

func slackFault(p page.Fault) (chattest.Fault, error) {
	f := chattest.Fault{On: p.On, Times: p.Times}
	switch p.Kind {
	case page.FaultSlow:
		f.Delay = slowFor
	case page.FaultError:
		f.Status = 503
	case page.FaultLimited:
		f.RetryAfter = comeBackIn
	case page.FaultLost:
		f.Drop = chattest.DropAfter
	case page.FaultDuplicate:
		f.Duplicate = 1
	case page.FaultReorder:
		f.Reorder = true
	default:
		return f, fmt.Errorf("there is no fault %q", p.Kind)
	}
	return f, nil
}

func slackKind(f chattest.Fault) page.FaultKind {
	switch {
	case f.Reorder:
		return page.FaultReorder
	case f.Duplicate > 0:
		return page.FaultDuplicate
	case f.Drop != chattest.NoDrop:
		return page.FaultLost
	case f.RetryAfter > 0:
		return page.FaultLimited
	case f.Status != 0 || f.Error != "":
		return page.FaultError
	}
	return page.FaultSlow
}

func graphFault(p page.Fault) (graphtest.Fault, error) {
	f := graphtest.Fault{On: p.On, Times: p.Times}
	switch p.Kind {
	case page.FaultSlow:
		f.Delay = slowFor
	case page.FaultError:
		f.Status = 503
	case page.FaultLimited:
		f.RetryAfter = comeBackIn
	case page.FaultLost:
		f.Drop = graphtest.DropAfter
	case page.FaultDuplicate:
		f.Duplicate = 1
	case page.FaultReorder:
		f.Reorder = true
	default:
		return f, fmt.Errorf("there is no fault %q", p.Kind)
	}
	return f, nil
}

func graphKind(f graphtest.Fault) page.FaultKind {
	switch {
	case f.Reorder:
		return page.FaultReorder
	case f.Duplicate > 0:
		return page.FaultDuplicate
	case f.Drop != graphtest.NoDrop:
		return page.FaultLost
	case f.RetryAfter > 0:
		return page.FaultLimited
	case f.Status != 0:
		return page.FaultError
	}
	return page.FaultSlow
}
