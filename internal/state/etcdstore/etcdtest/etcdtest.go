// Package etcdtest runs etcd clusters inside of tests: real servers, whose members can be
// stopped, started again, and cut off from everybody.
package etcdtest

import (
	"context"
	"errors"
	"fmt"
	"net"
	"net/url"
	"path/filepath"
	"strings"
	"sync"
	"time"

	clientv3 "go.etcd.io/etcd/client/v3"
	"go.etcd.io/etcd/server/v3/embed"
	"go.uber.org/zap"
)

// startWithin bounds the wait for a member that starts.
const startWithin = time.Minute

// Cluster is an etcd cluster. Clients and members reach each member through a wire of its
// own, which can be cut.
type Cluster struct {
	members []*member
}

type member struct {
	config       *embed.Config
	client, peer *wire // what others connect to

	mu  sync.Mutex
	run *embed.Etcd
}

// Start starts a cluster of n members that keep their files in dir.
func Start(dir string, n int) (*Cluster, error) { return start(dir, n, 0) }

// StartSmall starts one member that takes no more than so many bytes.
func StartSmall(dir string, quota int64) (*Cluster, error) { return start(dir, 1, quota) }

func start(dir string, n int, quota int64) (*Cluster, error) {
	c := &Cluster{}
	var initial []string
	for i := range n {
		m, err := newMember(fmt.Sprintf("m%d", i), filepath.Join(dir, fmt.Sprint(i)))
		if err != nil {
			c.Close()
			return nil, err
		}
		m.config.QuotaBackendBytes = quota // zero: etcd's own
		c.members = append(c.members, m)
		initial = append(initial, m.config.Name+"="+m.peer.url())
	}
	errs := make(chan error, n)
	for _, m := range c.members {
		m.config.InitialCluster = strings.Join(initial, ",")
		go func() { errs <- m.start() }()
	}
	var failed error
	for range n {
		if err := <-errs; err != nil {
			failed = err
		}
	}
	if failed != nil {
		c.Close()
		return nil, failed
	}
	return c, nil
}

// Endpoints are where clients reach the members.
func (c *Cluster) Endpoints() []string {
	var all []string
	for _, m := range c.members {
		all = append(all, m.client.url())
	}
	return all
}

// Leader is the index of the member that leads, or -1.
func (c *Cluster) Leader() int {
	for i, m := range c.members {
		if s := m.server(); s != nil && s.Server.Lead() != 0 && uint64(s.Server.MemberID()) == s.Server.Lead() {
			return i
		}
	}
	return -1
}

// Stop ends a member; its files stay.
func (c *Cluster) Stop(i int) { c.members[i].stop() }

// Restart starts a member that was stopped.
func (c *Cluster) Restart(i int) error { return c.members[i].start() }

// Cut takes a member off the network: connections to it are stuck, and so are those that
// it makes to others, which answer through the same wires.
func (c *Cluster) Cut(i int) {
	m := c.members[i]
	m.client.cut(true)
	m.peer.cut(true)
}

// Mend joins what was cut.
func (c *Cluster) Mend(i int) {
	m := c.members[i]
	m.client.cut(false)
	m.peer.cut(false)
}

// Close ends all members.
func (c *Cluster) Close() {
	var all sync.WaitGroup
	for _, m := range c.members {
		all.Go(func() {
			m.stop()
			m.client.close()
			m.peer.close()
		})
	}
	all.Wait()
}

func newMember(name, dir string) (*member, error) {
	m := &member{}
	var err error
	var listen [2]url.URL
	for i, w := range []**wire{&m.client, &m.peer} {
		if *w, err = newWire(); err != nil {
			return nil, err
		}
		listen[i] = url.URL{Scheme: "http", Host: (*w).to}
	}
	c := embed.NewConfig()
	c.Name, c.Dir = name, dir
	c.LogLevel, c.LogOutputs = "error", []string{"/dev/null"}
	c.ListenClientUrls, c.ListenPeerUrls = listen[:1], listen[1:]
	at := func(w *wire) []url.URL { return []url.URL{{Scheme: "http", Host: w.listener.Addr().String()}} }
	c.AdvertiseClientUrls, c.AdvertisePeerUrls = at(m.client), at(m.peer)
	c.TickMs, c.ElectionMs = 50, 500
	c.UnsafeNoFsync = false
	m.config = c
	return m, nil
}

func (m *member) server() *embed.Etcd {
	m.mu.Lock()
	defer m.mu.Unlock()
	return m.run
}

func (m *member) start() error {
	m.client.off(false)
	m.peer.off(false)
	c := *m.config
	run, err := embed.StartEtcd(&c)
	if err != nil {
		return fmt.Errorf("start etcd %s: %w", c.Name, err)
	}
	select {
	case <-run.Server.ReadyNotify():
	case <-time.After(startWithin):
		run.Close()
		return fmt.Errorf("etcd %s has not started within %s", c.Name, startWithin)
	}
	m.mu.Lock()
	defer m.mu.Unlock()
	m.run = run
	return nil
}

func (m *member) stop() {
	m.mu.Lock()
	run := m.run
	m.run = nil
	m.mu.Unlock()
	if run != nil {
		// Its connections break first, so that it says goodbye to nobody, as if it were
		// killed.
		m.client.off(true)
		m.peer.off(true)
		run.Close()
	}
}

// free returns an address on loopback that nobody listens on.
func free() (string, error) {
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		return "", err
	}
	defer l.Close() //nolint:errcheck // it only had to find a port
	return l.Addr().String(), nil
}

// MakeRoom does what an administrator does of a cluster that is full: it forgets the old
// revisions, gives their pages back, and ends the alarm.
func (c *Cluster) MakeRoom(ctx context.Context) error {
	client, err := clientv3.New(clientv3.Config{Endpoints: c.Endpoints(), DialTimeout: startWithin, Logger: zap.NewNop()})
	if err != nil {
		return err
	}
	defer client.Close() //nolint:errcheck // the error that counts is returned
	now, err := client.Get(ctx, "nothing")
	if err != nil {
		return err
	}
	_, err = client.Compact(ctx, now.Header.Revision, clientv3.WithCompactPhysical())
	for _, at := range c.Endpoints() {
		_, err2 := client.Defragment(ctx, at)
		err = errors.Join(err, err2)
	}
	_, err2 := client.AlarmDisarm(ctx, &clientv3.AlarmMember{})
	return errors.Join(err, err2)
}

// Protect has the cluster ask for a user and a password, and let that user do what it
// wants below the prefix and nothing else.
func (c *Cluster) Protect(ctx context.Context, user, password, prefix string) error {
	client, err := clientv3.New(clientv3.Config{Endpoints: c.Endpoints(), DialTimeout: startWithin, Logger: zap.NewNop()})
	if err != nil {
		return err
	}
	defer client.Close() //nolint:errcheck // the error that counts is returned
	_, err1 := client.UserAdd(ctx, "root", password)
	_, err2 := client.UserGrantRole(ctx, "root", "root")
	_, err3 := client.RoleAdd(ctx, "one")
	_, err4 := client.RoleGrantPermission(ctx, "one", prefix, clientv3.GetPrefixRangeEnd(prefix), clientv3.PermissionType(clientv3.PermReadWrite))
	_, err5 := client.UserAdd(ctx, user, password)
	_, err6 := client.UserGrantRole(ctx, user, "one")
	if err := errors.Join(err1, err2, err3, err4, err5, err6); err != nil {
		return err
	}
	_, err = client.AuthEnable(ctx)
	return err
}
