package graph

import (
	"fmt"
	"regexp"
	"strings"

	"latchkey/internal/access"
	"latchkey/internal/outbox"
)

// The mark of a group of ours is its nickname. The nonce in it is drawn and
// stored before the group is made, so nobody else can have put it on a group
// before we did.

var nonceForm = regexp.MustCompile(`^[A-Za-z0-9_-]{8,54}$`)

const markPrefix = "latchkey-"

// nickname returns the mark of a container's group.
func nickname(c access.Container) (string, error) {
	if !nonceForm.MatchString(c.Nonce) {
		return "", outbox.Permanent(fmt.Errorf("the container %s has no usable nonce", c.ID))
	}
	return markPrefix + c.Nonce, nil
}

// ours refuses a group that does not carry the mark, or is not of the kind that
// we make any more.
func ours(g Group, c access.Container) error {
	mark, err := nickname(c)
	if err != nil {
		return err
	}
	if g.Nickname != mark || !g.Plain {
		return never(access.Conflict, "The security group that carries these roles was changed in Entra: "+
			"it is not as Latchkey made it. An operator must look at the group %s.", g.ID)
	}
	return nil
}

const maxGroupName = 120

// groupName names a group for people who meet it in Entra. The end of the
// container's id tells the role sets of one customer apart.
func groupName(customer string, c access.Container) string {
	suffix := string(c.ID)
	if i := strings.LastIndexByte(suffix, '.'); i >= 0 {
		suffix = suffix[i+1:]
	}
	const prefix = "Latchkey "
	room := max(maxGroupName-len(prefix)-1-len([]rune(suffix)), 0)
	return prefix + shorten(customer, room) + " " + suffix
}

func groupDescription(customer string, c access.Container) string {
	return fmt.Sprintf("Made by Latchkey. Its members have delegated access to %s (%s) for as long as was approved. "+
		"Do not change it or its members: Latchkey does.", shorten(customer, 200), c.Customer)
}

// shorten keeps the first n characters of a name, without control characters.
func shorten(name string, n int) string {
	clean := strings.Join(strings.FieldsFunc(name, func(r rune) bool { return r <= ' ' || r == 0x7f }), " ")
	if runes := []rune(clean); len(runes) > n {
		return strings.TrimSpace(string(runes[:n]))
	}
	return clean
}
