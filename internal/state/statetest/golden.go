package statetest

import (
	"bytes"
	"errors"
	"io/fs"
	"os"
	"path/filepath"
	"reflect"
	"testing"
	"time"

	"latchkey/internal/access"
	"latchkey/internal/state"
)

// Golden compares the stored form of a record with the bytes in file, which some
// released version wrote: they must still be read, and the value must still be
// written as they are. Every field of the value must be set, so that none escapes
// the comparison. With update set a file that is missing is made; one that is
// there is never changed.
func Golden[T any](t *testing.T, file string, value T, update bool) {
	t.Helper()
	for _, field := range unset(reflect.ValueOf(value), "") {
		t.Errorf("the sample for %s leaves %s unset", file, field)
	}
	got, err := state.Encode(value)
	if err != nil {
		t.Fatal(err)
	}
	CompareGolden(t, file, got, update)
	stored, err := os.ReadFile(file)
	if err != nil {
		t.Fatal(err)
	}
	back, err := state.Decode[T](file, bytes.TrimSuffix(stored, []byte("\n")))
	if err != nil {
		t.Errorf("stored bytes cannot be read any more: %v", err)
	}
	if !reflect.DeepEqual(back, value) {
		t.Errorf("%s is read as\n%+v\nwant\n%+v", file, back, value)
	}
}

// CompareGolden compares text with the file, which it makes when it is missing
// and update is set.
func CompareGolden(t *testing.T, file string, got []byte, update bool) {
	t.Helper()
	want, err := os.ReadFile(file)
	if errors.Is(err, fs.ErrNotExist) && update {
		want = append(bytes.Clone(got), '\n')
		if err = os.MkdirAll(filepath.Dir(file), 0o755); err == nil {
			err = os.WriteFile(file, want, 0o644)
		}
	}
	if err != nil {
		t.Fatalf("%v (go test -update adds what is missing)", err)
	}
	if want = bytes.TrimSuffix(want, []byte("\n")); !bytes.Equal(got, want) {
		t.Errorf("%s: what is written now differs from what is stored already:\n got %s\nwant %s", file, got, want)
	}
}

// unset lists the fields below v that hold their zero value. A person may be known in
// Slack alone.
func unset(v reflect.Value, path string) []string {
	if p, ok := v.Interface().(access.Person); ok && p.Entra == (access.Account{}) && p.Mail == "" {
		v = reflect.ValueOf(struct{ Team, User, Name string }{string(p.Team), string(p.User), p.Name})
	}
	if t, ok := v.Interface().(time.Time); ok {
		if t.IsZero() {
			return []string{path}
		}
		return nil
	}
	var out []string
	switch v.Kind() {
	case reflect.Struct:
		for i := range v.NumField() {
			out = append(out, unset(v.Field(i), path+"."+v.Type().Field(i).Name)...)
		}
	case reflect.Slice:
		if v.Len() == 0 {
			return []string{path}
		}
		if v.Type().Elem().Kind() != reflect.Uint8 {
			for i := range v.Len() {
				out = append(out, unset(v.Index(i), path+"[]")...)
			}
		}
	case reflect.Map:
		if v.Len() == 0 {
			return []string{path}
		}
	default:
		if v.IsZero() {
			return []string{path}
		}
	}
	return out
}
