// Command licences tells under which licences the modules are that a release holds.
//
// "licences list" prints them as a page, "licences notices" prints the texts themselves,
// which go out with each release. Both come from the files of the modules, in one order,
// so they are the same wherever they are made. It ends badly, and names the module, where
// a licence is not known or is none under which the bot may be given away as it is.
package main

import (
	"errors"
	"fmt"
	"io"
	"os"
)

func main() {
	if err := run(os.Args[1:], os.Stdout); err != nil {
		fmt.Fprintln(os.Stderr, "licences:", err)
		os.Exit(1)
	}
}

func run(args []string, out io.Writer) error {
	if len(args) != 1 {
		return errors.New("say list or notices")
	}
	modules, err := linked(".")
	if err != nil {
		return err
	}
	switch args[0] {
	case "list":
		_, err = io.WriteString(out, page(modules))
	case "notices":
		_, err = io.WriteString(out, notices(modules))
	default:
		err = errors.New("say list or notices")
	}
	return err
}
