// Command image makes the container image of a release from deploy/Dockerfile and the
// binaries, for every platform at once, with no engine of containers.
//
// What it makes is the OCI layout of an image index, in one tar file. It depends on the
// Dockerfile, the binaries and the flags alone: made twice, it is the same bit for bit.
// A crash leaves a file that is not whole under a name that nobody reads.
package main

import (
	"flag"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"strings"
	"time"
)

func main() {
	if err := run(os.Args[1:]); err != nil {
		fmt.Fprintln(os.Stderr, "image:", err)
		os.Exit(1)
	}
}

// An order says what to make.
type order struct {
	dockerfile, context, out string // the files
	platforms                []string
	version, revision        string
	created                  time.Time // of what is released, not of the image
}

func run(args []string) error {
	flags := flag.NewFlagSet("image", flag.ContinueOnError)
	flags.SetOutput(io.Discard)
	var o order
	flags.StringVar(&o.dockerfile, "dockerfile", "deploy/Dockerfile", "")
	flags.StringVar(&o.context, "context", "dist", "")
	flags.StringVar(&o.out, "out", "dist/latchkey-image.tar", "")
	flags.StringVar(&o.version, "version", "", "")
	flags.StringVar(&o.revision, "revision", "", "")
	platforms, created := flags.String("platforms", "amd64,arm64", ""), flags.String("created", "", "")
	if err := flags.Parse(args); err != nil || flags.NArg() > 0 {
		return fmt.Errorf("the arguments are not understood: %v", err)
	}
	var err error
	if o.created, err = time.Parse(time.RFC3339, *created); err != nil {
		return fmt.Errorf("-created: %w", err)
	}
	o.platforms = strings.Split(*platforms, ",")
	return o.fill()
}

// fill makes the file of the order, whole or not at all.
func (o order) fill() error {
	text, err := os.ReadFile(o.dockerfile)
	if err != nil {
		return err
	}
	index, err := o.index(string(text))
	if err != nil {
		return err
	}
	layoutDir, err := os.MkdirTemp(filepath.Dir(o.out), ".image-")
	if err != nil {
		return err
	}
	defer os.RemoveAll(layoutDir) //nolint:errcheck // what is left there harms nobody
	if err := write(layoutDir, index); err != nil {
		return err
	}
	return pack(layoutDir, o.out)
}
