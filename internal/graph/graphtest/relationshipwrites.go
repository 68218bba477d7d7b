package graphtest

import (
	"net/http"
	"slices"
	"unicode/utf8"
)

const maxRelationshipName = 50

type accessDetails struct {
	UnifiedRoles []struct {
		RoleDefinitionID string `json:"roleDefinitionId"`
	} `json:"unifiedRoles"`
}

// roles returns the role ids, or a refusal when there is none, one is not an
// id, or one comes twice.
func (d *accessDetails) roles() ([]string, error) {
	if d == nil || len(d.UnifiedRoles) == 0 {
		return nil, badRequest("accessDetails must name at least one role.")
	}
	var out []string
	for _, r := range d.UnifiedRoles {
		if !isGUID(r.RoleDefinitionID) {
			return nil, badRequest("A roleDefinitionId is not the id of a role.")
		}
		if hasRole(out, r.RoleDefinitionID) {
			return nil, badRequest("A role is named twice.")
		}
		out = append(out, r.RoleDefinitionID)
	}
	return out, nil
}

func hasRole(roles []string, id string) bool {
	return slices.ContainsFunc(roles, func(r string) bool { return same(r, id) })
}

func subset(some, all []string) bool {
	return !slices.ContainsFunc(some, func(r string) bool { return !hasRole(all, r) })
}

func sameRoles(a, b []string) bool { return len(a) == len(b) && subset(a, b) }

type relationshipBody struct {
	DisplayName        *string        `json:"displayName"`
	Duration           *string        `json:"duration"`
	AutoExtendDuration *string        `json:"autoExtendDuration"`
	AccessDetails      *accessDetails `json:"accessDetails"`
	Customer           *struct {
		TenantID    string `json:"tenantId"`
		DisplayName string `json:"displayName"`
	} `json:"customer"`
}

// over returns rel with the given properties replaced.
func (b relationshipBody) over(rel Relationship) (Relationship, error) {
	if b.DisplayName != nil {
		rel.DisplayName = *b.DisplayName
	}
	if b.Duration != nil {
		rel.Duration = *b.Duration
	}
	if b.AutoExtendDuration != nil {
		rel.AutoExtend = *b.AutoExtendDuration
	}
	if b.Customer != nil {
		rel.CustomerTenant, rel.CustomerName = b.Customer.TenantID, b.Customer.DisplayName
		if !isGUID(rel.CustomerTenant) {
			return rel, badRequest("customer.tenantId is not the id of a tenant.")
		}
	}
	if b.AccessDetails != nil {
		roles, err := b.AccessDetails.roles()
		if err != nil {
			return rel, err
		}
		rel.Roles = roles
	}
	return rel, nil
}

// valid refuses a relationship that the service would not create.
func (s *Server) valid(rel Relationship) error {
	switch {
	case rel.DisplayName == "":
		return badRequest("displayName is required.")
	case utf8.RuneCountInString(rel.DisplayName) > maxRelationshipName:
		return badRequest("displayName may have at most 50 characters.")
	case !validDuration(rel.Duration):
		return badRequest("duration must be between P1D and P2Y, in years, months and days.")
	case len(rel.Roles) == 0:
		return badRequest("accessDetails must name at least one role.")
	}
	if err := validExtension(rel); err != nil {
		return err
	}
	for _, other := range s.relationships.order {
		if other.ID != rel.ID && same(other.DisplayName, rel.DisplayName) {
			return conflict("A delegated admin relationship with this displayName exists already.")
		}
	}
	return nil
}

func validExtension(rel Relationship) error {
	if !validAutoExtend(rel.AutoExtend) {
		return badRequest("autoExtendDuration must be P0D, PT0S or P180D.")
	}
	if rel.AutoExtend == autoExtendOn && hasRole(rel.Roles, globalAdministrator) {
		return badRequest("A relationship with the Global Administrator role cannot be extended automatically.")
	}
	return nil
}

func (s *Server) createRelationship(c *call) (reply, error) {
	var body relationshipBody
	if err := c.decode(&body); err != nil {
		return reply{}, err
	}
	rel, err := body.over(Relationship{
		ID: newGUID() + "-" + newGUID(), Status: statusCreated, AutoExtend: autoExtendOff, Created: c.now,
	})
	if err != nil {
		return reply{}, err
	}
	if err := s.valid(rel); err != nil {
		return reply{}, err
	}
	row := &relationship{
		Relationship: rel, seq: s.next(), rev: s.next(), modified: c.now, unready: s.opt.Troubles.LockAfterReads,
	}
	s.relationships.put(rel.ID, row)
	s.wrote(c, "created relationship "+rel.ID, gdapActivity("Create delegated admin relationship", "Add", row))
	answer := c.one(http.StatusCreated, relationshipContext, row.wire())
	answer.location = c.url(relationshipsPath + "/" + rel.ID)
	return answer, nil
}

func (s *Server) updateRelationship(c *call) (reply, error) {
	rel, err := s.relationshipOf(c)
	if err != nil {
		return reply{}, err
	}
	if err := c.ifMatch(etag(rel.seq, rel.rev)); err != nil {
		return reply{}, err
	}
	var body relationshipBody
	if err := c.decode(&body); err != nil {
		return reply{}, err
	}
	changed, err := body.over(rel.Relationship)
	if err != nil {
		return reply{}, err
	}
	switch rel.Status {
	case statusCreated:
		err = s.valid(changed)
	case statusActive:
		if body.DisplayName != nil || body.Duration != nil || body.Customer != nil {
			return reply{}, badRequest("Of an active relationship only autoExtendDuration can be changed, and Global Administrator removed.")
		}
		if body.AccessDetails != nil {
			return s.removeGlobalAdministrator(c, rel, changed)
		}
		err = validExtension(changed)
	default:
		return reply{}, badRequest("A relationship in this status cannot be changed.")
	}
	if err != nil {
		return reply{}, err
	}
	rel.Relationship = changed
	s.touch(rel, c.now)
	s.wrote(c, "updated relationship "+rel.ID, gdapActivity("Update delegated admin relationship", "Update", rel))
	return c.one(http.StatusOK, relationshipContext, rel.wire()), nil
}

// removeGlobalAdministrator is the one change of roles that an active
// relationship takes. Any other leaves it as it is, without a refusal.
func (s *Server) removeGlobalAdministrator(c *call, rel *relationship, changed Relationship) (reply, error) {
	rest := slices.DeleteFunc(slices.Clone(rel.Roles), func(r string) bool { return same(r, globalAdministrator) })
	if len(rest) == len(rel.Roles) || !sameRoles(changed.Roles, rest) {
		return c.one(http.StatusOK, relationshipContext, rel.wire()), nil
	}
	if err := validExtension(changed); err != nil {
		return reply{}, err
	}
	return s.change(c, rel, operationRelationship, func() {
		rel.Relationship = changed
		for _, a := range s.assignments.order {
			if same(a.Relationship, rel.ID) && hasRole(a.Roles, globalAdministrator) {
				a.Roles = slices.DeleteFunc(slices.Clone(a.Roles), func(r string) bool { return same(r, globalAdministrator) })
				a.rev, a.modified = s.next(), c.now
			}
		}
		s.touch(rel, c.now)
		s.wrote(c, "removed Global Administrator from relationship "+rel.ID, gdapActivity("Update delegated admin relationship", "Update", rel))
	}), nil
}

func (s *Server) deleteRelationship(c *call) (reply, error) {
	rel, err := s.relationshipOf(c)
	if err != nil {
		return reply{}, err
	}
	if err := c.ifMatch(etag(rel.seq, rel.rev)); err != nil {
		return reply{}, err
	}
	if rel.Status != statusCreated {
		return reply{}, badRequest("Only a relationship in status created can be deleted.")
	}
	s.relationships.remove(rel.ID)
	s.wrote(c, "deleted relationship "+rel.ID, gdapActivity("Delete delegated admin relationship", "Delete", rel))
	return reply{status: http.StatusNoContent}, nil
}
