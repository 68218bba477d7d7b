package growth_test

import (
	"cmp"
	"context"
	"fmt"
	"log/slog"
	"os"
	"strconv"
	"strings"
	"testing"
	"time"

	"latchkey/bench/growth"
	"latchkey/internal/access"
	"latchkey/internal/approvals"
	"latchkey/internal/cards"
	"latchkey/internal/policy"
	"latchkey/internal/schedule"
	"latchkey/internal/state"
	"latchkey/internal/state/boltstore"
)

// sizes are those of GROWTH, as "1000+10000,1000000+100000": requests that ended, and access
// in force.
func sizes(b *testing.B) (out []growth.Size) {
	b.Helper()
	for text := range strings.SplitSeq(cmp.Or(os.Getenv("GROWTH"), "1000+10000,10000+10000,100000+10000"), ",") {
		ended, active, _ := strings.Cut(text, "+")
		n, err := strconv.Atoi(ended)
		m, err2 := strconv.Atoi(active)
		if err != nil || err2 != nil {
			b.Fatalf("GROWTH has %q", text)
		}
		out = append(out, growth.Size{Ended: n, Active: m})
	}
	return out
}

// grown is the use cases on a store of the size, at the moment at which its history ends.
// The file is made in GROWTH_DIR, and stays there; or in one that goes with the benchmark.
func grown(b *testing.B, size growth.Size) (*approvals.Service, string) {
	b.Helper()
	path, err := growth.File(b.Context(), cmp.Or(os.Getenv("GROWTH_DIR"), b.TempDir()), size, time.Now())
	if err != nil {
		b.Fatal(err)
	}
	s, err := boltstore.Open(path)
	if err != nil {
		b.Fatal(err)
	}
	b.Cleanup(func() { s.Close() }) //nolint:errcheck // only benchmarks go on with it
	var read state.MirrorInfo
	err = s.View(b.Context(), func(tx state.Tx) (err error) {
		read, err = state.Mirror(tx)
		return err
	})
	if err == nil {
		err = s.Whole(b.Context())
	}
	if err != nil {
		b.Fatal(err)
	}
	p, err := policy.Parse("policy.yml", growth.Policy())
	if err != nil {
		b.Fatal(err)
	}
	clock, drawn := func() time.Time { return read.ReadAt }, size.Ended+size.Active+int(time.Now().Unix()%1e6)*10
	return &approvals.Service{
		Store: s, Policy: func() *policy.Policy { return p }, Now: clock, Protocol: clock, Tenant: growth.Tenant,
		Team: func() access.TeamID { return growth.Team },
		NewID: func() (access.RequestID, error) {
			drawn++
			return growth.ID(drawn), nil
		},
		NewNonce: func() (string, error) { return strings.Repeat("0", 32), nil },
	}, path
}

// BenchmarkGrowth tells what each act costs with a long history: what people look at, what
// time demands, and what they ask for.
func BenchmarkGrowth(b *testing.B) {
	for _, size := range sizes(b) {
		b.Run(fmt.Sprintf("ended=%d/active=%d", size.Ended, size.Active), func(b *testing.B) {
			s, path := grown(b, size)
			info, err := os.Stat(path)
			if err != nil {
				b.Fatal(err)
			}
			for _, act := range acts(s, size) {
				b.Run(act.name, func(b *testing.B) {
					b.ReportAllocs()
					for i := 0; b.Loop(); i++ {
						if err := act.do(b.Context(), i); err != nil {
							b.Fatal(err)
						}
					}
				})
			}
			if err := s.Store.Close(); err != nil {
				b.Fatal(err)
			}
			b.Run("Open", func(b *testing.B) {
				for b.Loop() {
					s, err := boltstore.Open(path)
					if err == nil {
						err = s.Close()
					}
					if err != nil {
						b.Fatal(err)
					}
				}
				b.ReportMetric(float64(info.Size())/float64(size.Ended+size.Active), "bytes/request")
			})
		})
	}
}

type act struct {
	name string
	do   func(ctx context.Context, i int) error
}

func acts(s *approvals.Service, size growth.Size) []act {
	admin := approvals.Origin{Actor: access.Person{Team: growth.Team, User: growth.Admin}}
	due := &schedule.Due{Store: s.Store, Do: s.Due, Now: s.Now, Log: slog.New(slog.DiscardHandler)}
	homes := cards.Homes{Store: s.Store, Policy: s.Policy, Team: s.Team, Now: s.Now, Protocol: s.Protocol, Awaits: s.Awaits}
	home := func(who func(i int) access.Person) func(context.Context, int) error {
		return func(ctx context.Context, i int) error {
			_, err := homes.Home(ctx, who(i), 0)
			return err
		}
	}
	day := access.DayOf(s.Now(), time.UTC)
	return []act{
		{"List", func(ctx context.Context, i int) error {
			_, err := s.Overview(ctx, admin, growth.Customer(i*7))
			return err
		}},
		{"Show", func(ctx context.Context, i int) error {
			_, err := s.Show(ctx, admin, growth.ID(i*7919%size.Ended))
			return err
		}},
		{"Mine", func(ctx context.Context, i int) error {
			_, err := s.Mine(ctx, approvals.Origin{Actor: growth.Staff(i)})
			return err
		}},
		{"HomeStaff", home(growth.Staff)},
		{"HomeContact", home(growth.Contact)},
		{"HomeAdmin", home(func(int) access.Person { return admin.Actor })},
		{"DueNothing", func(ctx context.Context, _ int) error {
			_, err := due.Once(ctx)
			return err
		}},
		{"DueExpire", func(ctx context.Context, i int) error {
			return late(s).Due(ctx, state.Due{Kind: state.DueExpire, Request: growth.ID(size.Ended + i%size.Active)})
		}},
		{"Submit", func(ctx context.Context, i int) error {
			_, err := s.Submit(ctx, approvals.Origin{Actor: growth.Staff(i), Delivery: fmt.Sprintf("d-%d-%d", time.Now().UnixNano(), i)}, approvals.Ask{
				Customer: growth.Customer(i / growth.People), Roles: []access.RoleID{"29232cdf-9323-42fd-ade2-1d097af3e4de"},
				Duration: time.Hour, Justification: "mailbox of Kim, INC-1",
			})
			if access.CodeOf(err) == access.Conflict {
				return nil // somebody has asked for it in the run before
			}
			return err
		}},
		{"SummaryCustomer", func(ctx context.Context, i int) error {
			_, err := s.DailySummary(ctx, growth.Customer(i), day, day.Plus(-1))
			return err
		}},
		{"SummaryPartner", func(ctx context.Context, _ int) error {
			_, err := s.DailySummary(ctx, state.Partner, day, day.Plus(-1))
			return err
		}},
		{"Prune", func(ctx context.Context, _ int) error {
			_, err := s.Prune(ctx)
			return err
		}},
	}
}

// late is the same a day later.
func late(s *approvals.Service) *approvals.Service {
	other := *s
	other.Now = func() time.Time { return s.Now().Add(24 * time.Hour) }
	return &other
}
