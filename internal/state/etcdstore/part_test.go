package etcdstore

import (
	"bytes"
	"testing"
)

// FuzzPart reads parts of commits. What can be read is written down the same way.
func FuzzPart(f *testing.F) {
	f.Add([]byte{})
	f.Add(encode([]change{{"a", write{value: []byte("1")}}, {"b", write{gone: true}}, {"c", write{}}}))
	f.Add([]byte{1, 'a', 1, 0xff})
	f.Add([]byte{0x80})
	f.Fuzz(func(t *testing.T, b []byte) {
		part, err := decode(b)
		if err != nil {
			return
		}
		again, err := decode(encode(part))
		if err != nil || len(again) != len(part) {
			t.Fatalf("decode(encode(%v)) = %v, %v", part, again, err)
		}
		for i, c := range part {
			if again[i].key != c.key || again[i].gone != c.gone || !bytes.Equal(again[i].value, c.value) {
				t.Errorf("change %d is %v, was %v", i, again[i], c)
			}
		}
	})
}
