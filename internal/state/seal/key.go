package seal

import (
	"bytes"
	"crypto/aes"
	"crypto/cipher"
	"crypto/hkdf"
	"crypto/hmac"
	"crypto/sha256"
	"encoding/base64"
	"encoding/binary"
	"encoding/hex"
	"errors"
	"fmt"

	"latchkey/internal/state"
)

// KeySize is the length of a key.
const KeySize = 32

// key is one key, with what is derived of it for each purpose.
type key struct {
	id    string      // says which key it is, and nothing about it
	value cipher.AEAD // for values; draws a nonce for each
	names []byte      // for the names of keys that are addresses
	notes []byte      // for the note of how the store is sealed
}

func newKey(secret []byte) (key, error) {
	if len(secret) != KeySize {
		return key{}, fmt.Errorf("a key of %d bytes; it must have %d", len(secret), KeySize)
	}
	derive := func(purpose string, n int) []byte {
		out, err := hkdf.Key(sha256.New, secret, nil, "latchkey state 1 "+purpose, n)
		if err != nil {
			panic("seal: " + err.Error()) // only for a length that no hash can give
		}
		return out
	}
	block, err := aes.NewCipher(derive("values", 32))
	if err != nil {
		return key{}, err
	}
	aead, err := cipher.NewGCMWithRandomNonce(block)
	return key{id: hex.EncodeToString(derive("id", 4)), value: aead, names: derive("names", 32), notes: derive("notes", 32)}, err
}

// mark is how a value begins that the key has sealed.
func (k key) mark() []byte { return []byte(state.SealMark + k.id + ":") }

// name stands for a key of the store that would tell an address.
func (k key) name(logical string) string {
	mac := hmac.New(sha256.New, k.names)
	mac.Write([]byte(logical))
	return base64.RawURLEncoding.EncodeToString(mac.Sum(nil)[:24])
}

// vouch is what shows that the note was written by somebody who has the key.
func (k key) vouch(m meta) string {
	mac := hmac.New(sha256.New, k.notes)
	fmt.Fprintf(mac, "%q %v", m.Keys, m.Done)
	return base64.RawURLEncoding.EncodeToString(mac.Sum(nil))
}

// seal encrypts the value for its place: it opens nowhere else. Where the place does
// not tell the logical key, that is sealed with the value.
func (k key) seal(place, logical string, value []byte) []byte {
	plain := value
	if place != logical {
		plain = append(append(binary.AppendUvarint(nil, uint64(len(logical))), logical...), value...)
	}
	return k.value.Seal(k.mark(), nil, plain, k.about(place))
}

// about is what a sealed value is bound to.
func (k key) about(place string) []byte { return append(k.mark(), place...) }

// errNotOpened is all that can be said of a value that does not open.
var errNotOpened = errors.New("it does not open: it was changed, or is of another place")

// open decrypts what seal has made for that place.
func (k key) open(place string, named bool, sealed []byte) (logical string, value []byte, err error) {
	plain, err := k.value.Open(nil, nil, sealed[len(k.mark()):], k.about(place))
	if err != nil {
		return "", nil, errNotOpened
	}
	if !named {
		return place, plain, nil
	}
	n, size := binary.Uvarint(plain)
	if size <= 0 || n > uint64(len(plain)-size) {
		return "", nil, errNotOpened
	}
	return string(plain[size : size+int(n)]), bytes.Clone(plain[size+int(n):]), nil
}
