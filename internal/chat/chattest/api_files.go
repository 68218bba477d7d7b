package chattest

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"mime"
	"mime/multipart"
	"net/http"
	"path"
	"slices"
	"strconv"
	"strings"
	"time"
)

const (
	uploadPath = "/upload/v1/"
	filePath   = "/files-pri/"

	maxFile       = 8 << 20  // of one file; Slack takes up to 1 GB
	maxFiles      = 64 << 20 // of all files together; then storage_limit_reached
	maxSnippet    = 1 << 20
	maxAltText    = 1000
	maxChannels   = 100       // that one call shares into
	uploadLife    = time.Hour // after which an upload that nobody completed is forgotten; not documented
	multipartRoom = 1 << 16   // what a form adds to a file
)

// A File is what the app has uploaded. Channels are those it was shared into.
type File struct {
	ID, Name, Title, AltText string
	Channels                 []string
	Content                  []byte
	Created                  int64 // Unix seconds
}

type file struct{ File }

// An upload is a file on its way: the content is nil until it has come.
type upload struct {
	File
	id     string // in the upload URL
	length int
	at     time.Time
}

// File returns a file that the app has uploaded, with its content.
func (s *Server) File(id string) (File, bool) {
	s.mu.Lock()
	defer s.mu.Unlock()
	f, ok := s.files.get(id)
	if !ok {
		return File{}, false
	}
	c := f.File
	c.Channels, c.Content = slices.Clone(c.Channels), bytes.Clone(c.Content)
	return c, true
}

func (s *Server) filesGetUploadURLExternal(a args) (object, error) {
	s.forgetUploads()
	length, err := strconv.Atoi(a.Get("length"))
	switch {
	case a.Get("length") == "" || err == nil && length == 0:
		return nil, refuse("missing_argument")
	case err != nil || length < 0 || a.Get("filename") == "":
		return nil, refuse("invalid_arguments")
	case length > maxFile:
		return nil, refuse("file_upload_size_restricted")
	case a.Get("snippet_type") != "" && length > maxSnippet:
		return nil, refuse("snippet_too_large")
	case len([]rune(a.Get("alt_txt"))) > maxAltText:
		return nil, refuse("alt_txt_too_large")
	case s.stored()+length > maxFiles:
		return nil, refuse("storage_limit_reached")
	}
	u := &upload{id: secretID(), length: length, at: s.opt.Now(), File: File{
		ID: s.nextID("F"), Name: path.Base(a.Get("filename")), Title: a.Get("filename"), AltText: a.Get("alt_txt"),
		Created: s.opt.Now().Unix(),
	}}
	s.uploads[u.id] = u
	return object{"upload_url": s.selfURL + uploadPath + u.id, "file_id": u.ID}, nil
}

// stored is how many bytes are kept or promised.
func (s *Server) stored() int {
	n := 0
	for _, u := range s.uploads {
		n += u.length
	}
	for _, f := range s.files.byID {
		n += len(f.Content)
	}
	return n
}

func (s *Server) forgetUploads() {
	now := s.opt.Now()
	for id, u := range s.uploads {
		if now.Sub(u.at) > uploadLife {
			delete(s.uploads, id)
		}
	}
}

// serveUpload takes the content of a file, as it is or as a form. Slack
// documents the answer of a success only.
func (s *Server) serveUpload(w http.ResponseWriter, r *http.Request, id string) {
	if r.Method != http.MethodPost {
		w.Header().Set("Allow", http.MethodPost)
		http.Error(w, "use POST", http.StatusMethodNotAllowed)
		return
	}
	answered, finish := s.suffer(w, r, OnUpload)
	if answered {
		return
	}
	content, err := uploaded(w, r)
	if err != nil {
		http.Error(w, "the file did not arrive whole", http.StatusBadRequest)
		return
	}
	status := s.takeUpload(id, content)
	finish()
	if status != http.StatusOK {
		http.Error(w, http.StatusText(status), status)
		return
	}
	fmt.Fprintf(w, "OK - %d", len(content))
}

// uploaded reads the content: the first file of a form, or the body.
func uploaded(w http.ResponseWriter, r *http.Request) ([]byte, error) {
	body := http.MaxBytesReader(w, r.Body, maxFile+multipartRoom)
	kind, params, err := mime.ParseMediaType(r.Header.Get("Content-Type"))
	if err != nil || kind != "multipart/form-data" {
		return io.ReadAll(body)
	}
	form := multipart.NewReader(body, params["boundary"])
	for {
		part, err := form.NextPart()
		if err != nil {
			return nil, err
		}
		if part.FileName() != "" {
			return io.ReadAll(part)
		}
	}
}

func (s *Server) takeUpload(id string, content []byte) int {
	s.mu.Lock()
	defer s.mu.Unlock()
	u, ok := s.uploads[id]
	switch {
	case !ok || u.Content != nil:
		return http.StatusNotFound
	case len(content) != u.length:
		return http.StatusBadRequest
	}
	u.Content = content
	return http.StatusOK
}

// filesCompleteUploadExternal keeps uploaded files and shows them in channels.
// It does all of it or nothing.
func (s *Server) filesCompleteUploadExternal(a args) (object, error) {
	files, err := s.completed(a.Get("files"))
	if err != nil {
		return nil, err
	}
	rooms, err := s.sharedInto(a)
	if err != nil {
		return nil, err
	}
	m := Message{User: s.opt.BotUser, Text: clip(a.Get("initial_comment")), ThreadTS: a.Get("thread_ts")}
	if raw := a.Get("blocks"); raw != "" && m.Text == "" {
		if m.Blocks, err = s.parseBlocks([]byte(raw)); err != nil {
			return nil, err
		}
	}
	list := []object{}
	for _, u := range files {
		m.Files = append(m.Files, u.ID)
		for _, r := range rooms {
			u.Channels = append(u.Channels, r.ID)
		}
		delete(s.uploads, u.id)
		f := &file{u.File}
		s.files.put(f.ID, f)
		list = append(list, s.wireFile(f))
	}
	for _, r := range rooms {
		copied := m
		copied.Files = slices.Clone(m.Files)
		posted := s.post(r, &message{bot: true, Message: copied})
		for _, id := range m.Files {
			s.happened("file_shared", object{
				"file_id": id, "user_id": s.opt.BotUser, "file": object{"id": id}, "channel_id": r.ID, "event_ts": posted.TS,
			})
		}
	}
	return object{"files": list}, nil
}

// completed returns the uploads that a call names. One that has not arrived, or
// was completed already, is not found.
func (s *Server) completed(raw string) ([]*upload, error) {
	var named []struct{ ID, Title string }
	if err := json.Unmarshal([]byte(raw), &named); err != nil || len(named) == 0 {
		return nil, refuse("invalid_arguments", "files must be a list of objects with an id")
	}
	var files []*upload
	for _, n := range named {
		var found *upload
		for _, u := range s.uploads {
			if u.ID == n.ID && u.Content != nil && !slices.Contains(files, u) {
				found = u
			}
		}
		if found == nil {
			return nil, refuse("file_not_found")
		}
		files = append(files, found)
	}
	for i, u := range files {
		if named[i].Title != "" {
			u.Title = named[i].Title
		}
	}
	return files, nil
}

// sharedInto returns the conversations that a call shares files into.
func (s *Server) sharedInto(a args) ([]*room, error) {
	ids := listArg(a.Get("channels"))
	missing := "invalid_channel"
	if id := a.Get("channel_id"); id != "" {
		ids, missing = []string{id}, "channel_not_found"
	}
	if len(ids) > maxChannels {
		return nil, refuse("channels_limit_exceeded")
	}
	var rooms []*room
	for _, id := range ids {
		r, err := s.writable(id)
		var e *apiError
		switch {
		case errors.As(err, &e) && e.code == "channel_not_found":
			return nil, refuse(missing)
		case errors.As(err, &e) && e.code == "is_archived":
			return nil, refuse("posting_to_channel_denied")
		case err != nil:
			return nil, err
		}
		if !slices.Contains(rooms, r) {
			rooms = append(rooms, r)
		}
	}
	if ts := a.Get("thread_ts"); ts != "" {
		if len(rooms) != 1 || rooms[0].byTS[ts] == nil || rooms[0].byTS[ts].reply() {
			return nil, refuse("invalid_arguments", "thread_ts must be a message of the one channel, and no reply")
		}
	}
	return rooms, nil
}

func (s *Server) filesInfo(a args) (object, error) {
	f, ok := s.files.get(a.Get("file"))
	if !ok {
		return nil, refuse("file_not_found")
	}
	return object{"file": s.wireFile(f), "comments": []object{}, "response_metadata": metadata("")}, nil
}

// serveFile gives the content of a file to who has the bot's token and may read
// files.
func (s *Server) serveFile(w http.ResponseWriter, r *http.Request, rest string) {
	token, _ := strings.CutPrefix(r.Header.Get("Authorization"), "Bearer ")
	name, own := strings.CutPrefix(rest, s.opt.BotTeam+"-")
	id, _, _ := strings.Cut(name, "/")
	f, ok := s.File(id)
	if !ok || !own || s.authenticate(method{}, token) != nil || !s.granted("files:read") {
		http.NotFound(w, r)
		return
	}
	w.Header().Set("Content-Type", mimeType(f.Name))
	w.Header().Set("X-Content-Type-Options", "nosniff")
	w.Write(f.Content) // a reader that went away is no concern of the world
}

// wireFile is a file as Slack shows it to the bot. The lock is held.
func (s *Server) wireFile(f *file) object {
	public, private, direct := []string{}, []string{}, []string{}
	for _, id := range f.Channels {
		r, ok := s.rooms.get(id)
		switch {
		case ok && r.DM:
			direct = append(direct, id)
		case ok && r.Private:
			private = append(private, id)
		default:
			public = append(public, id)
		}
	}
	kind := strings.TrimPrefix(path.Ext(f.Name), ".")
	url := s.selfURL + filePath + s.opt.BotTeam + "-" + f.ID + "/" + f.Name
	return object{
		"id": f.ID, "created": f.Created, "timestamp": f.Created, "name": f.Name, "title": f.Title, "alt_txt": f.AltText,
		"mimetype": mimeType(f.Name), "filetype": kind, "pretty_type": strings.ToUpper(kind), "size": len(f.Content),
		"user": s.opt.BotUser, "user_team": s.opt.BotTeam, "mode": "hosted", "editable": false, "display_as_bot": false,
		"is_external": false, "external_type": "", "is_public": len(public) > 0, "public_url_shared": false, "username": "",
		"url_private": url, "url_private_download": url, "channels": public, "groups": private, "ims": direct,
		"comments_count": 0, "is_starred": false, "has_rich_preview": false, "file_access": "visible",
		"permalink": fmt.Sprintf("https://%s.slack.com/files/%s/%s/%s", s.teamDomain(s.opt.BotTeam), s.opt.BotUser, f.ID, f.Name),
	}
}

// wireFiles are the files of a message.
func (s *Server) wireFiles(ids []string) []object {
	list := []object{}
	for _, id := range ids {
		if f, ok := s.files.get(id); ok {
			list = append(list, s.wireFile(f))
		}
	}
	return list
}

// mimeTypes are those of the files that reports come in. They are not asked
// from the machine, whose list differs from one to the next.
var mimeTypes = map[string]string{
	".csv": "text/csv", ".json": "application/json", ".txt": "text/plain", ".pdf": "application/pdf", ".png": "image/png",
}

func mimeType(name string) string {
	if kind, ok := mimeTypes[strings.ToLower(path.Ext(name))]; ok {
		return kind
	}
	return "application/octet-stream"
}
