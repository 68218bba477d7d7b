package main

import (
	"encoding/json"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
)

// secrets are the settings that nobody may read in a log.
var secrets = []string{
	"SLACK_BOT_TOKEN", "SLACK_APP_TOKEN", "SLACK_SIGNING_SECRET", "ENTRA_CLIENT_SECRET", "READER_CLIENT_SECRET", "STATE_KEY",
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
