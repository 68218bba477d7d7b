package doctor_test

import (
	"strings"
	"testing"

	"latchkey/internal/config"
	"latchkey/internal/doctor"
	"latchkey/internal/state/etcdstore/etcdtest"
)

// TestCluster looks at a cluster of three members, of which one after another is stopped.
func TestCluster(t *testing.T) {
	t.Parallel()
	c, err := etcdtest.Start(t.TempDir(), 3)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(c.Close)
	const password = "planted-etcd-password"
	if err := c.Protect(t.Context(), "bot", password, "latchkey/"); err != nil {
		t.Fatal(err)
	}
	var hosts []string
	for _, e := range c.Endpoints() {
		hosts = append(hosts, strings.TrimPrefix(e, "http://"))
	}
	url := "etcd://bot@" + strings.Join(hosts, ",") + "/"
	one := "etcd://bot@" + hosts[0] + "/latchkey"
	steps := []struct {
		name, url, password string
		before              func()
		want                map[string]doctor.State // of what is said
	}{
		{"Well", url + "latchkey", password, nil, map[string]doctor.State{
			"All 3 members of the cluster are well.": doctor.Good, "may read below latchkey/": doctor.Good, "of its quota": doctor.Good,
		}},
		{"One", one, password, nil, map[string]doctor.State{"no safer than a file": doctor.Warning, "may read": doctor.Good}},
		{"Password", url + "latchkey", "planted-wrong", nil, map[string]doctor.State{"does not let the user bot in": doctor.Failed}},
		{"Prefix", url + "others", password, nil, map[string]doctor.State{"may not read below others/": doctor.Failed}},
		{"OneStopped", url + "latchkey", password, func() { c.Stop(2) }, map[string]doctor.State{
			hosts[2] + " does not answer": doctor.Warning, "2 of 3 members are well": doctor.Warning, "may read": doctor.Good,
		}},
		{"AllStopped", url + "latchkey", password, func() { c.Stop(0); c.Stop(1) }, map[string]doctor.State{
			hosts[0] + " does not answer": doctor.Warning, "No member of the cluster is well": doctor.Failed,
		}},
	}
	for _, step := range steps {
		if step.before != nil {
			step.before()
		}
		s := newScene()
		s.cluster, s.c.StatePassword = step.url, config.NewSecret(step.password)
		var said []doctor.Finding
		for _, f := range s.look(t).Findings {
			if f.Check == "store" {
				said = append(said, f)
			}
		}
		for what, state := range step.want {
			found := false
			for _, f := range said {
				found = found || strings.Contains(f.What, what) && f.State == state
			}
			if !found {
				t.Errorf("%s: %+v does not say %q (%s)", step.name, said, what, state)
			}
		}
		for _, f := range said {
			if strings.Contains(f.What+f.Do, "planted") {
				t.Errorf("%s: it tells a secret: %+v", step.name, f)
			}
		}
	}
}
