package config

import (
	"fmt"
	"reflect"
	"slices"
	"strings"
)

// live are the settings that change while the bot runs. Of every other something is built
// at the start that would have to be built anew.
var live = []string{"LOG_LEVEL"}

// Changes names the settings in which two configurations differ, in their order: those
// that can be taken over by a bot that runs, and those that take a restart.
func Changes(before, now Config) (atOnce, restart []string) {
	a, b := reflect.ValueOf(before), reflect.ValueOf(now)
	for f := range reflect.TypeFor[Config]().Fields() {
		if plainly(a.FieldByIndex(f.Index)) == plainly(b.FieldByIndex(f.Index)) {
			continue
		}
		name, _, _ := strings.Cut(f.Tag.Get("env"), ",")
		if slices.Contains(live, name) {
			atOnce = append(atOnce, name)
		} else {
			restart = append(restart, name)
		}
	}
	return atOnce, restart
}

// Values are the settings as texts, secrets among them as they are: for whoever compares
// them with others, and keeps none.
func Values(c Config) map[string]string {
	out, v := map[string]string{}, reflect.ValueOf(c)
	for f := range v.Type().Fields() {
		name, _, _ := strings.Cut(f.Tag.Get("env"), ",")
		out[name] = fmt.Sprint(plainly(v.FieldByIndex(f.Index)))
	}
	return out
}

// plainly returns a value to compare by; of a secret, what it holds.
func plainly(v reflect.Value) any {
	if s, ok := v.Interface().(Secret); ok {
		return s.Reveal()
	}
	return v.Interface()
}
