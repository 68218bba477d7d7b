package main

import (
	"fmt"
	"strings"
)

const heading = `# Licences of what a release holds

Made from the licence files of the modules that are compiled into the bot; tests and tools
bring more, which nobody is given. The texts are in ` + "`NOTICES.txt`" + ` of each release. A test
holds this page to go.mod, and fails for a licence that is not known, or under which the
bot could not be given away as it is.

| module | version | licence |
|---|---|---|
`

// page lists modules and licences.
func page(modules []module) string {
	var b strings.Builder
	b.WriteString(heading)
	for _, m := range modules {
		fmt.Fprintf(&b, "| %s | %s | %s |\n", m.path, m.version, strings.Join(m.licences, ", "))
	}
	return b.String()
}

// notices are the texts that the licences want handed on.
func notices(modules []module) string {
	var b strings.Builder
	b.WriteString("Latchkey is built from the modules below. These are their licences and notices.\n")
	for _, m := range modules {
		for _, t := range m.texts {
			title := m.path + " " + m.version + ": " + t.name
			fmt.Fprintf(&b, "\n%s\n%s\n\n%s\n", title, strings.Repeat("=", len(title)), strings.TrimSpace(t.body))
		}
	}
	return b.String()
}
