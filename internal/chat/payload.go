package chat

import (
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"fmt"
	"net/url"
	"time"

	"latchkey/internal/access"
	"latchkey/internal/approvals"
	"latchkey/internal/commands"
)

// slash is what we read of a slash command.
type slash struct {
	TeamID      string `json:"team_id"`
	UserID      string `json:"user_id"`
	UserName    string `json:"user_name"`
	ChannelID   string `json:"channel_id"`
	Command     string `json:"command"`
	Text        string `json:"text"`
	ResponseURL string `json:"response_url"`
	TriggerID   string `json:"trigger_id"`
}

func slashFromForm(f url.Values) slash {
	return slash{
		TeamID: f.Get("team_id"), UserID: f.Get("user_id"), UserName: f.Get("user_name"), ChannelID: f.Get("channel_id"),
		Command: f.Get("command"), Text: f.Get("text"), ResponseURL: f.Get("response_url"), TriggerID: f.Get("trigger_id"),
	}
}

func (s slash) invocation(installed access.TeamID) commands.Invocation {
	return commands.Invocation{
		Origin: approvals.Origin{
			Actor:    access.Person{Team: access.TeamID(s.TeamID), User: access.UserID(s.UserID), Name: s.UserName},
			Channel:  access.ChannelID(s.ChannelID),
			Delivery: deliveryKey("slash", s.TriggerID),
		},
		External: access.TeamID(s.TeamID) != installed,
		Text:     s.Text,
	}
}

// interaction is what we read of a click, a submitted view or a request for
// options. It holds the ids and values that are used and no others: the library's own
// type decodes every block of the message too, and fails whole on one element that it
// does not know. Of what is not read here, nothing can be wrong.
type interaction struct {
	Type        string `json:"type"`
	TriggerID   string `json:"trigger_id"`
	ResponseURL string `json:"response_url"`
	User        struct {
		ID       string `json:"id"`
		Name     string `json:"name"`
		Username string `json:"username"`
		TeamID   string `json:"team_id"`
	} `json:"user"`
	Channel *struct{ ID string } `json:"channel"`
	Actions []action             `json:"actions"`
	View    *view                `json:"view"`
	// Of a request for options.
	ActionID string `json:"action_id"`
	Value    string `json:"value"`
}

type action struct {
	ActionID string  `json:"action_id"`
	Value    string  `json:"value"`
	Selected *option `json:"selected_option"`
}

type option struct {
	Value string `json:"value"`
}

type view struct {
	Type            string `json:"type"`
	ID              string `json:"id"`
	CallbackID      string `json:"callback_id"`
	PrivateMetadata string `json:"private_metadata"`
	State           struct {
		Values map[string]map[string]stateValue `json:"values"`
	} `json:"state"`
}

type stateValue struct {
	Value    string   `json:"value"`
	Selected *option  `json:"selected_option"`
	Several  []option `json:"selected_options"`
	User     string   `json:"selected_user"`
	Moment   int64    `json:"selected_date_time"`
}

func decodeInteraction(raw []byte) (interaction, error) {
	var in interaction
	if err := json.Unmarshal(raw, &in); err != nil {
		return in, fmt.Errorf("decode an interaction: %w", err)
	}
	return in, nil
}

// invocation is the interaction in the terms of commands. Who acts is taken
// from the user alone: in Slack Connect the payload's team is sometimes the
// installing workspace and sometimes the user's own.
func (in interaction) invocation(installed access.TeamID) commands.Invocation {
	name := in.User.Name
	if name == "" {
		name = in.User.Username
	}
	inv := commands.Invocation{
		Origin: approvals.Origin{
			Actor:    access.Person{Team: access.TeamID(in.User.TeamID), User: access.UserID(in.User.ID), Name: name},
			Delivery: deliveryKey(in.Type, in.TriggerID),
		},
		External: access.TeamID(in.User.TeamID) != installed,
		Action:   in.ActionID,
		Query:    in.Value,
	}
	if in.Channel != nil {
		inv.Origin.Channel = access.ChannelID(in.Channel.ID)
	}
	if len(in.Actions) == 1 {
		a := in.Actions[0]
		inv.Action, inv.Value = a.ActionID, a.Value
		if a.Selected != nil {
			inv.Value = a.Selected.Value
		}
	}
	if in.View != nil {
		inv.Callback, inv.Private = in.View.CallbackID, in.View.PrivateMetadata
		inv.Values = in.View.values()
	}
	return inv
}

// values holds what was filled in, by block: each of our input blocks has one
// element.
func (v *view) values() map[string]commands.Value {
	out := make(map[string]commands.Value, len(v.State.Values))
	for block, elements := range v.State.Values {
		for _, e := range elements {
			val := commands.Value{Text: e.Value}
			if e.Moment > 0 {
				val.Moment = time.Unix(e.Moment, 0).UTC()
			}
			if e.Selected != nil {
				val.Selected = []string{e.Selected.Value}
			}
			if e.User != "" {
				val.Selected = []string{e.User}
			}
			for _, o := range e.Several {
				val.Selected = append(val.Selected, o.Value)
			}
			out[block] = val
		}
	}
	return out
}

// deliveryKey recognises a delivery when it comes again: Slack gives each act of
// a person its own trigger.
func deliveryKey(kind, trigger string) string {
	if trigger == "" {
		return ""
	}
	sum := sha256.Sum256([]byte(kind + "\n" + trigger))
	return hex.EncodeToString(sum[:16])
}
