package chattest

import (
	"bytes"
	"encoding/json"
	"errors"
	"io"
	"net/http"
	"strings"
)

// An object is a JSON object on its way in or out.
type object = map[string]any

// encode writes v as JSON and keeps & < > readable, as Slack does.
func encode(v any) json.RawMessage {
	var b bytes.Buffer
	e := json.NewEncoder(&b)
	e.SetEscapeHTML(false)
	if err := e.Encode(v); err != nil {
		return json.RawMessage("null") // unreachable: only decoded JSON and plain values come here
	}
	return bytes.TrimRight(b.Bytes(), "\n")
}

var errTrailing = errors.New("more than one JSON value")

// decode reads exactly one JSON value and keeps numbers as they were written.
func decode(data []byte, v any) error {
	d := json.NewDecoder(bytes.NewReader(data))
	d.UseNumber()
	if err := d.Decode(v); err != nil {
		return err
	}
	if _, err := d.Token(); !errors.Is(err, io.EOF) {
		return errTrailing
	}
	return nil
}

// str returns a string field of an object, or "".
func str(o object, key string) string {
	v, _ := o[key].(string)
	return v
}

// obj returns an object field of an object, or nil.
func obj(o object, key string) object {
	v, _ := o[key].(object)
	return v
}

// objects returns the objects in a list field of an object.
func objects(o object, key string) []object {
	list, _ := o[key].([]any)
	var found []object
	for _, v := range list {
		if item, ok := v.(object); ok {
			found = append(found, item)
		}
	}
	return found
}

// truth reads a flag that may come as a boolean or as text.
func truth(v any) bool {
	switch v := v.(type) {
	case bool:
		return v
	case string:
		return v == "true" || v == "1"
	}
	return false
}

var entities = strings.NewReplacer("&", "&amp;", "<", "&lt;", ">", "&gt;")

// escape writes & < > as the entities that Slack uses for them.
func escape(text string) string { return entities.Replace(text) }

func writeJSON(w http.ResponseWriter, status int, v any) {
	w.Header().Set("Content-Type", "application/json; charset=utf-8")
	w.WriteHeader(status)
	w.Write(encode(v)) // a reader that went away is no concern of the world
}
