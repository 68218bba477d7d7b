package roles

import (
	"cmp"
	"regexp"
	"slices"
	"strings"
	"unicode"

	"github.com/agnivade/levenshtein"

	"latchkey/internal/access"
)

// A Match says how sure [Find] is.
type Match int

const (
	None   Match = iota // nothing resembles the text
	Near                // suggestions to offer as "did you mean"; take none of them unasked
	Prefix              // exactly one role begins with the text
	Exact               // the text names exactly one role
)

const (
	maxText        = 100 // no role has a longer name; longer text is not searched for
	maxSuggestions = 5
	minPrefix      = 4 // fewer letters are more often a slip than a short form
)

// shortForms maps what people say, and names Microsoft has retired, to the
// display name of today. Keys are in the form that key returns.
var shortForms = map[string]string{
	"ga":                              "Global Administrator",
	"companyadmin":                    "Global Administrator",
	"tenantadmin":                     "Global Administrator",
	"gr":                              "Global Reader",
	"useraccountadmin":                "User Administrator",
	"exchangeonlineadmin":             "Exchange Administrator",
	"exchangeserviceadmin":            "Exchange Administrator",
	"sharepointonlineadmin":           "SharePoint Administrator",
	"sharepointserviceadmin":          "SharePoint Administrator",
	"teamsserviceadmin":               "Teams Administrator",
	"intuneserviceadmin":              "Intune Administrator",
	"lyncserviceadmin":                "Skype for Business Administrator",
	"crmserviceadmin":                 "Dynamics 365 Administrator",
	"dynamicsadmin":                   "Dynamics 365 Administrator",
	"d365admin":                       "Dynamics 365 Administrator",
	"businesscentraladmin":            "Dynamics 365 Business Central Administrator",
	"powerbiadmin":                    "Fabric Administrator",
	"powerbiserviceadmin":             "Fabric Administrator",
	"licenceadmin":                    "License Administrator",
	"devicelocaladmin":                "Microsoft Entra Joined Device Local Administrator",
	"azureadjoineddevicelocaladmin":   "Microsoft Entra Joined Device Local Administrator",
	"customergdapadmin":               "Customer Delegated Admin Relationship Administrator",
	"delegatedadminrelationshipadmin": "Customer Delegated Admin Relationship Administrator",
}

// byKey holds every role under the key of its name.
var byKey = func() map[string]Role {
	m := make(map[string]Role, len(catalogue))
	for _, r := range catalogue {
		m[key(r.Name)] = r
	}
	for short, name := range shortForms {
		m[short] = m[key(name)]
	}
	return m
}()

var administrators = regexp.MustCompile(`administrators?|admins`)

// Find returns the role that the text means. Case, spaces, hyphens and other
// marks do not count, "admin" is "administrator", common short forms and
// template ids are understood.
//
// With Exact and Prefix there is exactly one role. With Near there are up to
// five suggestions, best first: the roles that begin with the text when several
// do, else those that hold its words, else those within a few slips of it.
func Find(text string) ([]Role, Match) {
	if len(text) > maxText {
		return nil, None
	}
	if r, ok := byID[fold(access.RoleID(strings.TrimSpace(text)))]; ok {
		return []Role{r}, Exact
	}
	k := key(text)
	if k == "" || k == "admin" {
		return nil, None
	}
	if r, ok := byKey[k]; ok {
		return []Role{r}, Exact
	}
	if begins := beginning(k); len(begins) == 1 {
		return begins, Prefix
	} else if len(begins) > 1 {
		return begins[:min(len(begins), maxSuggestions)], Near
	}
	if near := nearest(k, text); len(near) > 0 {
		return near, Near
	}
	return nil, None
}

// beginning returns the roles whose names begin with the key, shortest first.
func beginning(k string) []Role {
	if len(k) < minPrefix {
		return nil
	}
	var found []Role
	for _, r := range catalogue {
		if strings.HasPrefix(key(r.Name), k) {
			found = append(found, r)
		}
	}
	slices.SortStableFunc(found, func(a, b Role) int {
		return cmp.Compare(len(a.Name), len(b.Name))
	})
	return found
}

// nearest returns the roles that hold every word of the text or are a few slips
// away from it.
func nearest(k, text string) []Role {
	type candidate struct {
		Role
		distance int
	}
	var found []candidate
	for _, r := range catalogue {
		name := key(r.Name)
		d := levenshtein.ComputeDistance(k, name)
		switch {
		case holds(name, text):
			d = 0
		case d > max(2, len(k)/4):
			continue
		}
		found = append(found, candidate{r, d})
	}
	slices.SortStableFunc(found, func(a, b candidate) int {
		return cmp.Or(cmp.Compare(a.distance, b.distance), cmp.Compare(len(a.Name), len(b.Name)))
	})
	out := make([]Role, 0, maxSuggestions)
	for _, c := range found[:min(len(found), maxSuggestions)] {
		out = append(out, c.Role)
	}
	return out
}

// holds reports whether the name has every word of the text, leaving out the
// word that most names share.
func holds(name, text string) bool {
	told := false
	for _, w := range strings.FieldsFunc(text, func(r rune) bool { return !alphanumeric(r) }) {
		w = key(w)
		if w == "admin" {
			continue
		}
		if len(w) < minPrefix || !strings.Contains(name, w) {
			return false
		}
		told = true
	}
	return told
}

// key reduces a name to what tells it from others.
func key(name string) string {
	k := strings.Map(func(r rune) rune {
		if alphanumeric(r) {
			return unicode.ToLower(r)
		}
		return -1
	}, name)
	return administrators.ReplaceAllString(k, "admin")
}

func alphanumeric(r rune) bool {
	return unicode.IsLetter(r) || unicode.IsDigit(r)
}
