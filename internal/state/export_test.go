package state

// KindPrefixes are the beginnings of the keys of every kind of record.
func KindPrefixes() []string {
	var out []string
	for _, k := range kinds() {
		out = append(out, k.prefix)
	}
	return out
}
