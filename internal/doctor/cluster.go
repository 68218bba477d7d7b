package doctor

import (
	"bytes"
	"context"
	"encoding/base64"
	"encoding/json"
	"fmt"
	"net/http"
	"strconv"
	"strings"
	"sync"

	"latchkey/internal/config"
)

// nearlyFull is the part of an etcd member's quota from which on it is told. When it is
// full the member refuses all writes.
const nearlyFull = 0.8

// cluster looks at the etcd members that STATE_URL names: whether each answers, whether
// they are enough, whether the user may read below the prefix, and how full they are. It
// asks them in JSON, which etcd speaks beside its own protocol, and only reads.
func cluster(ctx context.Context, f *facts) []Finding {
	at, err := f.Config.StateCluster()
	if err != nil {
		return []Finding{fail("Set STATE_URL as in etcd://bot@etcd-1:2379,etcd-2:2379,etcd-3:2379/latchkey.", "STATE_URL %v.", err)}
	}
	e := etcd{Cluster: at, password: f.Config.StatePassword.Reveal(), http: &http.Client{
		Timeout: patience, Transport: &http.Transport{TLSClientConfig: at.TLS},
	}}
	defer e.http.CloseIdleConnections()
	found, well := e.members(ctx)
	n := len(at.Endpoints)
	switch {
	case len(well) == 0:
		return append(found, fail("Start the members, and let this machine reach them.", "No member of the cluster is well: nothing can be kept, and no access ends."))
	case len(well) <= n/2:
		found = append(found, fail("Start the others first of all.", "Only %d of %d members are well, which is no majority: nothing can be kept, and no access ends.", len(well), n))
	case len(well) < n:
		found = append(found, warn("Start the other before one more is lost.", "%d of %d members are well.", len(well), n))
	case n == 1:
		found = append(found, warn("Run three members, on three machines: docs/replicas.md.", "The cluster has one member, as far as STATE_URL tells: it is no safer than a file."))
	default:
		found = append(found, good("All %d members of the cluster are well.", n))
	}
	return append(found, e.inside(ctx, well[0])...)
}

// etcd is a cluster and how it is asked.
type etcd struct {
	config.Cluster
	password string
	http     *http.Client
}

// members asks each member how it is, and returns those that are well.
func (e etcd) members(ctx context.Context) (bad []Finding, well []string) {
	findings := make([]*Finding, len(e.Endpoints))
	var all sync.WaitGroup
	for i, at := range e.Endpoints {
		all.Go(func() { findings[i] = e.member(ctx, at) })
	}
	all.Wait()
	for i, f := range findings {
		if f == nil {
			well = append(well, e.Endpoints[i])
			continue
		}
		bad = append(bad, *f)
	}
	return bad, well
}

// member returns what is wrong with one; nil: nothing.
func (e etcd) member(ctx context.Context, at string) *Finding {
	f := warn("", "")
	r, err := http.NewRequestWithContext(ctx, http.MethodGet, at+"/health", nil)
	if err == nil {
		var a answer
		var health struct {
			Health, Reason string
		}
		switch a, err = send(e.http, r); {
		case err != nil:
		case a.into(&health) && health.Health == "true":
			return nil
		case strings.Contains(health.Reason, "NOSPACE"):
			f = fail("Compact and defragment it, then disarm the alarm: etcdctl compact, etcdctl defrag, etcdctl alarm disarm. Then set --auto-compaction-retention.", "The member %s is full and takes no more writes.", at)
			return &f
		default:
			f = warn("See its log.", "The member %s answers that it is not well (%d %s).", at, a.status, health.Reason)
			return &f
		}
	}
	f = warn("See whether it runs, whether this machine reaches it, and whether its certificate is for this name and of STATE_CA_FILE.", "The member %s does not answer: %v.", at, err)
	return &f
}

// inside looks at what the user sees through one member.
func (e etcd) inside(ctx context.Context, at string) []Finding {
	token := ""
	if e.User != "" {
		var who struct{ Token string }
		a, err := e.ask(ctx, at+"/v3/auth/authenticate", "", map[string]string{"name": e.User, "password": e.password}, &who)
		if err != nil || who.Token == "" {
			return []Finding{fail("Set STATE_PASSWORD to the user's: etcdctl user passwd "+e.User+".", "The cluster does not let the user %s in (%s).", e.User, said(a, err))}
		}
		token = who.Token
	}
	prefix := []byte(e.Prefix + "/")
	end := append(bytes.Clone(prefix[:len(prefix)-1]), '/'+1)
	var kept struct{ Count string }
	a, err := e.ask(ctx, at+"/v3/kv/range", token, map[string]any{
		"key": base64.StdEncoding.EncodeToString(prefix), "range_end": base64.StdEncoding.EncodeToString(end), "count_only": true,
	}, &kept)
	if err != nil || a.status != http.StatusOK {
		return []Finding{fail(fmt.Sprintf("Let it: etcdctl role grant-permission --prefix=true <role> readwrite %s/", e.Prefix), "The bot may not read below %s/ (%s).", e.Prefix, said(a, err))}
	}
	return append([]Finding{good("The bot may read below %s/.", e.Prefix)}, e.room(ctx, at, token))
}

// room looks at how full a member is.
func (e etcd) room(ctx context.Context, at, token string) Finding {
	var status struct{ DBSize, DBSizeQuota, Version string }
	a, err := e.ask(ctx, at+"/v3/maintenance/status", token, struct{}{}, &status)
	size, err1 := strconv.ParseFloat(status.DBSize, 64)
	if err != nil || err1 != nil {
		return notKnown("See: etcdctl endpoint status.", "How full the cluster is cannot be told (%s).", said(a, err))
	}
	quota, err := strconv.ParseFloat(status.DBSizeQuota, 64)
	if err != nil || quota <= 0 {
		quota = 2 << 30 // what members have by themselves, of versions that do not tell
	}
	if part := size / quota; part >= nearlyFull {
		return warn("See that it compacts (--auto-compaction-retention) and defragment it: etcdctl defrag. If it is still as full, raise --quota-backend-bytes.", "The cluster is at %.0f%% of its quota; when it is full, nothing can be kept and no access ends.", 100*part)
	}
	return good("The cluster, etcd %s, uses %.0f%% of its quota of %.1f GiB.", status.Version, 100*size/quota, quota/(1<<30))
}

// ask asks a question in JSON.
func (e etcd) ask(ctx context.Context, url, token string, question, into any) (answer, error) {
	body, err := json.Marshal(question)
	if err != nil {
		return answer{}, err
	}
	r, err := http.NewRequestWithContext(ctx, http.MethodPost, url, bytes.NewReader(body))
	if err != nil {
		return answer{}, err
	}
	if token != "" {
		r.Header.Set("Authorization", token)
	}
	a, err := send(e.http, r)
	if err == nil && a.status == http.StatusOK && !a.into(into) {
		err = fmt.Errorf("the answer makes no sense")
	}
	return a, err
}

// said is what was wrong with an answer, without what was asked.
func said(a answer, err error) string {
	var e struct{ Message string }
	if err == nil && a.into(&e) && e.Message != "" {
		return e.Message
	}
	if err != nil {
		return err.Error()
	}
	return strconv.Itoa(a.status)
}
