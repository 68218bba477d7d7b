package access

import (
	"slices"
	"time"
)

// RelationshipStatus is Graph's status of a delegated admin relationship, kept
// as Graph spells it so that a new one is shown and breaks nothing.
type RelationshipStatus string

// RelationshipActive is the one status in which a relationship carries access.
const RelationshipActive RelationshipStatus = "active"

// The other statuses that mean something to an offer. Graph may have more.
const (
	RelationshipCreated              RelationshipStatus = "created"
	RelationshipApprovalPending      RelationshipStatus = "approvalPending"
	RelationshipApproved             RelationshipStatus = "approved"
	RelationshipActivating           RelationshipStatus = "activating"
	RelationshipExpiring             RelationshipStatus = "expiring"
	RelationshipExpired              RelationshipStatus = "expired"
	RelationshipTerminationRequested RelationshipStatus = "terminationRequested"
	RelationshipTerminating          RelationshipStatus = "terminating"
	RelationshipTerminated           RelationshipStatus = "terminated"
)

// Relationship is a delegated admin relationship (GDAP) between the partner and
// one customer, as last read from Graph.
type Relationship struct {
	ID           RelationshipID
	Name         string
	Customer     TenantID
	CustomerName string
	Status       RelationshipStatus
	Roles        []RoleID
	Start        time.Time // activated; zero before
	End          time.Time // zero when Graph gives none
	Duration     string    // ISO 8601, exactly as Graph wrote it
	AutoExtend   string    // ISO 8601; "PT0S", "P0D" or empty is off
	// Provider is the indirect provider's tenant where Graph names one.
	Provider TenantID
	// ConsentPending: the provider made it, and it waits for our own word.
	ConsentPending bool
}

// AutoExtends reports whether the relationship renews itself.
func (r Relationship) AutoExtends() bool {
	switch r.AutoExtend {
	case "", "PT0S", "P0D", "P":
		return false
	}
	return true
}

// Carries reports whether the relationship is active, holds all roles and lasts
// at least until the given moment.
func (r Relationship) Carries(roles []RoleID, until time.Time) bool {
	if r.Status != RelationshipActive {
		return false
	}
	if !r.End.IsZero() && r.End.Before(until) {
		return false
	}
	for _, role := range roles {
		if !slices.Contains(r.Roles, role) {
			return false
		}
	}
	return true
}

// AssignmentStatus is Graph's status of an access assignment.
type AssignmentStatus string

const (
	AssignmentPending AssignmentStatus = "pending"
	AssignmentActive  AssignmentStatus = "active"
)

// Assignment is a delegated admin access assignment: a security group of the
// partner that receives roles on a relationship.
type Assignment struct {
	ID           AssignmentID
	Relationship RelationshipID
	Group        GroupID
	GroupName    string // empty when it could not be read
	Roles        []RoleID
	Status       AssignmentStatus
}

// Member is a direct member of a group. Name and UPN are empty for what is no
// user, or may not be seen.
type Member struct {
	ID        PrincipalID
	Name, UPN string
}

// AgentGroup is one of the groups that Partner Center keeps in the partner's
// tenant, as it is called there. Their members reach customers without any
// relationship of ours.
type AgentGroup string

// The agent groups. Under legacy DAP, AdminAgents are Global Administrators and
// HelpdeskAgents are Helpdesk Administrators of the customers; AdminAgents own
// the Azure subscriptions that the partner sold. SalesAgents reach no tenant.
const (
	AdminAgents    AgentGroup = "AdminAgents"
	HelpdeskAgents AgentGroup = "HelpdeskAgents"
	SalesAgents    AgentGroup = "SalesAgents"
)

// AgentGroups lists them, the most powerful first.
func AgentGroups() []AgentGroup { return []AgentGroup{AdminAgents, HelpdeskAgents, SalesAgents} }

// Container is the security group that holds exactly these roles for this
// customer, with the access assignment that gives them to it. Its record exists
// before the group does.
type Container struct {
	ID       ContainerID
	Customer TenantID
	Roles    []RoleID
	// Nonce marks the group as ours. It is drawn and stored before the group is
	// created, so only a group that we made can carry it.
	Nonce        string
	Group        GroupID        // empty until created
	Relationship RelationshipID // that carries the assignment; empty until assigned
	Assignment   AssignmentID
}

// Staff binds a member of the installing workspace to a person in the
// partner's Entra tenant.
type Staff struct {
	Person    Person
	Principal PrincipalID
	UPN       string
	LinkedBy  Person
	LinkedAt  time.Time
	// ByMail is the mail address by which they were found, if no bot admin named the
	// user in Entra.
	ByMail string `json:",omitempty"`
}

// Ending reports whether the relationship is over or being ended.
func (r Relationship) Ending() bool {
	switch r.Status {
	case RelationshipTerminationRequested, RelationshipTerminating, RelationshipTerminated, RelationshipExpired:
		return true
	}
	return false
}
