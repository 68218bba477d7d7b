package config

import (
	"io/fs"
	"os"
	"reflect"
	"strings"
	"sync"
)

// secretFile is where a secret stands that may be replaced while the bot runs.
type secretFile struct {
	path string

	mu    sync.Mutex
	seen  fs.FileInfo // of the value; nil before it was read here
	value string
}

// read returns what the file holds, or what it held last; before that the value that was
// read at the start.
func (f *secretFile) read(first string) string {
	info, err := os.Stat(f.path)
	f.mu.Lock()
	defer f.mu.Unlock()
	if f.seen == nil {
		f.value = first
	}
	if err != nil || f.seen != nil && os.SameFile(f.seen, info) && f.seen.ModTime().Equal(info.ModTime()) && f.seen.Size() == info.Size() {
		return f.value
	}
	if value, problem := readSecret(f.path); problem == "" {
		f.value, f.seen = value, info
	}
	return f.value
}

// followFiles has the secrets that were given as files be read anew when those change.
func (c *Config) followFiles(files map[string]string) {
	v := reflect.ValueOf(c).Elem()
	for field := range v.Type().Fields() {
		name, _, _ := strings.Cut(field.Tag.Get("env"), ",")
		if secret, ok := v.FieldByIndex(field.Index).Addr().Interface().(*Secret); ok && files[name] != "" && secret.IsSet() {
			secret.file = &secretFile{path: files[name]}
		}
	}
}
