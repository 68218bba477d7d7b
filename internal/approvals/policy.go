package approvals

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"strings"

	"latchkey/internal/access"
	"latchkey/internal/audit"
	"latchkey/internal/outbox"
	"latchkey/internal/state"
)

// PolicyInForce records that the policy of now is in force, and tells the operators when
// it is another one than before. It is called at the start, and when the file changed.
func (s *Service) PolicyInForce(ctx context.Context) error {
	now, p := s.now(), s.Policy()
	return s.Store.Update(ctx, func(tx state.Tx) error {
		known, err := state.PolicyVersion(tx)
		if err != nil || known == p.Version {
			return err
		}
		if err := state.PutPolicyVersion(tx, p.Version); err != nil {
			return err
		}
		ev, err := audit.Append(tx, access.Event{
			At: now, Kind: access.EventPolicy, Detail: map[string]string{"from": known, "to": p.Version},
		})
		if err != nil || known == "" || p.Operations == "" {
			return err
		}
		return s.oweNotice(tx, ev, outbox.NoticePayload{Notice: outbox.NoticeOperators, Channel: p.Operations, Text: fmt.Sprintf(
			"policy.yml has changed and is in force: %s, %s, %s (version %s, before it %s). What was asked for before keeps its terms, and is granted only if it may still be asked for. Whoever did not expect this should look at the file.",
			counted(len(p.Customers), "customer"), counted(len(p.Bundles), "bundle"), counted(len(p.Rules), "rule"),
			p.Version, known)})
	})
}

// counted is a number with what it counts.
func counted(n int, one string, many ...string) string {
	switch {
	case n == 1:
		return "1 " + one
	case len(many) > 0:
		return fmt.Sprint(n) + " " + many[0]
	}
	return fmt.Sprint(n) + " " + one + "s"
}

// mostProblems bounds how much of what is wrong with a file is told in Slack.
const mostProblems = 5

// PolicyRefused tells the operators what is wrong with a file that was changed. What is
// in force stays so.
func (s *Service) PolicyRefused(ctx context.Context, why string) error {
	channel := s.Policy().Operations
	if channel == "" {
		return nil
	}
	lines := strings.Split(strings.TrimSpace(why), "\n")
	if more := len(lines) - mostProblems; more > 0 {
		lines = append(lines[:mostProblems], fmt.Sprintf("… and %d more", more))
	}
	sum := sha256.Sum256([]byte(why))
	return s.Store.Update(ctx, func(tx state.Tx) error {
		ev, err := audit.Append(tx, access.Event{
			At: s.now(), Kind: access.EventPolicyRefused, Detail: map[string]string{"problems": hex.EncodeToString(sum[:6]), "in force": s.Policy().Version},
		})
		if err != nil {
			return err
		}
		return s.oweNotice(tx, ev, outbox.NoticePayload{Notice: outbox.NoticeTrouble, Channel: channel, Text: "policy.yml was changed and is not right, so the one before (version " +
			s.Policy().Version + ") stays in force. " + strings.Join(lines, " ") + " `bot policy check` says the same; mend the file, and it is taken over by itself."})
	})
}
