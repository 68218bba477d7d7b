package chattest

import (
	"encoding/base64"
	"slices"
	"strconv"
	"strings"
)

const (
	defaultPage = 100
	maxPage     = 999
)

// pageLimit reads how many items a page may hold.
func pageLimit(a args, missing, most int) (int, error) {
	raw := a.Get("limit")
	if raw == "" {
		return missing, nil
	}
	n, err := strconv.Atoi(raw)
	if err != nil || n < 0 || n > most {
		return 0, refuse("invalid_limit")
	}
	if n == 0 {
		return missing, nil
	}
	return n, nil
}

// pageOf cuts the page that the cursor of a call asks for out of a list. The
// cursor holds the prefix and the id of the first item of the page, as Slack's
// own do, so it is lost with that item. It returns the cursor of the next page,
// or "".
func pageOf[T any](a args, list []T, limit int, prefix string, id func(T) string) (page []T, next string, err error) {
	from := 0
	if cursor := a.Get("cursor"); cursor != "" {
		want, ok := cursorValue(cursor, prefix)
		from = slices.IndexFunc(list, func(v T) bool { return id(v) == want })
		if !ok || from < 0 {
			return nil, "", refuse("invalid_cursor")
		}
	}
	to := min(from+limit, len(list))
	if to < len(list) {
		next = cursorFor(prefix + id(list[to]))
	}
	return list[from:to], next, nil
}

func cursorFor(value string) string { return base64.StdEncoding.EncodeToString([]byte(value)) }

func cursorValue(cursor, prefix string) (string, bool) {
	raw, err := base64.StdEncoding.DecodeString(cursor)
	if err != nil {
		return "", false
	}
	return strings.CutPrefix(string(raw), prefix)
}

func metadata(next string) object { return object{"next_cursor": next} }
