package partnercenter

import (
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"errors"
	"net/url"
	"regexp"
	"strings"
	"time"

	"latchkey/internal/access"
)

// Notification is what Partner Center tells of a change. It says where to look and
// no more: what is so is read afterwards.
type Notification struct {
	Event        string                // such as "granular-admin-relationship-terminated"
	Relationship access.RelationshipID // of events about relationships and assignments
	Record       string                // the id of its audit record; may be empty
	ChangedAt    time.Time
	Digest       string // of the body; it has no id of its own
}

// Subject says what a notification asks to be read.
type Subject string

// The subjects of notifications.
const (
	AboutNothing      Subject = ""             // what does not concern access, and tests
	AboutRelationship Subject = "relationship" // that of the notification
	AboutCustomer     Subject = "customer"     // whom only the audit record names
)

// About says what the notification asks to be read.
func (n Notification) About() Subject {
	s := subjectOf(n.Event)
	if s == AboutRelationship && n.Relationship == "" {
		return AboutNothing
	}
	return s
}

// subjectOf says what events of the name are about.
func subjectOf(event string) Subject {
	switch {
	case strings.HasPrefix(event, "granular-admin-"):
		return AboutRelationship
	case strings.HasPrefix(event, "dap-admin-relationship-"), strings.Contains(event, "reseller-relationship-"):
		return AboutCustomer
	}
	return AboutNothing
}

const guid = `[0-9a-fA-F]{8}(?:-[0-9a-fA-F]{4}){3}-[0-9a-fA-F]{12}`

var (
	eventForm        = regexp.MustCompile(`^[a-z0-9-]{1,100}$`)
	relationshipPath = regexp.MustCompile(`/granularAdminRelationships/(` + guid + `-` + guid + `)(?:/|$)`)
	recordPath       = regexp.MustCompile(`/auditactivity/v1/auditrecords/(` + guid + `)$`)
)

// ParseNotification reads the body of a delivery whose signature holds. Of the
// addresses in it only ids are taken, in their very form; what has another form
// counts as not there.
func ParseNotification(body []byte) (Notification, error) {
	var in struct {
		EventName, ResourceURI, AuditURI string
		AuditURL                         string // as one page of the documentation calls it
		ResourceChangeUTCDate            time.Time
	}
	if err := json.Unmarshal(body, &in); err != nil {
		return Notification{}, errors.New("the notification is not the JSON that was expected")
	}
	in.EventName = strings.ToLower(in.EventName)
	if !eventForm.MatchString(in.EventName) {
		return Notification{}, errors.New("the notification does not name an event")
	}
	if in.ResourceChangeUTCDate.IsZero() {
		return Notification{}, errors.New("the notification does not say when it changed")
	}
	sum := sha256.Sum256(body)
	n := Notification{Event: in.EventName, ChangedAt: in.ResourceChangeUTCDate.UTC(), Digest: hex.EncodeToString(sum[:])}
	n.Relationship = access.RelationshipID(strings.ToLower(idIn(in.ResourceURI, relationshipPath)))
	if n.Record = idIn(in.AuditURI, recordPath); n.Record == "" {
		n.Record = idIn(in.AuditURL, recordPath)
	}
	return n, nil
}

func idIn(address string, form *regexp.Regexp) string {
	u, err := url.Parse(address)
	if err != nil {
		return ""
	}
	if m := form.FindStringSubmatch(u.Path); m != nil {
		return m[1]
	}
	return ""
}
