package audit

import (
	"bytes"
	"crypto/ed25519"
	"encoding/base64"
	"strings"
)

// CutMark is a line that says of the checkpoint before it that it was not written whole.
const CutMark = "(cut off)\n"

// signatureMark begins the line of a signature.
const signatureMark = "— "

// SplitCheckpoints takes a file apart in which checkpoints follow one another, as it was written
// or pasted, and counts those of which only a part is there.
func SplitCheckpoints(file string) (notes []string, parts int) {
	var note strings.Builder
	signed := false // as far as the last line goes
	end := func() {
		if signed {
			notes = append(notes, note.String())
		} else if strings.TrimSpace(note.String()) != "" {
			parts++
		}
		note.Reset()
	}
	for line := range strings.Lines(file) {
		line = strings.TrimRight(line, "\r\n") + "\n"
		signature := isSignature(line)
		if signed && !signature || line == CutMark {
			end()
		}
		if signed = signature; line == CutMark || line == "\n" && note.Len() == 0 {
			continue // nothing begins so
		}
		note.WriteString(line)
	}
	end()
	return notes, parts
}

// isSignature reports whether a line is a signature, and all of it.
func isSignature(line string) bool {
	rest, is := strings.CutPrefix(line, signatureMark)
	_, sum, some := strings.Cut(strings.TrimSuffix(rest, "\n"), " ")
	raw, err := base64.StdEncoding.DecodeString(sum)
	return is && some && err == nil && len(raw) >= 4+ed25519.SignatureSize
}

// HalfCheckpoint returns what is behind the last whole checkpoint in the end of a file.
func HalfCheckpoint(end []byte) []byte {
	half := end
	for rest := end; len(rest) > 0; {
		line, after, whole := bytes.Cut(rest, []byte("\n"))
		if rest = after; whole && (isSignature(string(line)) || string(line)+"\n" == CutMark) {
			half = after
		}
	}
	return half
}
