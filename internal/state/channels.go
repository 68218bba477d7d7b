package state

import (
	"time"

	"latchkey/internal/access"
)

// Move is a channel that Slack calls by another id than before.
type Move struct {
	From, To access.ChannelID
	At       time.Time
}

func moveKey(from access.ChannelID) string { return Path("moved", string(from)) }

// Moves returns by which ids Slack calls the channels now that it called by others. What
// cannot be read is passed over: the channel is not found by its old id then, and nothing
// is said in another.
func Moves(tx Tx) (map[access.ChannelID]access.ChannelID, error) {
	all, _, err := Readable[Move](tx, "moved/")
	if err != nil {
		return nil, err
	}
	out := make(map[access.ChannelID]access.ChannelID, len(all))
	for _, m := range all {
		out[m.From] = m.To
	}
	return out, nil
}

// MoveChannel records a move. What had moved to where it begins goes on with it, so a
// channel is found by every id that it ever had.
func MoveChannel(tx Tx, m Move) error {
	all, _, err := Readable[Move](tx, "moved/")
	if err != nil {
		return err
	}
	for _, before := range all {
		if before.To != m.From {
			continue
		}
		if before.From == m.To { // it is back
			if err := tx.Delete(moveKey(before.From)); err != nil {
				return err
			}
			continue
		}
		before.To = m.To
		if _, err := Save(tx, moveKey(before.From), before); err != nil {
			return err
		}
	}
	_, err = Save(tx, moveKey(m.From), m)
	return err
}
