package chat

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"io"
	"net/http"
)

// respond says something to the person who pressed a button or typed a command, through
// the address that came with it. Only a signed delivery gets this far, so
// the address is Slack's.
func (d *Dispatcher) respond(ctx context.Context, url string, r reply) {
	d.later(ctx, "answer a click", func(ctx context.Context) error {
		raw, err := json.Marshal(r)
		if err != nil {
			return err
		}
		req, err := http.NewRequestWithContext(ctx, http.MethodPost, url, bytes.NewReader(raw))
		if err != nil {
			return err
		}
		req.Header.Set("Content-Type", "application/json; charset=utf-8")
		res, err := d.Client.HTTP.Do(req)
		if err != nil {
			return err
		}
		defer res.Body.Close()
		if _, err := io.Copy(io.Discard, io.LimitReader(res.Body, maxBody)); err != nil {
			return err
		}
		if res.StatusCode != http.StatusOK {
			return fmt.Errorf("slack answered %s", res.Status)
		}
		return nil
	})
}
