package graphtest_test

import (
	"bytes"
	"reflect"
	"testing"
)

func TestPeopleAreSaved(t *testing.T) {
	t.Parallel()
	from, to := newEstate(t, nil), newEstate(t, nil)
	from.withRelationships()
	from.s.Consent(fabrikam, client)
	if err := from.s.RemoveDAP(contoso, carolID); err != nil {
		t.Fatal(err)
	}
	var saved bytes.Buffer
	if err := from.s.Save(&saved); err != nil {
		t.Fatal(err)
	}
	if err := to.s.Load(bytes.NewReader(saved.Bytes())); err != nil {
		t.Fatal(err)
	}
	if got, want := to.s.Tenants(), from.s.Tenants(); !reflect.DeepEqual(got, want) {
		t.Errorf("tenants = %v, want %v", got, want)
	}
	if got, want := to.s.People(), from.s.People(); !reflect.DeepEqual(got, want) {
		t.Errorf("people = %v, want %v", got, want)
	}
	if a := to.tokens(fabrikam, tokenForm(nil)); a.status != 200 {
		t.Errorf("the consent is lost: %v", a.body)
	}
	to.browser().signIn(ask(), "ana@partner.test").code(t)
	if a := to.center("GET", "/v1/auditrecords", to.centerToken(""), ""); a.body["totalCount"] != 1.0 {
		t.Errorf("audit records = %v", a.body["totalCount"])
	}
	broken := bytes.Replace(saved.Bytes(), []byte(`"realm":{"Tenants"`), []byte(`"realm":{"Persons"`), 1)
	before := to.s.People()
	if err := to.s.Load(bytes.NewReader(broken)); err == nil || !reflect.DeepEqual(to.s.People(), before) {
		t.Errorf("a broken part: %v", err)
	}
}
