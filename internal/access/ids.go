// Package access is the vocabulary of delegated access and the life of a
// request and its grant.
//
// It holds plain values and pure functions: a change takes the time it happens
// at and returns a new value or an error, and a refused change changes nothing.
// The package reads no clock, does no I/O and imports only the standard
// library, so that every rule about who gets what until when can be read, and
// tested, in one place.
package access

import (
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"io"
	"slices"
	"strings"
)

// Identifiers are distinct types so that one cannot stand in for another.
type (
	// RequestID names a request and the grant that came of it: "R-7K3M2".
	RequestID string
	// UserID is a Slack user, "U024BE7LH"; members of a Grid may begin with W.
	UserID string
	// TeamID is a Slack workspace, "T024BE7LD", or an organisation, "E…".
	TeamID string
	// ChannelID is a Slack conversation, "C…", "G…" or "D…".
	ChannelID string
	// TenantID is a Microsoft Entra tenant, a GUID in lower case.
	TenantID string
	// RoleID is the template id of an Entra built-in role, a GUID in lower case.
	RoleID string
	// PrincipalID is the object id of a person in the partner's Entra tenant.
	PrincipalID string
	// GroupID is the object id of a security group in the partner's tenant.
	GroupID string
	// RelationshipID is two GUIDs joined by a hyphen, as Graph writes it.
	RelationshipID string
	// AssignmentID is the id of a delegated admin access assignment.
	AssignmentID string
	// ContainerID names our record of the group that carries one set of roles
	// for one customer. It is derived from both, so it exists before the group.
	ContainerID string
)

// crockford is the alphabet of request ids: no I, L, O or U to misread.
const crockford = "0123456789ABCDEFGHJKMNPQRSTVWXYZ"

// NewRequestID draws an id from random. The caller checks that it is free.
func NewRequestID(random io.Reader) (RequestID, error) {
	var b [5]byte
	if _, err := io.ReadFull(random, b[:]); err != nil {
		return "", fmt.Errorf("draw a request id: %w", err)
	}
	for i := range b {
		b[i] = crockford[int(b[i])%len(crockford)]
	}
	return RequestID("R-" + string(b[:])), nil
}

// ParseRequestID reads an id as a person types it: any case, with or without
// the leading "R-" or "#", and with the look-alikes O, I and L forgiven. It reports
// false when the text cannot be an id.
func ParseRequestID(text string) (RequestID, bool) {
	t := strings.ToUpper(strings.TrimSpace(text))
	t = strings.TrimPrefix(strings.TrimPrefix(t, "#"), "R-")
	t = strings.NewReplacer("O", "0", "I", "1", "L", "1").Replace(t)
	if len(t) != 5 || strings.Trim(t, crockford) != "" {
		return "", false
	}
	return RequestID("R-" + t), true
}

// UnitID names an administrative unit of the partner's tenant.
type UnitID string

// ContainerOf names the container of a role set for a customer. The order of
// the roles does not matter.
func ContainerOf(customer TenantID, roles []RoleID) ContainerID {
	sum := sha256.New()
	for _, r := range SortRoles(roles) {
		io.WriteString(sum, string(r)+"\n") //nolint:errcheck // a hash never fails
	}
	return ContainerID(string(customer) + "." + hex.EncodeToString(sum.Sum(nil))[:12])
}

// SortRoles returns the roles sorted, each once. It does not change its input.
func SortRoles(roles []RoleID) []RoleID {
	out := slices.Clone(roles)
	slices.Sort(out)
	return slices.Compact(out)
}

// SameRoles reports whether two lists name the same set of roles.
func SameRoles(a, b []RoleID) bool {
	return slices.Equal(SortRoles(a), SortRoles(b))
}
