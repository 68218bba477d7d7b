package chattest_test

import (
	"bytes"
	"fmt"
	"io"
	"mime/multipart"
	"net/http"
	"strconv"
	"strings"
	"testing"
	"time"

	"latchkey/internal/chat/chattest"
)

// ticket asks for the address of an upload and returns it with the file's id.
func (w *world) uploadURL(name string, length int) (string, string) {
	w.t.Helper()
	answer := w.must("files.getUploadURLExternal", "filename", name, "length", strconv.Itoa(length))
	return answer["upload_url"].(string), answer["file_id"].(string)
}

func (w *world) put(to, contentType string, body io.Reader) (int, string) {
	w.t.Helper()
	r, err := http.NewRequestWithContext(w.t.Context(), http.MethodPost, to, body)
	if err != nil {
		w.t.Fatal(err)
	}
	r.Header.Set("Content-Type", contentType)
	return w.fetch(r)
}

func (w *world) fetch(r *http.Request) (int, string) {
	w.t.Helper()
	resp, err := http.DefaultClient.Do(r)
	if err != nil {
		w.t.Fatal(err)
	}
	defer resp.Body.Close()
	text, err := io.ReadAll(resp.Body)
	if err != nil {
		w.t.Fatal(err)
	}
	return resp.StatusCode, string(text)
}

// upload brings the content of a file and returns its id.
func (w *world) upload(name, content string) string {
	w.t.Helper()
	to, id := w.uploadURL(name, len(content))
	if status, text := w.put(to, "application/octet-stream", strings.NewReader(content)); status != http.StatusOK || text != fmt.Sprintf("OK - %d", len(content)) {
		w.t.Fatalf("the upload was answered %d %q", status, text)
	}
	return id
}

// file uploads a report and shares it into a channel.
func (w *world) file(channel string) string {
	w.t.Helper()
	id := w.upload("report.csv", "a,b\n")
	w.must("files.completeUploadExternal", "files", fmt.Sprintf(`[{"id":%q}]`, id), "channel_id", channel)
	return id
}

func TestFileAppearsInTheChannel(t *testing.T) {
	t.Parallel()
	w := newWorld(t, nil)
	id := w.upload("report.csv", "who,when\n")
	list := fmt.Sprintf(`[{"id":%q,"title":"Report"}]`, id)
	done := w.must("files.completeUploadExternal", "files", list, "channel_id", "C-SHARED", "initial_comment", "For you")
	same(t, "id", at(done, "files", 0, "id"), id)
	m := w.last("U-CARLA", "C-SHARED")
	same(t, "what carla sees", []any{m.Text, m.Files, m.User}, []any{"For you", []string{id}, "U-BOT"})
	wire := at(w.must("conversations.history", "channel", "C-SHARED"), "messages", 0, "files", 0)
	for field, want := range map[string]any{
		"name": "report.csv", "title": "Report", "mimetype": "text/csv", "filetype": "csv", "size": 9,
		"groups": []string{"C-SHARED"}, "channels": []string{}, "is_public": false, "user": "U-BOT",
	} {
		same(t, field, at(wire, field), want)
	}
	f, ok := w.File(id)
	if !ok || string(f.Content) != "who,when\n" {
		t.Errorf("File = %+v, %v", f, ok)
	}
	w.refused("file_not_found", "files.completeUploadExternal", "files", list)

	r, err := http.NewRequestWithContext(t.Context(), http.MethodGet, at(wire, "url_private").(string), nil)
	if err != nil {
		t.Fatal(err)
	}
	if status, _ := w.fetch(r); status != http.StatusNotFound {
		t.Errorf("without a token the file is answered %d, want 404", status)
	}
	r.Header.Set("Authorization", "Bearer "+botToken)
	if status, text := w.fetch(r); status != http.StatusOK || text != "who,when\n" {
		t.Errorf("the file is %d %q", status, text)
	}
}

func TestFormUpload(t *testing.T) {
	t.Parallel()
	w := newWorld(t, nil)
	to, id := w.uploadURL("a.txt", 5)
	var body bytes.Buffer
	m := multipart.NewWriter(&body)
	part, err := m.CreateFormFile("filename", "a.txt")
	if err != nil {
		t.Fatal(err)
	}
	io.WriteString(part, "hello")
	m.Close()
	if status, text := w.put(to, m.FormDataContentType(), &body); status != http.StatusOK || text != "OK - 5" {
		t.Fatalf("the upload was answered %d %q", status, text)
	}
	w.must("files.completeUploadExternal", "files", fmt.Sprintf(`[{"id":%q}]`, id), "channels", "C-OPEN,U-ANA")
	f, _ := w.File(id)
	if len(f.Channels) != 2 || f.Channels[0] != "C-OPEN" || string(f.Content) != "hello" {
		t.Errorf("File = %+v, want it in two conversations", f)
	}
}

func TestUploadRefusals(t *testing.T) {
	t.Parallel()
	w := newFullWorld(t, nil)
	to, id := w.uploadURL("a.txt", 5)
	list := fmt.Sprintf(`[{"id":%q}]`, id)
	w.refused("file_not_found", "files.completeUploadExternal", "files", list) // nothing has come yet
	for _, tt := range []struct {
		name, to, contentType, body string
		want                        int
	}{
		{"Short", to, "text/plain", "four", http.StatusBadRequest},
		{"Long", to, "text/plain", "sixsix", http.StatusBadRequest},
		{"NoForm", to, "multipart/form-data; boundary=x", "x", http.StatusBadRequest},
		{"NoFile", to, "multipart/form-data; boundary=x", "--x\r\nContent-Disposition: form-data; name=\"a\"\r\n\r\nb\r\n--x--\r\n", http.StatusBadRequest},
		{"Guess", w.api.URL + "/upload/v1/guess", "text/plain", "hello", http.StatusNotFound},
		{"Huge", to, "text/plain", strings.Repeat("a", 9<<20), http.StatusBadRequest},
		{"Right", to, "text/plain", "hello", http.StatusOK},
		{"Again", to, "text/plain", "hello", http.StatusNotFound},
	} {
		if status, text := w.put(tt.to, tt.contentType, strings.NewReader(tt.body)); status != tt.want {
			t.Errorf("%s = %d %q, want %d", tt.name, status, text, tt.want)
		}
	}
	many := strings.TrimSuffix(strings.Repeat("C-OPEN,", 101), ",")
	for _, fail := range []failing{
		{"channel_not_found", []string{"channel_id", "C-NONE"}}, {"not_in_channel", []string{"channel_id", "C-QUIET"}},
		{"invalid_channel", []string{"channels", "C-OPEN,C-NONE"}}, {"posting_to_channel_denied", []string{"channel_id", "C-OLD"}},
		{"channels_limit_exceeded", []string{"channels", many}}, {"invalid_arguments", []string{"channel_id", "C-OPEN", "thread_ts", "1.000000"}},
		{"invalid_blocks", []string{"channel_id", "C-OPEN", "blocks", `[{"type":"x"}]`}},
	} {
		w.refused(fail.code, "files.completeUploadExternal", append([]string{"files", list}, fail.args...)...)
	}
	if n := len(w.Messages("U-ANA", "C-OPEN")); n != 0 {
		t.Errorf("ana sees %d messages after refusals, want none", n)
	}
	w.must("files.completeUploadExternal", "files", list)

	for range 8 {
		w.uploadURL("big", 8<<20-1)
	}
	w.refused("storage_limit_reached", "files.getUploadURLExternal", "filename", "a", "length", "100")
	w.advance(2 * time.Hour)
	w.uploadURL("a", 100) // what nobody completed is forgotten
}

func TestFilesKeepTheirNameInside(t *testing.T) {
	t.Parallel()
	w := newWorld(t, nil)
	id := w.upload("../../etc/passwd", "x")
	w.must("files.completeUploadExternal", "files", fmt.Sprintf(`[{"id":%q}]`, id), "channel_id", "C-OPEN")
	var f chattest.File
	if f, _ = w.File(id); f.Name != "passwd" {
		t.Errorf("Name = %q, want the last part", f.Name)
	}
}
