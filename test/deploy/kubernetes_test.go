package deploy_test

import (
	"io/fs"
	"os"
	"path"
	"path/filepath"
	"reflect"
	"slices"
	"strconv"
	"strings"
	"testing"

	"github.com/sethvargo/go-envconfig"
	appsv1 "k8s.io/api/apps/v1"
	corev1 "k8s.io/api/core/v1"
	networkingv1 "k8s.io/api/networking/v1"
	"sigs.k8s.io/yaml"

	"latchkey/internal/chat"
	"latchkey/internal/config"
	"latchkey/internal/health"
	"latchkey/internal/partnercenter"
	"latchkey/internal/policy"
	"latchkey/internal/web"
)

// cluster is what deploy/kubernetes asks of a cluster, read strictly by the cluster's own
// types.
type cluster struct {
	namespace  corev1.Namespace
	account    corev1.ServiceAccount
	settings   corev1.ConfigMap
	policy     corev1.ConfigMap
	state      corev1.PersistentVolumeClaim
	deployment appsv1.Deployment
	service    corev1.Service
	ingress    networkingv1.Ingress
	network    networkingv1.NetworkPolicy
}

func readCluster(t *testing.T) cluster {
	t.Helper()
	var c cluster
	for name, object := range map[string]any{
		"namespace": &c.namespace, "account": &c.account, "settings": &c.settings, "policy": &c.policy, "state": &c.state,
		"deployment": &c.deployment, "service": &c.service, "ingress": &c.ingress, "network": &c.network,
	} {
		if err := yaml.UnmarshalStrict([]byte(read(t, "kubernetes/"+name+".yml")), object); err != nil {
			t.Fatalf("%s: %v", name, err)
		}
		kind := reflect.ValueOf(object).Elem().FieldByName("Kind").String()
		if want := reflect.TypeOf(object).Elem().Name(); kind != want {
			t.Errorf("%s is of the kind %q, want %q", name, kind, want)
		}
	}
	return c
}

// pod is the pod and its only container.
func (c cluster) pod() (corev1.PodSpec, corev1.Container) {
	spec := c.deployment.Spec.Template.Spec
	return spec, spec.Containers[0]
}

// TestManifests holds the manifests to one another.
func TestManifests(t *testing.T) {
	c := readCluster(t)
	home := c.namespace.Name
	for name, is := range map[string]string{
		"account": c.account.Namespace, "settings": c.settings.Namespace, "policy": c.policy.Namespace, "state": c.state.Namespace,
		"deployment": c.deployment.Namespace, "service": c.service.Namespace, "ingress": c.ingress.Namespace, "network": c.network.Namespace,
	} {
		if is != home {
			t.Errorf("%s is in the namespace %q, want %q", name, is, home)
		}
	}
	labels := c.deployment.Spec.Template.Labels
	for name, picks := range map[string]map[string]string{
		"deployment": c.deployment.Spec.Selector.MatchLabels, "service": c.service.Spec.Selector, "network": c.network.Spec.PodSelector.MatchLabels,
	} {
		if !reflect.DeepEqual(picks, labels) {
			t.Errorf("%s picks %v, and the pod is %v", name, picks, labels)
		}
	}
	pod, _ := c.pod()
	if pod.ServiceAccountName != c.account.Name || len(pod.Containers) != 1 {
		t.Errorf("the pod has the account %q and %d containers", pod.ServiceAccountName, len(pod.Containers))
	}
	// Two bots at once would wait for one another's lock.
	if *c.deployment.Spec.Replicas != 1 || c.deployment.Spec.Strategy.Type != appsv1.RecreateDeploymentStrategyType {
		t.Errorf("%d replicas by %s", *c.deployment.Spec.Replicas, c.deployment.Spec.Strategy.Type)
	}
	if s := *pod.TerminationGracePeriodSeconds; s <= int64(stopsWithin.Seconds()) {
		t.Errorf("the cluster kills the bot after %d s; it stops within %s", s, stopsWithin)
	}
}

// TestConfinement holds the pod to what the standard "restricted" of the cluster demands,
// and to a root that cannot be written to.
func TestConfinement(t *testing.T) {
	c := readCluster(t)
	pod, bot := c.pod()
	if c.namespace.Labels["pod-security.kubernetes.io/enforce"] != "restricted" {
		t.Error("the cluster does not refuse pods that could become root")
	}
	p, s := pod.SecurityContext, bot.SecurityContext
	if !*p.RunAsNonRoot || *p.RunAsUser == 0 || p.SeccompProfile.Type != corev1.SeccompProfileTypeRuntimeDefault {
		t.Errorf("the pod is confined by %+v", p)
	}
	if *s.AllowPrivilegeEscalation || !*s.ReadOnlyRootFilesystem || !slices.Equal(s.Capabilities.Drop, []corev1.Capability{"ALL"}) || s.Capabilities.Add != nil {
		t.Errorf("the container is confined by %+v", s)
	}
	for what, token := range map[string]*bool{"account": c.account.AutomountServiceAccountToken, "pod": pod.AutomountServiceAccountToken} {
		if token == nil || *token {
			t.Errorf("the %s hands out a token for the cluster", what)
		}
	}
	if _, ok := bot.Resources.Limits[corev1.ResourceMemory]; !ok || bot.Resources.Requests.Memory().IsZero() {
		t.Errorf("memory is not bounded: %+v", bot.Resources)
	}
	for _, m := range bot.VolumeMounts {
		if m.ReadOnly == (m.Name == "state") {
			t.Errorf("%s can be written to: %t", m.MountPath, !m.ReadOnly)
		}
	}
}

// TestPodSettings starts from the settings of the pod, and wants them complete, each known,
// and each file of theirs mounted.
func TestPodSettings(t *testing.T) {
	c := readCluster(t)
	pod, bot := c.pod()
	env := map[string]string{}
	for name, value := range c.settings.Data {
		known(t, name)
		if env[name] = value; value == "" {
			env[name] = "1b7a3f52-0c4e-4d0a-9a51-7f6c2e8d4b10"
		}
	}
	dir := t.TempDir()
	for _, e := range bot.Env {
		known(t, e.Name)
		env[e.Name] = e.Value
		if path.IsAbs(e.Value) {
			mounted(t, pod, bot, c, e.Value)
			env[e.Name] = filepath.Join(dir, path.Base(e.Value))
			if err := os.WriteFile(env[e.Name], []byte(planted[e.Name]), 0o600); err != nil {
				t.Fatal(err)
			}
		}
	}
	loaded, err := config.Load(t.Context(), envconfig.MapLookuper(env))
	if err != nil {
		t.Fatalf("the settings are not complete: %v", err)
	}
	at, err := loaded.StatePath()
	if i := mount(bot, at); err != nil || i < 0 || bot.VolumeMounts[i].Name != "state" {
		t.Errorf("the state is in %s, %v: not on the volume", at, err)
	}
	for _, p := range bot.Ports {
		if want := map[string]string{"http": loaded.ListenAddr, "metrics": loaded.MetricsAddr}[p.Name]; !listens(want, p.ContainerPort) {
			t.Errorf("the port %s is %d, and the bot listens on %q", p.Name, p.ContainerPort, want)
		}
	}
}

// mounted wants a file to be there in the pod.
func mounted(t *testing.T, pod corev1.PodSpec, bot corev1.Container, c cluster, file string) {
	t.Helper()
	i := mount(bot, file)
	if i < 0 {
		t.Errorf("nothing is mounted where %s is", file)
		return
	}
	name := path.Base(file)
	for _, v := range pod.Volumes {
		if v.Name != bot.VolumeMounts[i].Name {
			continue
		}
		switch {
		case v.ConfigMap != nil:
			if v.ConfigMap.Name != c.policy.Name || c.policy.Data[name] == "" {
				t.Errorf("no map holds %s", file)
			}
		case v.Secret != nil:
			if !strings.Contains(guide(t), " --from-file="+name) {
				t.Errorf("docs/deploy.md makes no secret %s", name)
			}
		case v.Projected != nil:
			if v.Projected.Sources[0].ServiceAccountToken.Path != name {
				t.Errorf("no token is laid at %s", file)
			}
		}
		return
	}
	t.Errorf("there is no volume %s", bot.VolumeMounts[i].Name)
}

// mount finds what is mounted where a file lies.
func mount(c corev1.Container, file string) int {
	return slices.IndexFunc(c.VolumeMounts, func(m corev1.VolumeMount) bool { return strings.HasPrefix(file, m.MountPath+"/") })
}

// listens reports whether an address is that of a port, on every address of the pod.
func listens(addr string, port int32) bool { return addr == ":"+strconv.Itoa(int(port)) }

// TestProbes has each probe ask what the bot answers, where it answers it.
func TestProbes(t *testing.T) {
	_, bot := readCluster(t).pod()
	for name, probe := range map[string]struct {
		is   *corev1.Probe
		path string
	}{
		"startup": {bot.StartupProbe, health.PathLive}, "liveness": {bot.LivenessProbe, health.PathLive}, "readiness": {bot.ReadinessProbe, health.PathReady},
	} {
		if h := probe.is.HTTPGet; h.Path != probe.path || h.Port.StrVal != "metrics" {
			t.Errorf("the %s probe asks %s at %s", name, h.Path, h.Port.String())
		}
	}
}

// TestIngress lets in what the bot has for others, path by path, and nothing else.
func TestIngress(t *testing.T) {
	c := readCluster(t)
	want := map[string]networkingv1.PathType{
		path.Dir(chat.PathCommands) + "/": networkingv1.PathTypePrefix, web.PathRequests: networkingv1.PathTypePrefix,
		web.PathReviews: networkingv1.PathTypePrefix, web.PathContacts: networkingv1.PathTypePrefix, web.PathSignIn: networkingv1.PathTypePrefix,
		web.PathLetIn: networkingv1.PathTypeExact, partnercenter.PathNotifications: networkingv1.PathTypeExact,
	}
	got := map[string]networkingv1.PathType{}
	for _, p := range c.ingress.Spec.Rules[0].HTTP.Paths {
		got[p.Path] = *p.PathType
		if p.Backend.Service.Name != c.service.Name || p.Backend.Service.Port.Name != c.service.Spec.Ports[0].Name {
			t.Errorf("%s goes to %+v", p.Path, p.Backend.Service)
		}
	}
	if !reflect.DeepEqual(got, want) {
		t.Errorf("the ingress lets in %v, want %v", got, want)
	}
	if c.ingress.Spec.TLS[0].Hosts[0] != c.ingress.Spec.Rules[0].Host {
		t.Error("what is let in is not what has a certificate")
	}
	_, bot := c.pod()
	for _, port := range []string{c.service.Spec.Ports[0].TargetPort.StrVal, c.network.Spec.Ingress[0].Ports[0].Port.StrVal, c.network.Spec.Ingress[1].Ports[0].Port.StrVal} {
		if !slices.ContainsFunc(bot.Ports, func(p corev1.ContainerPort) bool { return p.Name == port }) {
			t.Errorf("the container has no port %q", port)
		}
	}
}

// TestDeliveredPolicy has the bot take the policy of the manifests.
func TestDeliveredPolicy(t *testing.T) {
	file := filepath.Join(t.TempDir(), "policy.yml")
	if err := os.WriteFile(file, []byte(readCluster(t).policy.Data["policy.yml"]), 0o600); err != nil {
		t.Fatal(err)
	}
	if _, err := policy.Load(file); err != nil {
		t.Error(err)
	}
}

// TestManifestsAreStrict has a misspelt key of a manifest found.
func TestManifestsAreStrict(t *testing.T) {
	text := strings.Replace(read(t, "kubernetes/deployment.yml"), "readOnlyRootFilesystem", "readonlyRootFileSystems", 1)
	if err := yaml.UnmarshalStrict([]byte(text), new(appsv1.Deployment)); err == nil {
		t.Error("a key that there is not is read")
	}
	names, err := fs.Glob(os.DirFS(folder), "kubernetes/*")
	if err != nil || len(names) != reflect.TypeFor[cluster]().NumField() {
		t.Errorf("%d manifests are there, %v", len(names), err)
	}
}
