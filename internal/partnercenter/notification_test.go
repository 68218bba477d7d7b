package partnercenter_test

import (
	"fmt"
	"strings"
	"testing"

	"latchkey/internal/partnercenter"
)

const (
	relation = "72a7ae7e-4887-4e34-9755-2e1e9b26b943-63f017cb-9e0d-4f14-94bd-4871902b3409"
	record   = "0f8a1c3e-4887-4e34-9755-2e1e9b26b943"
)

func notification(event, resource, audit string) string {
	return fmt.Sprintf(`{"EventName":%q,"ResourceUri":%s,"ResourceName":"x","AuditUri":%s,"ResourceChangeUtcDate":"2026-03-02T09:30:00.1234567Z"}`,
		event, resource, audit)
}

func TestParseNotification(t *testing.T) {
	t.Parallel()
	uri := `"https://partner.microsoft.com/granularAdminRelationships/` + relation + `"`
	audit := `"https://api.partnercenter.microsoft.com/auditactivity/v1/auditrecords/` + record + `"`
	for _, row := range []struct {
		name, body           string
		about                partnercenter.Subject
		relationship, record string
		bad                  bool
	}{
		{"Terminated", notification("granular-admin-relationship-terminated", uri, audit), partnercenter.AboutRelationship, relation, record, false},
		{"Assignment", notification("granular-admin-access-assignment-created", strings.TrimSuffix(uri, `"`)+`/accessAssignments/`+record+`"`, "null"), partnercenter.AboutRelationship, relation, "", false},
		{"Upper", notification("Granular-Admin-Relationship-Activated", strings.Replace(uri, relation, strings.ToUpper(relation), 1), audit), partnercenter.AboutRelationship, relation, record, false},
		{"DAP", notification("dap-admin-relationship-terminated", "null", audit), partnercenter.AboutCustomer, "", record, false},
		{"DAPByMicrosoft", notification("dap-admin-relationship-terminated-by-microsoft", "null", "null"), partnercenter.AboutCustomer, "", "", false},
		{"Reseller", notification("reseller-relationship-accepted-by-customer", "null", audit), partnercenter.AboutCustomer, "", record, false},
		{"Indirect", notification("indirect-reseller-relationship-accepted-by-customer", "null", audit), partnercenter.AboutCustomer, "", record, false},
		{"OtherName", strings.Replace(notification("dap-admin-relationship-approved", "null", audit), "AuditUri", "AuditUrl", 1), partnercenter.AboutCustomer, "", record, false},
		{"Test", notification("test-created", `"https://x/registration/test"`, "null"), partnercenter.AboutNothing, "", "", false},
		{"Invoice", notification("invoice-ready", uri, audit), partnercenter.AboutNothing, relation, record, false},
		{"NoRelationship", notification("granular-admin-relationship-terminated", "null", audit), partnercenter.AboutNothing, "", record, false},
		{"OneGUID", notification("granular-admin-relationship-terminated", `"https://x/granularAdminRelationships/`+record+`"`, "null"), partnercenter.AboutNothing, "", "", false},
		{"Path", notification("dap-admin-relationship-approved", "null", `"https://x/auditactivity/v1/auditrecords/../../v1/customers"`), partnercenter.AboutCustomer, "", "", false},
		{"Query", notification("dap-admin-relationship-approved", "null", `"https://x/?/auditactivity/v1/auditrecords/`+record+`"`), partnercenter.AboutCustomer, "", "", false},
		{"NoJSON", `EventName=x`, "", "", "", true},
		{"NoEvent", notification("", uri, audit), "", "", "", true},
		{"HostileEvent", notification("x\n<!channel>", uri, audit), "", "", "", true},
		{"NoDate", `{"EventName":"test-created"}`, "", "", "", true},
		{"BadDate", `{"EventName":"test-created","ResourceChangeUtcDate":"yesterday"}`, "", "", "", true},
	} {
		t.Run(row.name, func(t *testing.T) {
			t.Parallel()
			n, err := partnercenter.ParseNotification([]byte(row.body))
			if (err != nil) != row.bad {
				t.Fatalf("error = %v", err)
			}
			if n.About() != row.about || string(n.Relationship) != row.relationship || n.Record != row.record {
				t.Errorf("read as %+v, about %q", n, n.About())
			}
			if !row.bad && (len(n.Digest) != 64 || n.ChangedAt.Year() != 2026) {
				t.Errorf("read as %+v", n)
			}
		})
	}
}

// FuzzParseNotification holds that nothing but ids of the known form comes out of a
// notification.
func FuzzParseNotification(f *testing.F) {
	f.Add([]byte(notification("granular-admin-relationship-terminated", `"https://x/granularAdminRelationships/`+relation+`"`, "null")))
	f.Add([]byte(notification("dap-admin-relationship-terminated", "null", `"https://x/auditactivity/v1/auditrecords/`+record+`"`)))
	f.Add([]byte(`{"EventName":"a","ResourceUri":"%zz","ResourceChangeUtcDate":"2026-03-02T09:30:00Z"}`))
	f.Fuzz(func(t *testing.T, body []byte) {
		n, err := partnercenter.ParseNotification(body)
		if err != nil {
			return
		}
		for _, id := range []string{string(n.Relationship), n.Record} {
			if strings.Trim(id, "0123456789abcdefABCDEF-") != "" || len(id) > 73 {
				t.Errorf("%q is no id", id)
			}
		}
		if strings.ContainsAny(n.Event, " \n<>/") || n.Event == "" {
			t.Errorf("%q is no event", n.Event)
		}
	})
}
