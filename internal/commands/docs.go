package commands

//go:generate go test . -run ^TestDocs$ -update

import "strings"

// Docs writes docs/commands.md.
func Docs() string {
	var b strings.Builder
	b.WriteString("# Commands\n\n" +
		"Generated from the commands themselves by `go generate ./internal/commands`; a test fails when it differs.\n\n" +
		"All begin with `/access`, which alone shows the list. Names of customers and roles may be several words, with or without quotes. " +
		"People of a customer cannot run commands, since Slack does not share them; they use the buttons of the cards in their channel.\n\n" +
		"| command | what it does | who may |\n|---|---|---|\n")
	for _, c := range Commands() {
		b.WriteString("| `" + cell(c.Usage) + "` | " + cell(c.Short) + " | " + cell(c.Who) + " |\n")
	}
	for _, c := range Commands() {
		b.WriteString("\n## " + c.Name + "\n\n`/access " + c.Usage + "`\n\n" + c.Short + "\n")
		for _, l := range c.Long {
			b.WriteString("\n" + l + "\n")
		}
		b.WriteString("\nWho may: " + c.Who + ".\n\n```\n")
		for _, e := range c.Examples {
			b.WriteString("/access " + e + "\n")
		}
		b.WriteString("```\n")
	}
	return b.String()
}

func cell(s string) string { return strings.ReplaceAll(s, "|", "\\|") }
