package page_test

import (
	"encoding/json"
	"net/http"
	"net/http/httptest"
	"net/url"
	"strconv"
	"strings"
	"testing"
)

// upload has the app show a file.
func (w *world) upload(name, title, alt, content string) (id string) {
	w.t.Helper()
	form := url.Values{"filename": {name}, "length": {strconv.Itoa(len(content))}, "alt_txt": {alt}}
	ask := httptest.NewRequest(http.MethodPost, "/api/files.getUploadURLExternal", strings.NewReader(form.Encode()))
	ask.Header.Set("Content-Type", "application/x-www-form-urlencoded")
	ask.Header.Set("Authorization", "Bearer "+token)
	rec := httptest.NewRecorder()
	w.slack.ServeHTTP(rec, ask)
	var answer struct {
		FileID string `json:"file_id"`
		URL    string `json:"upload_url"`
	}
	if err := json.Unmarshal(rec.Body.Bytes(), &answer); err != nil || answer.URL == "" {
		w.t.Fatalf("the address is %s, %v", rec.Body, err)
	}
	to, err := url.Parse(answer.URL)
	if err != nil {
		w.t.Fatal(err)
	}
	id = answer.FileID
	rec = httptest.NewRecorder()
	w.slack.ServeHTTP(rec, httptest.NewRequest(http.MethodPost, to.Path, strings.NewReader(content)))
	if rec.Code != http.StatusOK {
		w.t.Fatalf("the upload answered %d", rec.Code)
	}
	w.api("files.completeUploadExternal", object{"channel_id": shared, "files": []object{{"id": id, "title": title}}})
	return id
}

// TestFilesAreShown holds that a picture is shown with its words, a table can be
// fetched, and nobody gets what they do not see.
func TestFilesAreShown(t *testing.T) {
	w := newWorld(t, nil)
	picture := w.upload("week.png", "A <week>", "Bars & more", "\x89PNG")
	table := w.upload("all.csv", "All", "", "a,b")
	page := w.upload("x.html", "Page", "", "<script>")
	_, body := w.get("/?as=" + carla + "&in=" + shared)
	mustContain(t, body, "<figcaption>A &lt;week&gt;</figcaption>", `alt="Bars &amp; more"`, `download="all.csv"`)
	for _, row := range []struct {
		as, in, id string
		code       int
		body       string
	}{
		{carla, shared, picture, http.StatusOK, "\x89PNG"},
		{ana, shared, table, http.StatusOK, "a,b"},
		{ana, shared, page, http.StatusNotFound, ""}, // no kind that the page gives out
		{ana, shared, "F0", http.StatusNotFound, ""},
		{ana, "C-NOWHERE", picture, http.StatusNotFound, ""},
		{"U-NOBODY", shared, picture, http.StatusNotFound, ""},
	} {
		code, got := w.get("/file?" + url.Values{"as": {row.as}, "in": {row.in}, "id": {row.id}}.Encode())
		if code != row.code || code == http.StatusOK && got != row.body {
			t.Errorf("%s in %s is given %d %q for %s, want %d", row.as, row.in, code, got, row.id, row.code)
		}
	}
}
