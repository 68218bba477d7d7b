package main

import (
	"encoding/json"
	"fmt"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"

	"latchkey/internal/state"
)

// secrets are the settings that nobody may read in a log.
var secrets = []string{
	"SLACK_BOT_TOKEN", "SLACK_APP_TOKEN", "SLACK_SIGNING_SECRET", "ENTRA_CLIENT_SECRET", "READER_CLIENT_SECRET", "ACTIVITY_CLIENT_SECRET", "STATE_KEY",
}

var addressed = regexp.MustCompile(`[\w.+#-]+(@|%40)[\w-]+\.[\w.-]*\w`)

// least is how long a sentence must be to be looked for: a shorter one may be there by chance.
const least = 12

// leaks returns what the bot's log holds of secrets and of people: their names, addresses,
// and what they wrote. There must be none.
func (s *stage) leaks() []string {
	raw, err := os.ReadFile(filepath.Join(s.dir, "world.json"))
	if err != nil {
		return []string{err.Error()}
	}
	var f struct{ Env map[string]string }
	if err := json.Unmarshal(raw, &f); err != nil {
		return []string{err.Error()}
	}
	log := s.log.String()
	var out []string
	for _, name := range secrets {
		if f.Env[name] != "" && strings.Contains(log, f.Env[name]) {
			out = append(out, name)
		}
	}
	s.mu.Lock()
	personal := append(s.names(), s.wrote...)
	s.mu.Unlock()
	for _, text := range personal {
		if strings.Contains(log, text) {
			out = append(out, text)
		}
	}
	return append(out, addressed.FindAllString(log, -1)...)
}

// whose holds that somebody has said of every kind of record whether it names people, and
// that those of which they said no have no address.
func whose(tx state.Tx) error {
	for item, err := range tx.Scan("") {
		if err != nil {
			return err
		}
		if _, ok := state.PersonalKind(item.Key); ok {
			continue
		}
		i := slices.IndexFunc(state.Impersonal(), func(prefix string) bool { return strings.HasPrefix(item.Key, prefix) })
		if i < 0 {
			return fmt.Errorf("nobody has said whether %s names people", item.Key)
		}
		if anew := slices.Contains(readAnew, state.Impersonal()[i]); !anew && addressed.Match(item.Value) {
			return fmt.Errorf("%s has an address: %s", item.Key, item.Value)
		}
	}
	return nil
}

// readAnew is what is read from Microsoft again and again, or is on its way out.
var readAnew = []string{"mirror/", "outbox/", "watch/"}

// names are what people are called in Slack and in Entra.
func (s *stage) names() []string {
	var out []string
	for _, u := range s.Slack.Users() {
		out = append(out, u.RealName)
	}
	for _, u := range s.Graph.Users() {
		out = append(out, u.DisplayName)
	}
	for _, p := range s.Graph.People() {
		out = append(out, p.Name)
	}
	out = slices.DeleteFunc(out, func(name string) bool { return !strings.Contains(name, " ") })
	return slices.Compact(slices.Sorted(slices.Values(out)))
}

// noteWords remembers what somebody types of their own behind a command.
func (s *stage) noteWords(text string) {
	if _, why, ok := strings.Cut(text, " because "); ok {
		s.noteFields(map[string]string{"": why})
	}
}

// noteFields remembers what somebody fills into a form: sentences, but no choices.
func (s *stage) noteFields(fields map[string]string) {
	s.mu.Lock()
	defer s.mu.Unlock()
	for _, text := range fields {
		if len(text) >= least && strings.Contains(text, " ") {
			s.wrote = append(s.wrote, text)
		}
	}
}
