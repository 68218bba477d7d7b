package audit

import (
	"strings"
	"time"

	"latchkey/internal/access"
)

// Of the Open Cybersecurity Schema Framework (schema.ocsf.io) the class Entity Management
// is used for every event: somebody does something to a thing that is managed here.
const (
	ocsfVersion  = "1.3.0"
	ocsfCategory = 3 // Identity & Access Management
	ocsfClass    = 3004

	ocsfCreate, ocsfUpdate, ocsfDelete, ocsfOther = 1, 3, 4, 99
	ocsfSuccess, ocsfFailure                      = 1, 2
	ocsfInformational, ocsfMedium, ocsfHigh       = 1, 3, 4
	ocsfUser, ocsfSystem                          = 1, 3
)

type ocsfEvent struct {
	ActivityID   int            `json:"activity_id"`
	ActivityName string         `json:"activity_name"`
	Actor        ocsfActor      `json:"actor"`
	CategoryName string         `json:"category_name"`
	CategoryUID  int            `json:"category_uid"`
	ClassName    string         `json:"class_name"`
	ClassUID     int            `json:"class_uid"`
	Entity       ocsfEntity     `json:"entity"`
	Message      string         `json:"message"`
	Metadata     ocsfMetadata   `json:"metadata"`
	SeverityID   int            `json:"severity_id"`
	StatusID     int            `json:"status_id"`
	Time         int64          `json:"time"` // in milliseconds
	TypeUID      int            `json:"type_uid"`
	Unmapped     map[string]any `json:"unmapped,omitempty"`
}

type ocsfActor struct {
	User ocsfPerson `json:"user"`
}

type ocsfPerson struct {
	UID    string   `json:"uid"`
	UIDAlt string   `json:"uid_alt,omitempty"` // in Entra
	Type   int      `json:"type_id"`
	Org    *ocsfOrg `json:"org,omitempty"`
}

type ocsfOrg struct {
	UID string `json:"uid"`
}

type ocsfEntity struct {
	Type string `json:"type"`
	UID  string `json:"uid"`
}

type ocsfMetadata struct {
	CorrelationUID string      `json:"correlation_uid,omitempty"`
	EventCode      string      `json:"event_code"`
	LogName        string      `json:"log_name"`
	OriginalTime   string      `json:"original_time"`
	Product        ocsfProduct `json:"product"`
	Sequence       uint64      `json:"sequence"`
	TenantUID      string      `json:"tenant_uid,omitempty"`
	UID            string      `json:"uid"`
	Version        string      `json:"version"`
}

type ocsfProduct struct {
	Name       string `json:"name"`
	VendorName string `json:"vendor_name"`
	Version    string `json:"version"`
}

// ocsf writes an event for the Open Cybersecurity Schema Framework.
func ocsf(e access.Event, version string) ocsfEvent {
	activity, name := ocsfActivity(e.Kind)
	status, severity := ocsfSuccess, ocsfInformational
	if failure(e.Kind) {
		status, severity = ocsfFailure, ocsfMedium
	}
	if grave(e.Kind) {
		severity = ocsfHigh
	}
	thing, _, _ := strings.Cut(string(e.Kind), ".")
	entity := ocsfEntity{Type: thing, UID: string(e.Request)}
	for _, id := range []string{e.Detail[thing], string(e.Customer), e.Hash} {
		if entity.UID == "" {
			entity.UID = id
		}
	}
	unmapped := map[string]any{"prev": e.Prev}
	if e.Customer != "" {
		unmapped["customer"] = e.Customer
	}
	if e.Request != "" {
		unmapped["request"] = e.Request
	}
	if len(e.Detail) > 0 {
		unmapped["detail"] = e.Detail
	}
	return ocsfEvent{
		ActivityID: activity, ActivityName: name, Actor: ocsfActor{ocsfWho(e.Actor)},
		CategoryName: "Identity & Access Management", CategoryUID: ocsfCategory, ClassName: "Entity Management", ClassUID: ocsfClass,
		Entity: entity, Message: said(e.Kind), SeverityID: severity, StatusID: status, Time: e.At.UnixMilli(),
		TypeUID: ocsfClass*100 + activity, Unmapped: unmapped,
		Metadata: ocsfMetadata{
			CorrelationUID: e.Ref, EventCode: string(e.Kind), LogName: "audit", OriginalTime: e.At.Format(time.RFC3339Nano),
			Product: ocsfProduct{"Latchkey", "Latchkey", version}, Sequence: e.Seq, TenantUID: string(e.Customer), UID: e.Hash, Version: ocsfVersion,
		},
	}
}

func ocsfWho(p access.Person) ocsfPerson {
	if !p.Known() {
		return ocsfPerson{UID: "latchkey", Type: ocsfSystem}
	}
	who := ocsfPerson{UID: string(p.User), UIDAlt: string(p.Entra.Object), Type: ocsfUser}
	if who.UID == "" {
		who.UID = string(p.Entra.Object)
	}
	if p.Team != "" {
		who.Org = &ocsfOrg{string(p.Team)}
	}
	return who
}

// ocsfActivity is what the schema calls what the event tells of.
func ocsfActivity(k access.EventKind) (int, string) {
	switch k { //nolint:exhaustive // the schema knows four activities, and calls the rest other
	case access.EventRequested, access.EventOffered, access.EventContactLinked, access.EventEnrolled, access.EventStaffLinked,
		access.EventActive, access.EventContainerReady, access.EventReviewStarted, access.EventAlertOpened, access.EventGroupGiven:
		return ocsfCreate, "Create"
	case access.EventEnded, access.EventContactRemoved, access.EventStaffRemoved, access.EventTerminated, access.EventOusted,
		access.EventUnassigned, access.EventDAPRemoved, access.EventReviewRemoved, access.EventForgotten, access.EventPruned, access.EventOfferEnded:
		return ocsfDelete, "Delete"
	case access.EventRefused, access.EventForged, access.EventReplayed:
		return ocsfOther, said(k)
	}
	return ocsfUpdate, "Update"
}
