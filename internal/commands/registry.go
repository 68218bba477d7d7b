package commands

import (
	"context"
	"slices"
	"strings"

	"latchkey/internal/messages"
)

// Command is a verb of /access.
type Command struct {
	Name     string
	Usage    string   // begins with Name
	Short    string   // a sentence
	Long     []string // optional paragraphs
	Who      string   // who may use it; goes on from "Who may:"
	Examples []string
	// Rare keeps a command off the one screen of help: a button leads to it, or
	// another command does the same.
	Rare bool
	Run  run
}

// Action is a button.
type Action struct {
	ID  string
	Run run
}

// View is a modal that can be submitted.
type View struct {
	ID string
	// Blocks are those that can be at fault; the first takes what belongs to
	// none.
	Blocks []string
	Run    run
}

// OptionList is a list that is filled while somebody types.
type OptionList struct {
	ID  string
	Run func(context.Context, Env, Invocation) ([]messages.Option, error)
}

type run = func(context.Context, Env, Invocation) (Reply, error)

var (
	commandsByName = map[string]Command{}
	actionsByID    = map[string]Action{}
	viewsByID      = map[string]View{}
	optionsByID    = map[string]OptionList{}
)

func register(c Command) { put(commandsByName, c.Name, c) }

func registerAction(a Action) { put(actionsByID, a.ID, a) }

func registerView(v View) { put(viewsByID, v.ID, v) }

func registerOptions(o OptionList) { put(optionsByID, o.ID, o) }

// put panics when two files claim the same name, which only a faulty build can.
func put[T any](into map[string]T, name string, v T) {
	if _, taken := into[name]; taken {
		panic("commands: " + name + " is registered twice")
	}
	into[name] = v
}

// order is the order in which a newcomer needs the commands.
var order = []string{"list", "request", "advise", "explain", "mine", "show", "withdraw", "revoke", "why", "relationship", "standing", "review", "summary", "report", "activity", "dap", "impact", "customer", "staff", "help"}

// Commands returns every command in the order of help.
func Commands() []Command {
	out := make([]Command, 0, len(commandsByName))
	for _, c := range commandsByName {
		out = append(out, c)
	}
	slices.SortFunc(out, func(a, b Command) int {
		if d := slices.Index(order, a.Name) - slices.Index(order, b.Name); d != 0 {
			return d
		}
		return strings.Compare(a.Name, b.Name)
	})
	return out
}

// ActionIDs returns the action ids of all buttons, sorted.
func ActionIDs() []string { return keys(actionsByID) }

// ViewIDs returns the callback ids of all modals that can be submitted, sorted.
func ViewIDs() []string { return keys(viewsByID) }

// OptionIDs returns the action ids of all option lists, sorted.
func OptionIDs() []string { return keys(optionsByID) }

func keys[T any](m map[string]T) []string {
	out := make([]string, 0, len(m))
	for k := range m {
		out = append(out, k)
	}
	slices.Sort(out)
	return out
}

// Help returns how help shows the command.
func (c Command) Help() messages.CommandView {
	return messages.CommandView{Name: c.Name, Usage: c.Usage, Short: c.Short, Long: c.Long, Who: c.Who, Examples: c.Examples}
}
