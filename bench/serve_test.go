package bench_test

import (
	"context"
	"crypto/rand"
	"encoding/hex"
	"errors"
	"fmt"
	"log/slog"
	"net"
	"net/http"
	"os"
	"os/signal"
	"runtime/pprof"
	"strconv"
	"sync"
	"sync/atomic"
	"syscall"
	"testing"
	"time"

	"latchkey/internal/access"
	"latchkey/internal/app"
	"latchkey/internal/approvals"
	"latchkey/internal/chat"
	"latchkey/internal/chat/chattest"
	"latchkey/internal/commands"
	"latchkey/internal/policy"
	"latchkey/internal/roles"
	"latchkey/internal/state"
	"latchkey/internal/state/boltstore"
)

const (
	benchStaff  = 4096
	benchTenant = access.TenantID("1b7a3f52-0c4e-4d0a-9a51-7f6c2e8d4b10")
	benchPolicy = `
admins: [U024BE7LH]
operations_channel: C0OPS4FAB
customers:
  - name: Contoso
    tenant: 1b7a3f52-0c4e-4d0a-9a51-7f6c2e8d4b10
    domains: [contoso.com]
    slack: {team: T2CONTOSO, channel: C0CONTOSO}
bundles:
  - name: Mail
    roles: [Exchange Administrator]
rule:
  max_duration: 8h
  approvals: 1
  other_roles: true
`
)

func TestMain(m *testing.M) {
	if path := os.Getenv("BENCH_SERVE"); path != "" {
		if err := serve(path); err != nil {
			fmt.Fprintln(os.Stderr, err)
			os.Exit(1)
		}
		return
	}
	os.Exit(m.Run())
}

// serve serves the whole way from the intake to a store on the disk, and says where. It
// ends with its process.
func serve(path string) error {
	app.Room()
	ctx := context.Background()
	p, err := policy.Parse("policy.yml", []byte(benchPolicy))
	if err != nil {
		return err
	}
	store, err := boltstore.Open(path)
	if err != nil {
		return err
	}
	if err := store.Update(ctx, settleIn); err != nil {
		return err
	}
	slack := chattest.New(chattest.Options{SigningSecret: secret, BotToken: "xoxb-1", BotTeam: "T1", BotUser: "U0BOT"})
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		return err
	}
	go http.Serve(l, slack) //nolint:errcheck // ends with the process
	client := chat.New(chat.Options{BotToken: "xoxb-1", APIURL: "http://" + l.Addr().String() + "/api/"})
	if err := client.Identify(ctx); err != nil {
		return err
	}
	quiet := slog.New(slog.DiscardHandler)
	thePolicy := func() *policy.Policy { return p }
	var asked atomic.Int64
	service := &approvals.Service{
		Store: store, Policy: thePolicy, Now: time.Now, Protocol: time.Now, Team: client.Team, Page: true,
		NewID:    func() (access.RequestID, error) { return waitingID(int(asked.Add(1)) - 1), nil },
		NewNonce: nonce,
	}
	n, err := strconv.Atoi(os.Getenv("BENCH_WAITING"))
	if err != nil {
		return err
	}
	if err := ask(ctx, service, n); err != nil {
		return err
	}
	d := &chat.Dispatcher{Client: client, Log: quiet, Router: commands.New(commands.Env{
		Approvals: service, Policy: thePolicy, Team: client.Team(), Log: quiet, Ref: func(context.Context) string { return "none" },
	})}
	in := &chat.Intake{Dispatcher: d, Secret: secret, Now: time.Now}
	front, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		return err
	}
	fmt.Printf("http://%s\n", front.Addr())
	before := store.Commits()
	err = profiled(os.Getenv("BENCH_PROFILE"), func() error { return http.Serve(front, in.Handler()) })
	fmt.Println(store.Commits() - before)
	return err
}

// profiled runs until the process is asked to end. Where there is a path, the profile of
// what the processor did is written there, for go tool pprof.
func profiled(path string, run func() error) error {
	ended := make(chan error, 1)
	go func() { ended <- run() }()
	asked := make(chan os.Signal, 1)
	signal.Notify(asked, syscall.SIGTERM)
	if path == "" {
		select {
		case err := <-ended:
			return err
		case <-asked:
			return nil
		}
	}
	f, err := os.Create(path)
	if err != nil {
		return err
	}
	if err := pprof.StartCPUProfile(f); err != nil {
		return err
	}
	select {
	case err = <-ended:
	case <-asked:
	}
	pprof.StopCPUProfile()
	return errors.Join(err, f.Close())
}

// ask asks for access n times, many at once, by other people than the deliveries do.
func ask(ctx context.Context, s *approvals.Service, n int) error {
	errs := make(chan error, 64)
	var next atomic.Int64
	var all sync.WaitGroup
	for range cap(errs) {
		all.Go(func() {
			for i := int(next.Add(1)) - 1; i < n; i = int(next.Add(1)) - 1 {
				_, err := s.Submit(ctx, approvals.Origin{
					Actor: access.Person{Team: "T1", User: staff(i % benchStaff), Name: "Somebody"}, Channel: "C0OWN",
				}, approvals.Ask{Customer: benchTenant, Roles: []access.RoleID{wanted(i)}, Duration: 4 * time.Hour, Justification: "mailbox migration"})
				if err != nil {
					errs <- fmt.Errorf("ask for access: %w", err)
					return
				}
			}
		})
	}
	all.Wait()
	close(errs)
	return <-errs
}

// settleIn binds the staff and a contact, and mirrors a relationship that carries
// everything.
func settleIn(tx state.Tx) error {
	now := time.Now().UTC()
	for i := range benchStaff {
		err := state.PutStaff(tx, access.Staff{
			Person:    access.Person{Team: "T1", User: staff(i), Name: "Somebody"},
			Principal: access.PrincipalID(fmt.Sprintf("00000000-0000-4000-8000-%012d", i)), LinkedAt: now,
		})
		if err != nil {
			return err
		}
	}
	contact := access.Contact{
		Person:   access.Person{Team: "T2CONTOSO", User: "U0CARLA", Name: "Carla Weiss"},
		Customer: benchTenant, LinkedAt: now.AddDate(0, 0, -2), VerifiedAt: now.AddDate(0, 0, -2),
	}
	_, err := state.PutMirrored(tx, state.MirroredRelationship{Relationship: access.Relationship{
		ID: "relationship", Customer: benchTenant, Status: access.RelationshipActive, Roles: requestable, Start: now, End: now.AddDate(1, 0, 0),
	}})
	return errors.Join(err, state.PutContact(tx, contact), state.PutMirror(tx, state.MirrorInfo{ReadAt: now}))
}

// requestable are the roles that are asked for, none of which can raise its own rights.
var requestable = func() []access.RoleID {
	var ids []access.RoleID
	for _, r := range roles.All() {
		if roles.Requestable(r.ID) && !r.Privileged {
			ids = append(ids, r.ID)
		}
	}
	return ids
}()

// wanted is the role of the i'th request: no person asks for one twice.
func wanted(i int) access.RoleID { return requestable[i/benchStaff%len(requestable)] }

func staff(i int) access.UserID { return access.UserID(fmt.Sprintf("U0STAFF%05d", i)) }

// waitingID is the id of the i'th request.
func waitingID(i int) access.RequestID {
	const digits = "0123456789ABCDEFGHJKMNPQRSTVWXYZ"
	id := []byte("R-00000")
	for at := len(id) - 1; i > 0; at, i = at-1, i/len(digits) {
		id[at] = digits[i%len(digits)]
	}
	return access.RequestID(id)
}

func nonce() (string, error) {
	raw := make([]byte, 16)
	_, err := rand.Read(raw)
	return hex.EncodeToString(raw), err
}
