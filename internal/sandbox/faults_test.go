package sandbox_test

import (
	"testing"

	"latchkey/internal/sandbox"
	"latchkey/internal/sandbox/page"
)

// TestFaultsAreKeptApart adds one fault of every kind to every stand-in, and
// finds each again as it was asked for.
func TestFaultsAreKeptApart(t *testing.T) {
	t.Parallel()
	f := sandbox.FaultsOf(open(t, t.TempDir()))
	asked := []page.Fault{
		{Service: "Slack", On: "chat.postMessage", Kind: page.FaultSlow, Times: 1},
		{Service: "Slack", On: "chat.update", Kind: page.FaultError, Times: 2},
		{Service: "Slack", On: "chat.postMessage", Kind: page.FaultLimited, Times: 3},
		{Service: "Slack", On: "*", Kind: page.FaultLost, Times: 4},
		{Service: "Slack", On: "deliver:/slack/interactions", Kind: page.FaultDuplicate, Times: 5},
		{Service: "Slack", On: "deliver:/slack/commands", Kind: page.FaultReorder, Times: 6},
		{Service: "Microsoft", On: "token", Kind: page.FaultSlow, Times: 1},
		{Service: "Microsoft", On: "POST /groups", Kind: page.FaultError, Times: 2},
		{Service: "Microsoft", On: "GET /groups", Kind: page.FaultLimited, Times: 3},
		{Service: "Microsoft", On: "*", Kind: page.FaultLost, Times: 4},
		{Service: "Microsoft", On: "webhook", Kind: page.FaultDuplicate, Times: 5},
		{Service: "Microsoft", On: "webhook", Kind: page.FaultReorder, Times: 6},
	}
	for _, a := range asked {
		if err := f.AddFault(a); err != nil {
			t.Errorf("AddFault(%+v) = %v", a, err)
		}
	}
	got := f.ListFaults()
	if len(got) != len(asked) {
		t.Fatalf("%d faults are planned, want %d", len(got), len(asked))
	}
	for i, a := range asked {
		if got[i] != a {
			t.Errorf("fault %d is %+v, want %+v", i, got[i], a)
		}
	}
	for _, bad := range []page.Fault{
		{Service: "Slack", On: "chat.postMessage", Kind: page.FaultDuplicate, Times: 1},
		{Service: "Slack", On: "chat.postMessage", Kind: "wrong", Times: 1},
		{Service: "Microsoft", On: "POST /groups", Kind: page.FaultReorder, Times: 1},
		{Service: "Microsoft", On: "POST /nowhere", Kind: page.FaultSlow, Times: 1},
	} {
		if f.AddFault(bad) == nil {
			t.Errorf("AddFault took %+v", bad)
		}
	}
	if len(f.ListFaults()) != len(asked) {
		t.Error("a refused fault was planned, or ended others")
	}
	f.ClearFaults()
	if left := f.ListFaults(); len(left) != 0 {
		t.Errorf("ClearFaults left %v", left)
	}
}

// TestFaultsGoOn counts what the earlier faults have hit when one is added.
func TestFaultsGoOn(t *testing.T) {
	t.Parallel()
	w := open(t, t.TempDir())
	f := sandbox.FaultsOf(w)
	if err := f.AddFault(page.Fault{Service: "Slack", On: "deliver:*", Kind: page.FaultError, Times: 3}); err != nil {
		t.Fatal(err)
	}
	for range 2 {
		if d, err := w.Slack.Slash(t.Context(), sandbox.Ana, sandbox.ChannelContoso, "/access", "mine"); err != nil || d.Err == nil {
			t.Fatalf("the delivery was not hit: %v, %v", err, d.Err)
		}
	}
	if err := f.AddFault(page.Fault{Service: "Slack", On: "chat.update", Kind: page.FaultSlow, Times: 1}); err != nil {
		t.Fatal(err)
	}
	if got := f.ListFaults()[0]; got.Hits != 2 || got.Times != 3 {
		t.Errorf("the first fault is %+v after another was added, want 2 of 3 hit", got)
	}
}

// TestFaultTargetsExist offers nothing that the stand-ins would refuse.
func TestFaultTargetsExist(t *testing.T) {
	t.Parallel()
	f := sandbox.FaultsOf(open(t, t.TempDir()))
	for _, target := range f.FaultTargets() {
		for _, on := range target.Calls {
			if err := f.AddFault(page.Fault{Service: target.Service, On: on, Kind: page.FaultSlow, Times: 1}); err != nil {
				t.Errorf("%s %s: %v", target.Service, on, err)
			}
		}
	}
}
