package policy

import (
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"regexp"
	"strings"
	"time"
	_ "time/tzdata" // a time zone is as valid on a bare machine as on a full one
	"unicode/utf8"

	"github.com/goccy/go-yaml"
	"github.com/goccy/go-yaml/ast"
	"github.com/goccy/go-yaml/parser"

	"latchkey/internal/access"
)

var (
	userID    = regexp.MustCompile(`^[UW][A-Z0-9]{2,20}$`)
	teamID    = regexp.MustCompile(`^[TE][A-Z0-9]{2,20}$`)
	channelID = regexp.MustCompile(`^[CG][A-Z0-9]{2,20}$`)
	guid      = regexp.MustCompile(`^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$`)
)

// Parse reads the content of the file called name. Its error is [*Problems].
func Parse(name string, data []byte) (*Policy, error) {
	r := &reader{problems: Problems{File: name}}
	p := &Policy{Version: version(data)}
	if root := r.document(data); root != nil {
		r.policy(p, root)
	}
	if err := r.problems.err(); err != nil {
		return nil, err
	}
	return p, nil
}

func version(data []byte) string {
	sum := sha256.Sum256(data)
	return hex.EncodeToString(sum[:])[:12]
}

// document returns the root of the one document in the file, or nil.
func (r *reader) document(data []byte) ast.Node {
	text := strings.TrimPrefix(string(data), "\ufeff")
	switch {
	case len(data) > maxSize:
		r.problems.add(1, 1, "The file is larger than %d KiB; it is not a policy.", maxSize>>10)
		return nil
	case !utf8.ValidString(text):
		r.problems.add(1, 1, "The file is not UTF-8 text; save it as UTF-8.")
		return nil
	case !r.guarded(text):
		return nil
	}
	// Keys that are given twice are found by object, with all the rest.
	file, err := parser.ParseBytes([]byte(text), 0, parser.AllowDuplicateMapKey())
	if err != nil {
		r.syntax(err)
		return nil
	}
	if len(file.Docs) == 0 || file.Docs[0].Body == nil {
		r.problems.add(1, 1, "The file is empty; begin with admins, operations_channel, customers and rule.")
		return nil
	}
	if len(file.Docs) > 1 {
		l := 1
		if start := file.Docs[1].Start; start != nil && start.Position != nil {
			l = max(start.Position.Line, 1)
		}
		r.problems.add(l, 1, "The file holds several YAML documents or a directive; keep one document and no line that begins with %%.")
		return nil
	}
	return file.Docs[0].Body
}

func (r *reader) syntax(err error) {
	if e, ok := errors.AsType[yaml.Error](err); ok {
		l, c := 1, 1
		if t := e.GetToken(); t != nil && t.Position != nil {
			l, c = max(t.Position.Line, 1), max(t.Position.Column, 1)
		}
		r.problems.add(l, c, "This is not valid YAML: %s.", strings.TrimSuffix(e.GetMessage(), "."))
		return
	}
	r.problems.add(1, 1, "This is not valid YAML: %s.", strings.TrimSuffix(err.Error(), "."))
}

// policy reads the whole document into p.
func (r *reader) policy(p *Policy, root ast.Node) {
	o, ok := r.object(root, "the policy",
		"admins", "operations_channel", "timezone", "driver", "staff", "staff_by_mail", "on_call", "customers", "bundles", "rules", "rule", "summary", "alerts", "reviews", "checkpoints", "retention")
	if !ok {
		return
	}
	p.Admins = r.admins(o.need("admins", "list the Slack user ids of those who administer the bot"))
	p.Operations = r.channel(o.need("operations_channel", "give the id of the channel in which your staff hear of what happens"), "operations_channel")
	p.TimeZone = r.zone(o.get("timezone"), "UTC")
	p.Driver = r.driver(o.get("driver"), access.Membership)
	p.Summary = r.summary(o.get("summary"), p.TimeZone)
	p.Alerts = r.alerts(o.get("alerts"), p.TimeZone)
	p.Reviews = r.reviews(o.get("reviews"))
	p.Checkpoints = r.checkpoints(o.get("checkpoints"))
	p.Retention = r.retention(o.get("retention"))
	p.Bundles = r.bundles(o.get("bundles"))
	p.Staff = r.staff(o.get("staff"))
	p.StaffByMail = r.domains(o.get("staff_by_mail"), names{})
	p.OnCall = r.onCalls(o.get("on_call"), p.TimeZone)
	p.Customers = r.customers(o.need("customers", "list the tenants that you look after"), p)
	r.foreign(o.get("staff_by_mail"), p)
	p.Rules = r.rules(o.get("rules"), p)
	if v := o.get("rule"); v != nil || len(o.fields) > 0 && o.fields["rules"] == nil {
		p.Rule = r.rule(o.need("rule", "say how long access may last and how many contacts must agree"), p)
	}
	if v := o.fields["rule"]; o.fields["bundles"] == nil && v != nil && !p.others() {
		r.at(v.Key, "the policy allows nobody to ask for anything; add bundles, or other_roles: true to the rule.")
	}
}

func (r *reader) admins(n ast.Node) []access.UserID {
	var out []access.UserID
	seen := names{}
	for _, v := range r.items(n, "admins") {
		id := r.text(v, "an admin")
		switch {
		case id == "", !r.isUser(v, id):
		case seen.unique(r, v, "admin", id, id):
			out = append(out, access.UserID(id))
		}
	}
	return out
}

func (r *reader) isUser(n ast.Node, id string) bool {
	ok := userID.MatchString(id)
	if !ok {
		r.at(n, "%q is not a Slack user id, which looks like U024BE7LH; copy it from the person's profile.", id)
	}
	return ok
}

func (r *reader) channel(n ast.Node, what string) access.ChannelID {
	id := r.text(n, what)
	if id != "" && !channelID.MatchString(id) {
		r.at(n, "%q is not a Slack channel id, which looks like C024BE91L; copy it from the channel's details.", id)
		return ""
	}
	return access.ChannelID(id)
}

// zone reads the name of a time zone.
func (r *reader) zone(n ast.Node, otherwise string) string {
	name := r.text(n, "timezone")
	if name == "" {
		return otherwise
	}
	// "Local" would mean another zone on another machine.
	if _, err := time.LoadLocation(name); err != nil || name == "Local" {
		r.at(n, "%q is not a time zone; write its IANA name, such as Europe/Berlin.", name)
		return otherwise
	}
	return name
}

// names remembers where something was named, to refuse the second.
type names map[string]ast.Node

// unique notes a problem and reports false when the key was there before.
func (s names) unique(r *reader, n ast.Node, what, key, shown string) bool {
	if first, twice := s[key]; twice {
		r.at(n, "the %s %q is already on line %d; remove one of them.", what, shown, line(first))
		return false
	}
	s[key] = n
	return true
}
