package graph_test

import (
	"slices"
	"testing"

	"github.com/microsoft/kiota-abstractions-go/serialization"
	"github.com/microsoftgraph/msgraph-sdk-go/models"
)

// as gives a check the model that it is about.
func as[T serialization.Parsable](check func(*testing.T, T)) func(*testing.T, serialization.Parsable) {
	return func(t *testing.T, v serialization.Parsable) {
		t.Helper()
		m, ok := v.(T)
		if !ok {
			t.Fatalf("decoded a %T", v)
		}
		check(t, m)
	}
}

func decodeRows() []decodeRow {
	return slices.Concat(
		decodeRelationshipRows(), decodeAssignmentRows(), decodeCustomerRows(),
		decodePrincipalRows(), decodeObjectRows(), decodePIMRows(), decodeReportRows(),
	)
}

func decodeRelationshipRows() []decodeRow {
	one := decodeRels + "/" + relA
	relationship := as(func(t *testing.T, r models.DelegatedAdminRelationshipable) {
		there(t, "status", r.GetStatus())
		there(t, "duration", r.GetDuration())
		there(t, "autoExtendDuration", r.GetAutoExtendDuration())
		there(t, "createdDateTime", r.GetCreatedDateTime())
		if r.GetAccessDetails() == nil || len(r.GetAccessDetails().GetUnifiedRoles()) == 0 {
			t.Error("no roles were read")
		}
		if name := deref(r.GetDisplayName()); name == "B" {
			p, ok := r.(models.ResellerDelegatedAdminRelationshipable)
			if !ok {
				t.Fatalf("a provider's relationship is a %T", r)
			}
			is(t, "indirectProviderTenantId", p.GetIndirectProviderTenantId(), fabrikam)
			there(t, "isPartnerConsentPending", p.GetIsPartnerConsentPending())
		}
	})
	request := as(func(t *testing.T, q models.DelegatedAdminRelationshipRequestable) {
		there(t, "action", q.GetAction())
		there(t, "status", q.GetStatus())
		there(t, "createdDateTime", q.GetCreatedDateTime())
	})
	operation := as(func(t *testing.T, op models.DelegatedAdminRelationshipOperationable) {
		is(t, "operationType", op.GetOperationType(), models.DELEGATEDADMINRELATIONSHIPUPDATE_DELEGATEDADMINRELATIONSHIPOPERATIONTYPE)
		there(t, "status", op.GetStatus())
		there(t, "data", op.GetData())
	})
	var (
		relationshipModel serialization.ParsableFactory = models.CreateDelegatedAdminRelationshipFromDiscriminatorValue
		requestModel      serialization.ParsableFactory = models.CreateDelegatedAdminRelationshipRequestFromDiscriminatorValue
		operationModel    serialization.ParsableFactory = models.CreateDelegatedAdminRelationshipOperationFromDiscriminatorValue
	)
	return []decodeRow{
		{"GET " + decodeRels, decodeRels, "", 200, relationshipModel, relationship},
		{"POST " + decodeRels, decodeRels, `{"displayName":"N","duration":"P730D","autoExtendDuration":"P180D","customer":{"tenantId":"` + contoso + `"},"accessDetails":{"unifiedRoles":[{"roleDefinitionId":"` + exchange + `"}]}}`, 201, relationshipModel, relationship},
		{"GET " + decodeRels + "/{id}", one, "", 200, relationshipModel, relationship},
		{"PATCH " + decodeRels + "/{id}", one, `{"autoExtendDuration":"P180D"}`, 200, relationshipModel, relationship},
		{"GET " + decodeRels + "/{id}/requests", decodeRels + "/" + relB + "/requests", "", 200, requestModel, request},
		{"POST " + decodeRels + "/{id}/requests", one + "/requests", `{"action":"terminate"}`, 201, requestModel, request},
		{"GET " + decodeRels + "/{id}/requests/{rid}", decodeRels + "/" + relB + "/requests/{request}", "", 200, requestModel, request},
		{"GET " + decodeRels + "/{id}/operations", one + "/operations", "", 200, operationModel, operation},
		{"GET " + decodeRels + "/{id}/operations/{oid}", one + "/operations/{operation}", "", 200, operationModel, operation},
	}
}

func decodeAssignmentRows() []decodeRow {
	assignment := as(func(t *testing.T, a models.DelegatedAdminAccessAssignmentable) {
		there(t, "status", a.GetStatus())
		is(t, "accessContainerId", a.GetAccessContainer().GetAccessContainerId(), decodeGroup)
		is(t, "accessContainerType", a.GetAccessContainer().GetAccessContainerType(), models.SECURITYGROUP_DELEGATEDADMINACCESSCONTAINERTYPE)
		is(t, "role", a.GetAccessDetails().GetUnifiedRoles()[0].GetRoleDefinitionId(), exchange)
	})
	var assignmentModel serialization.ParsableFactory = models.CreateDelegatedAdminAccessAssignmentFromDiscriminatorValue
	const one = decodeRels + "/" + relA
	return []decodeRow{
		{"GET " + decodeRels + "/{id}/accessAssignments", one + "/accessAssignments", "", 200, assignmentModel, assignment},
		{"POST " + decodeRels + "/{id}/accessAssignments", decodeRels + "/" + relF + "/accessAssignments", assignBody, 201, assignmentModel, assignment},
		{"GET " + decodeRels + "/{id}/accessAssignments/{aid}", one + "/accessAssignments/{assignment}", "", 200, assignmentModel, assignment},
		{"PATCH " + decodeRels + "/{id}/accessAssignments/{aid}", one + "/accessAssignments/{assignment}", `{"accessDetails":{"unifiedRoles":[{"roleDefinitionId":"` + exchange + `"}]}}`, 200, assignmentModel, assignment},
	}
}

func decodeCustomerRows() []decodeRow {
	customer := as(func(t *testing.T, c models.DelegatedAdminCustomerable) {
		is(t, "tenantId", c.GetTenantId(), contoso)
		is(t, "displayName", c.GetDisplayName(), "Contoso")
	})
	var customerModel serialization.ParsableFactory = models.CreateDelegatedAdminCustomerFromDiscriminatorValue
	const customers = "/tenantRelationships/delegatedAdminCustomers"
	return []decodeRow{
		{"GET " + customers, customers, "", 200, customerModel, customer},
		{"GET " + customers + "/{tenant}", customers + "/" + contoso, "", 200, customerModel, customer},
		{"GET " + customers + "/{tenant}/serviceManagementDetails", customers + "/" + contoso + "/serviceManagementDetails", "", 200,
			models.CreateDelegatedAdminServiceManagementDetailFromDiscriminatorValue, as(func(t *testing.T, d models.DelegatedAdminServiceManagementDetailable) {
				there(t, "serviceName", d.GetServiceName())
				there(t, "serviceManagementUrl", d.GetServiceManagementUrl())
			})},
		{"GET /tenantRelationships/{function}", "/tenantRelationships/findTenantInformationByTenantId(tenantId='" + contoso + "')", "", 200,
			models.CreateTenantInformationFromDiscriminatorValue, as(func(t *testing.T, i models.TenantInformationable) {
				is(t, "tenantId", i.GetTenantId(), contoso)
				is(t, "defaultDomainName", i.GetDefaultDomainName(), "contoso.test")
			})},
		{"GET /contracts", "/contracts", "", 200, models.CreateContractFromDiscriminatorValue, as(func(t *testing.T, k models.Contractable) {
			there(t, "customerId", k.GetCustomerId())
			is(t, "contractType", k.GetContractType(), "ResellerPartner")
		})},
	}
}

func decodePrincipalRows() []decodeRow {
	definition := as(func(t *testing.T, r models.UnifiedRoleDefinitionable) {
		there(t, "displayName", r.GetDisplayName())
		is(t, "templateId", r.GetTemplateId(), *r.GetId())
		is(t, "isBuiltIn", r.GetIsBuiltIn(), true)
	})
	principal := as(func(t *testing.T, p models.ServicePrincipalable) {
		there(t, "appId", p.GetAppId())
		is(t, "servicePrincipalType", p.GetServicePrincipalType(), "Application")
	})
	var definitionModel serialization.ParsableFactory = models.CreateUnifiedRoleDefinitionFromDiscriminatorValue
	neighbour := as(func(t *testing.T, p models.CrossTenantAccessPolicyConfigurationPartnerable) {
		is(t, "tenantId", p.GetTenantId(), fabrikam)
		is(t, "isServiceProvider", p.GetIsServiceProvider(), true)
	})
	const crossList = "/policies/crossTenantAccessPolicy/partners"
	const definitions = "/roleManagement/directory/roleDefinitions"
	return []decodeRow{
		{"GET /organization", "/organization", "", 200, models.CreateOrganizationFromDiscriminatorValue, as(func(t *testing.T, o models.Organizationable) {
			is(t, "id", o.GetId(), partner)
		})},
		{"GET /users/{id}/mailFolders/sentitems/messages", "/users/" + ana + "/mailFolders/sentitems/messages", "", 200, models.CreateMessageFromDiscriminatorValue, as(func(t *testing.T, m models.Messageable) {
			is(t, "subject", m.GetSubject(), "S")
		})},
		{"GET /applications", "/applications", "", 200, models.CreateApplicationFromDiscriminatorValue, as(func(t *testing.T, a models.Applicationable) {
			is(t, "appId", a.GetAppId(), clientID)
			if len(a.GetPasswordCredentials()) != 1 || a.GetPasswordCredentials()[0].GetEndDateTime() == nil {
				t.Error("no secret was read")
			}
		})},
		{"GET /servicePrincipals", "/servicePrincipals", "", 200, models.CreateServicePrincipalFromDiscriminatorValue, principal},
		{"POST /servicePrincipals", "/servicePrincipals", `{"appId":"2832473f-ec63-45fb-976f-5d45a7d4bb91"}`, 201, models.CreateServicePrincipalFromDiscriminatorValue, principal},
		{"GET " + crossList, crossList, "", 200, models.CreateCrossTenantAccessPolicyConfigurationPartnerFromDiscriminatorValue, neighbour},
		{"GET " + crossList + "/{partner}", crossList + "/" + fabrikam, "", 200, models.CreateCrossTenantAccessPolicyConfigurationPartnerFromDiscriminatorValue, neighbour},
		{"GET " + definitions, definitions, "", 200, definitionModel, definition},
		{"GET " + definitions + "/{rid}", definitions + "/" + exchange, "", 200, definitionModel, definition},
	}
}

func decodeObjectRows() []decodeRow {
	group := as(func(t *testing.T, g models.Groupable) {
		is(t, "displayName", g.GetDisplayName(), "G")
		is(t, "mailNickname", g.GetMailNickname(), "g")
		is(t, "securityEnabled", g.GetSecurityEnabled(), true)
		there(t, "createdDateTime", g.GetCreatedDateTime())
	})
	user := as(func(t *testing.T, u models.Userable) {
		there(t, "userPrincipalName", u.GetUserPrincipalName())
		there(t, "userType", u.GetUserType())
		is(t, "accountEnabled", u.GetAccountEnabled(), true)
	})
	object := as(func(t *testing.T, o models.DirectoryObjectable) {
		switch o := o.(type) {
		case models.Groupable, models.Userable:
			there(t, "id", o.GetId())
		case models.DirectoryRoleable:
			is(t, "roleTemplateId", o.GetRoleTemplateId(), helpdesk)
			is(t, "displayName", o.GetDisplayName(), "Helpdesk Administrator")
		default:
			t.Errorf("decoded a %T", o)
		}
	})
	unit := as(func(t *testing.T, u models.AdministrativeUnitable) {
		there(t, "displayName", u.GetDisplayName())
		there(t, "isMemberManagementRestricted", u.GetIsMemberManagementRestricted())
	})
	var (
		objectModel serialization.ParsableFactory = models.CreateDirectoryObjectFromDiscriminatorValue
		unitModel   serialization.ParsableFactory = models.CreateAdministrativeUnitFromDiscriminatorValue
	)
	const units = "/directory/administrativeUnits"
	return []decodeRow{
		{"GET /groups", "/groups", "", 200, models.CreateGroupFromDiscriminatorValue, group},
		{"POST /groups", "/groups", `{"displayName":"G","mailNickname":"g","securityEnabled":true,"mailEnabled":false}`, 201, models.CreateGroupFromDiscriminatorValue, group},
		{"GET /groups/{id}", "/groups/" + decodeGroup, "", 200, models.CreateGroupFromDiscriminatorValue, group},
		{"GET /groups/{id}/members", "/groups/" + decodeGroup + "/members", "", 200, objectModel, object},
		{"GET /groups/{id}/transitiveMembers", "/groups/" + decodeGroup + "/transitiveMembers", "", 200, objectModel, object},
		{"GET /groups/{id}/owners", "/groups/" + decodeGroup + "/owners", "", 200, objectModel, object},
		{"GET /users", "/users", "", 200, models.CreateUserFromDiscriminatorValue, user},
		{"GET /users/{id}", "/users/" + ana, "", 200, models.CreateUserFromDiscriminatorValue, user},
		{"GET /users/{id}/memberOf", "/users/" + ana + "/memberOf", "", 200, objectModel, object},
		{"GET /users/{id}/transitiveMemberOf", "/users/" + ana + "/transitiveMemberOf", "", 200, objectModel, object},
		{"GET " + units, units, "", 200, unitModel, unit},
		{"POST " + units, units, `{"displayName":"V","isMemberManagementRestricted":true}`, 201, unitModel, unit},
		{"GET " + units + "/{id}", units + "/{unit}", "", 200, unitModel, unit},
		{"GET " + units + "/{id}/members/{uid}", units + "/{unit}/members/" + ana, "", 200, objectModel, object},
		{"POST " + units + "/{id}/members", units + "/{unit}/members", `{"@odata.type":"#microsoft.graph.group","displayName":"G","mailNickname":"g","securityEnabled":true,"mailEnabled":false}`, 201, objectModel, object},
		{"GET " + units + "/{id}/members", units + "/{unit}/members", "", 200, objectModel, object},
	}
}

func decodePIMRows() []decodeRow {
	const asked, schedules, instances = decodePIM + "/assignmentScheduleRequests", decodePIM + "/assignmentSchedules", decodePIM + "/assignmentScheduleInstances"
	const ofGroup = "?$filter=groupId eq '" + decodeGroup + "'"
	request := as(func(t *testing.T, q models.PrivilegedAccessGroupAssignmentScheduleRequestable) {
		is(t, "accessId", q.GetAccessId(), models.MEMBER_PRIVILEGEDACCESSGROUPRELATIONSHIPS)
		is(t, "action", q.GetAction(), models.ADMINASSIGN_SCHEDULEREQUESTACTIONS)
		is(t, "status", q.GetStatus(), "Provisioned")
		is(t, "duration type", q.GetScheduleInfo().GetExpiration().GetTypeEscaped(), models.AFTERDURATION_EXPIRATIONPATTERNTYPE)
		there(t, "duration", q.GetScheduleInfo().GetExpiration().GetDuration())
		there(t, "startDateTime", q.GetScheduleInfo().GetStartDateTime())
		is(t, "ticketNumber", q.GetTicketInfo().GetTicketNumber(), "1")
		is(t, "application", q.GetCreatedBy().GetApplication().GetId(), clientID)
		there(t, "targetScheduleId", q.GetTargetScheduleId())
	})
	schedule := as(func(t *testing.T, v models.PrivilegedAccessGroupAssignmentScheduleable) {
		is(t, "assignmentType", v.GetAssignmentType(), models.ASSIGNED_PRIVILEGEDACCESSGROUPASSIGNMENTTYPE)
		is(t, "memberType", v.GetMemberType(), models.DIRECT_PRIVILEGEDACCESSGROUPMEMBERTYPE)
		is(t, "principalId", v.GetPrincipalId(), ana)
		there(t, "createdUsing", v.GetCreatedUsing())
	})
	return []decodeRow{
		{"GET " + asked, asked + ofGroup, "", 200, models.CreatePrivilegedAccessGroupAssignmentScheduleRequestFromDiscriminatorValue, request},
		{"POST " + asked, asked, `{"accessId":"member","principalId":"` + bo + `","groupId":"` + decodeGroup + `","action":"adminRemove"}`, 201,
			models.CreatePrivilegedAccessGroupAssignmentScheduleRequestFromDiscriminatorValue, as(func(t *testing.T, q models.PrivilegedAccessGroupAssignmentScheduleRequestable) {
				is(t, "action", q.GetAction(), models.ADMINREMOVE_SCHEDULEREQUESTACTIONS)
				is(t, "status", q.GetStatus(), "Revoked")
			})},
		{"GET " + asked + "/{rid}", asked + "/{pim}", "", 200, models.CreatePrivilegedAccessGroupAssignmentScheduleRequestFromDiscriminatorValue, request},
		{"GET " + schedules, schedules + ofGroup, "", 200, models.CreatePrivilegedAccessGroupAssignmentScheduleFromDiscriminatorValue, schedule},
		{"GET " + schedules + "/{sid}", schedules + "/{schedule}", "", 200, models.CreatePrivilegedAccessGroupAssignmentScheduleFromDiscriminatorValue, schedule},
		{"GET " + instances, instances + ofGroup, "", 200, models.CreatePrivilegedAccessGroupAssignmentScheduleInstanceFromDiscriminatorValue,
			as(func(t *testing.T, v models.PrivilegedAccessGroupAssignmentScheduleInstanceable) {
				there(t, "assignmentScheduleId", v.GetAssignmentScheduleId())
				there(t, "endDateTime", v.GetEndDateTime())
				is(t, "accessId", v.GetAccessId(), models.MEMBER_PRIVILEGEDACCESSGROUPRELATIONSHIPS)
			})},
	}
}

func decodeReportRows() []decodeRow {
	audit := as(func(t *testing.T, a models.DirectoryAuditable) {
		there(t, "activityDisplayName", a.GetActivityDisplayName())
		there(t, "activityDateTime", a.GetActivityDateTime())
		is(t, "result", a.GetResult(), models.SUCCESS_OPERATIONRESULT)
		if a.GetInitiatedBy() == nil || a.GetInitiatedBy().GetApp() == nil || len(a.GetTargetResources()) == 0 {
			t.Fatal("who did what to whom was not read")
		}
		there(t, "appId", a.GetInitiatedBy().GetApp().GetAppId())
		for _, r := range a.GetTargetResources() {
			there(t, "type", r.GetTypeEscaped())
			if *r.GetTypeEscaped() == "Group" {
				is(t, "groupType", r.GetGroupType(), models.AZUREAD_GROUPTYPE)
			}
			for _, p := range r.GetModifiedProperties() {
				there(t, "modified property", p.GetDisplayName())
			}
		}
	})
	signIn := as(func(t *testing.T, v models.SignInable) {
		is(t, "userDisplayName", v.GetUserDisplayName(), "Ana")
		there(t, "createdDateTime", v.GetCreatedDateTime())
		is(t, "errorCode", v.GetStatus().GetErrorCode(), int32(53003))
		there(t, "conditionalAccessStatus", v.GetConditionalAccessStatus())
		is(t, "riskState", v.GetRiskState(), models.NONE_RISKSTATE)
		is(t, "riskLevelAggregated", v.GetRiskLevelAggregated(), models.NONE_RISKLEVEL)
	})
	const audits, signIns = "/auditLogs/directoryAudits", "/auditLogs/signIns"
	return []decodeRow{
		{"GET " + audits, audits, "", 200, models.CreateDirectoryAuditFromDiscriminatorValue, audit},
		{"GET " + audits + "/{rid}", audits + "/{audit}", "", 200, models.CreateDirectoryAuditFromDiscriminatorValue, audit},
		{"GET " + signIns, signIns, "", 200, models.CreateSignInFromDiscriminatorValue, signIn},
		{"GET " + signIns + "/{rid}", signIns + "/{signin}", "", 200, models.CreateSignInFromDiscriminatorValue, signIn},
	}
}
