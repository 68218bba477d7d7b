package cards

import (
	"archive/zip"
	"bytes"
	"crypto/sha256"
	"fmt"

	"latchkey/internal/evidence"
	"latchkey/internal/evidence/paper"
	"latchkey/internal/outbox"
)

// Archive is a report in all its forms, with its proof, as one file; and what the log is
// told of it.
func Archive(r evidence.Report) (name string, content []byte, shown outbox.EvidenceShown, err error) {
	forms, err := paper.Forms(r)
	if err != nil {
		return "", nil, shown, err
	}
	shown = outbox.EvidenceShown{Digest: r.Digest(), Files: map[string]string{}}
	var out bytes.Buffer
	z := zip.NewWriter(&out)
	for _, f := range forms {
		w, err := z.CreateHeader(&zip.FileHeader{Name: f.Name, Method: zip.Deflate, Modified: r.Made})
		if err != nil {
			return "", nil, shown, fmt.Errorf("archive %s: %w", f.Name, err)
		}
		if _, err := w.Write(f.Content); err != nil {
			return "", nil, shown, fmt.Errorf("archive %s: %w", f.Name, err)
		}
		shown.Files[f.Name] = fmt.Sprintf("%x", sha256.Sum256(f.Content))
	}
	err = z.Close()
	return paper.FileName(r) + ".zip", out.Bytes(), shown, err
}
