// Package policy turns policy.yml into decisions: who the customers are, what
// may be asked for, for how long, and how many of a customer's contacts must
// agree.
//
// The file is read strictly: an unknown key, a value of the wrong kind or a
// name that means two things is refused, and all that is wrong is reported at
// once with its line and column. Whatever the file does not allow is not
// allowed. A [Policy] never changes once it is parsed, so it is safe for
// concurrent use; the package keeps nothing, and a crash here leaves nothing
// behind.
package policy

import (
	"fmt"
	"io"
	"os"
	"slices"
	"strings"
	"time"

	"latchkey/internal/access"
	"latchkey/internal/lang"
)

// A Policy is a valid policy.yml.
type Policy struct {
	Version string          // the first 12 hex digits of the SHA-256 of the file's bytes
	Admins  []access.UserID // who may administer the bot; never empty
	// Checkpoints is how long after a checkpoint of the audit log the next is posted to a
	// customer's channel; zero: never.
	Checkpoints time.Duration
	Retention   time.Duration       // how long what has ended is kept; the audit log is kept for ever
	Operations  access.ChannelID    // where the partner's own staff hear of what happens
	TimeZone    string              // IANA name, "UTC" unless the file says otherwise
	Driver      access.Driver       // of customers that have none of their own; membership unless the file says otherwise
	Customers   []Customer          // in the file's order; never empty
	Bundles     []Bundle            // in the file's order
	Staff       []StaffGroup        // in the file's order
	OnCall      []OnCall            // in the file's order
	Rules       []Rule              // in the file's order; the first that fits decides
	Rule        Rule                // for what none of them fits; without a name there is none
	Summary     access.SummaryTimes // of the daily summary for the partner's own staff
	Alerts      Alerts
	Reviews     Reviews
	// StaffByMail are the domains whose mail addresses, as Slack has verified them, say who
	// of the partner's people is who in Entra; empty when only a bot admin does.
	StaffByMail []string
}

// A Customer is a tenant that the partner looks after.
type Customer struct {
	Name     string
	Tenant   access.TenantID // in lower case
	Domains  []string        // in lower case
	Team     access.TeamID   // the customer's own workspace; its members may be contacts
	Channel  access.ChannelID
	Language lang.Tag // in which it is written to, "en" unless the file says otherwise
	TimeZone string   // IANA name, the policy's unless the file says otherwise
	Summary  bool     // its channel is told daily who had access
	// Owner is who of the partner's people looks after the customer, and is called
	// upon by its alarms; empty when nobody is named.
	Owner access.UserID
	Tags  []string // by which rules name several customers
	// Driver is how access is given and ended, the policy's unless the file says
	// otherwise.
	Driver access.Driver
	// ContactRoles are the directory roles of which its contacts must hold one.
	ContactRoles []access.RoleID
}

// Admits returns the first of the roles that makes somebody a possible contact.
func (c Customer) Admits(held []access.RoleID) (access.RoleID, bool) {
	i := slices.IndexFunc(held, func(id access.RoleID) bool { return slices.Contains(c.ContactRoles, id) })
	if i < 0 {
		return "", false
	}
	return held[i], true
}

// A Bundle is a set of roles with a name that people use.
type Bundle struct {
	Name  string
	Roles []access.RoleID // sorted, each once
	What  string          // what the bundle is for, or ""
	// Groups receive the roles for good on a relationship that is asked for as
	// this bundle.
	Groups []Group
	// Dual means that two people must agree to any of its roles, whatever the rules say.
	Dual bool
}

// A Group is a security group in the partner's own tenant.
type Group struct {
	Name string // how the partner's people call it
	ID   access.GroupID
}

// Language is the language of whom a customer's people are written to in: of the
// customer whose channel it is, else of the first whose workspace it is, and English
// where there is none.
func (p *Policy) Language(channel access.ChannelID, team access.TeamID) lang.Tag {
	for _, c := range p.Customers {
		if channel != "" && c.Channel == channel {
			return c.Language
		}
	}
	for _, c := range p.Customers {
		if team != "" && c.Team == team {
			return c.Language
		}
	}
	return lang.English
}

// Load reads and parses the file. What is wrong with its content is returned as
// [*Problems].
func Load(path string) (*Policy, error) {
	f, err := os.Open(path)
	if err != nil {
		return nil, fmt.Errorf("read the policy: %w", err)
	}
	defer f.Close()
	// One byte more than Parse takes, so that it sees that the file is too large.
	data, err := io.ReadAll(io.LimitReader(f, maxSize+1))
	if err != nil {
		return nil, fmt.Errorf("read the policy: %w", err)
	}
	return Parse(path, data)
}

// Admin reports whether the user administers the bot.
func (p *Policy) Admin(user access.UserID) bool {
	return user != "" && slices.Contains(p.Admins, user)
}

// Customer returns the customer with the tenant, in whatever case it is
// written.
func (p *Policy) Customer(tenant access.TenantID) (Customer, bool) {
	for _, c := range p.Customers {
		if strings.EqualFold(string(c.Tenant), string(tenant)) {
			return c, true
		}
	}
	return Customer{}, false
}

// BundleFor returns the bundle that holds exactly the roles, so that a message
// can call them by its name.
func (p *Policy) BundleFor(ids []access.RoleID) (Bundle, bool) {
	for _, b := range p.Bundles {
		if access.SameRoles(b.Roles, ids) {
			return b, true
		}
	}
	return Bundle{}, false
}
