package graphtest

import (
	"bytes"
	"encoding/json"
	"net/http"
	"path"
	"slices"
	"strings"
)

const (
	batchPattern = "POST /$batch"
	maxBatch     = 20
)

// batchItem is one request of a batch.
type batchItem struct {
	ID        string            `json:"id"`
	Method    string            `json:"method"`
	URL       string            `json:"url"`
	Headers   map[string]string `json:"headers"`
	Body      json.RawMessage   `json:"body"`
	DependsOn []string          `json:"dependsOn"`
}

// batch makes up to 20 calls, each as if it had come by itself: with its own
// permission, faults and limit, and its own status inside a 200. A call whose
// dependency failed is answered 424 and not made. The answers come in another
// order than the requests, as they may from the service: a client has to go by
// their ids.
func (s *Server) batch(w http.ResponseWriter, r *http.Request) {
	c, err := s.admit(w, r, route{pattern: batchPattern, in: anyTenant})
	if err != nil {
		s.writeError(w, r, err)
		return
	}
	fault := s.due(batchPattern)
	if err := fault.before(r.Context()); err != nil {
		s.writeError(w, r, err)
		return
	}
	items, err := readBatch(c)
	if err != nil {
		s.writeError(w, r, err)
		return
	}
	failed := map[string]bool{}
	answers := make([]object, 0, len(items))
	for _, item := range items {
		answer := s.batchAnswer(r, item, failed)
		if status, _ := answer["status"].(int); status >= 400 {
			failed[strings.ToLower(item.ID)] = true
		}
		answers = append(answers, answer)
	}
	slices.Reverse(answers)
	if err := fault.after(); err != nil {
		s.writeError(w, r, err)
		return
	}
	s.writeReply(w, r, reply{status: http.StatusOK, body: object{"responses": answers}})
}

// readBatch refuses a batch that is not one as a whole: then none of its calls
// is made.
func readBatch(c *call) ([]batchItem, error) {
	var body struct {
		Requests []batchItem `json:"requests"`
	}
	if err := json.Unmarshal(c.body, &body); err != nil {
		return nil, fail(http.StatusBadRequest, "BadRequest", "The body is not a batch of requests.")
	}
	if n := len(body.Requests); n == 0 || n > maxBatch {
		return nil, fail(http.StatusBadRequest, "BadRequest", "A batch has between 1 and 20 requests.")
	}
	earlier := map[string]bool{}
	for _, item := range body.Requests {
		id := strings.ToLower(item.ID)
		switch {
		case id == "" || item.Method == "" || item.URL == "":
			return nil, fail(http.StatusBadRequest, "BadRequest", "A request of a batch needs id, method and url.")
		case earlier[id]:
			return nil, fail(http.StatusBadRequest, "BadRequest", "The ids of a batch must differ.")
		case len(item.Body) > 0 && header(item.Headers, "Content-Type") == "":
			return nil, fail(http.StatusBadRequest, "BadRequest", "A request of a batch that has a body needs the header Content-Type.")
		}
		for _, on := range item.DependsOn {
			if !earlier[strings.ToLower(on)] {
				return nil, fail(http.StatusBadRequest, "BadRequest", "A request of a batch may depend only on one before it.")
			}
		}
		earlier[id] = true
	}
	return body.Requests, nil
}

func (s *Server) batchAnswer(outer *http.Request, item batchItem, failed map[string]bool) object {
	rec := &recorder{header: http.Header{}}
	switch inner, err := innerRequest(outer, item); {
	case slices.ContainsFunc(item.DependsOn, func(id string) bool { return failed[strings.ToLower(id)] }):
		s.writeError(rec, outer, fail(http.StatusFailedDependency, "FailedDependency", "A request that this one depends on has failed."))
	case err != nil:
		s.writeError(rec, outer, err)
	default:
		s.mu.Lock()
		s.batched++
		s.mu.Unlock()
		s.serveGraph(rec, inner)
	}
	return rec.answer(item.ID)
}

// innerRequest makes a request of its own out of a batch's. It is made with the
// batch's token, whatever its headers say.
func innerRequest(outer *http.Request, item batchItem) (*http.Request, error) {
	bad := fail(http.StatusBadRequest, "BadRequest", "The url of a request of a batch must be relative to the version, and its method one that Graph knows.")
	address := "/" + strings.TrimPrefix(item.URL, "/")
	if strings.Contains(strings.SplitN(address, "?", 2)[0], ":") {
		return nil, bad
	}
	// Batches in use have spaces in their filters.
	address = strings.ReplaceAll(address, " ", "%20")
	r, err := http.NewRequestWithContext(outer.Context(), item.Method, "https://"+outer.Host+"/v1.0"+address, bytes.NewReader(item.Body))
	if err != nil || isBatch(r.URL.Path) || !slices.Contains([]string{"GET", "POST", "PATCH", "PUT", "DELETE"}, item.Method) {
		return nil, bad
	}
	for name, value := range item.Headers {
		r.Header.Set(name, value)
	}
	r.Header.Del("Content-Encoding")
	r.Header.Set("Authorization", outer.Header.Get("Authorization"))
	return r, nil
}

// isBatch says whether a path, decoded, is a batch's: no batch may hold another.
func isBatch(decoded string) bool {
	clean := strings.ToLower(path.Clean(decoded))
	return clean == "/v1.0/$batch" || strings.HasPrefix(clean, "/v1.0/$batch/")
}

func header(headers map[string]string, name string) string {
	for n, v := range headers {
		if same(n, name) {
			return v
		}
	}
	return ""
}

// recorder keeps the answer to a call of a batch.
type recorder struct {
	header http.Header
	status int
	body   bytes.Buffer
}

func (r *recorder) Header() http.Header { return r.header }

func (r *recorder) WriteHeader(status int) {
	if r.status == 0 {
		r.status = status
	}
}

func (r *recorder) Write(p []byte) (int, error) {
	r.WriteHeader(http.StatusOK)
	return r.body.Write(p)
}

func (r *recorder) answer(id string) object {
	headers := object{}
	for name := range r.header {
		headers[name] = r.header.Get(name)
	}
	out := object{"id": id, "status": r.status, "headers": headers}
	if r.body.Len() > 0 {
		out["body"] = json.RawMessage(r.body.Bytes())
	}
	return out
}
