package chat

import (
	"bytes"
	"context"
	"crypto/sha256"
	"encoding/json"
	"errors"
	"fmt"
	"slices"
	"time"

	"github.com/slack-go/slack"

	"latchkey/internal/access"
	"latchkey/internal/cards"
	"latchkey/internal/outbox"
	"latchkey/internal/state"
)

// fileWait is when to look again whether what a file goes with has been said.
const fileWait = 2 * time.Second

// File shows a file once, after what it goes with: those of a storm and of an access
// review under their cards, others in the channel. Its name tells it from every other
// file of the bot, so it is found again when the answer to an earlier try was lost.
func (f *Effects) File(ctx context.Context, e outbox.Effect) (json.RawMessage, error) {
	ctx = ticketed(ctx, e)
	p, err := outbox.Payload[outbox.FilePayload](e)
	if err != nil {
		return nil, err
	}
	var early bool
	if err := f.Store.View(ctx, func(tx state.Tx) (err error) {
		early, err = p.Early(tx)
		return err
	}); err != nil {
		return nil, err
	}
	if early {
		return nil, outbox.NotYet(fileWait)
	}
	file, err := f.Render.File(ctx, p)
	if err != nil || len(file.Content) == 0 {
		return nil, err
	}
	if f.Client.Bot() == "" {
		return nil, errNobody
	}
	at, err := f.under(ctx, p, access.MessageRef{Channel: file.Channel})
	if err != nil {
		return nil, err
	}
	at.Channel = f.today(at.Channel)
	if e.Repeated() {
		shown, err := f.shown(ctx, at, file.Name, e.Since())
		if refusedWith(err, "thread_not_found") { // the card was deleted
			at.TS = ""
			shown, err = f.shown(ctx, at, file.Name, e.Since())
		}
		if err != nil || shown {
			return nil, err
		}
	}
	if err := f.private(ctx, cards.Post{Channel: at.Channel, Team: file.Team}); err != nil {
		return nil, err
	}
	if err := f.upload(ctx, file, at); err != nil {
		return nil, notShown(err)
	}
	return put(file)
}

// upload shows a file, with those that belong to it, in one message: none is seen before
// all have arrived.
func (f *Effects) upload(ctx context.Context, file cards.File, at access.MessageRef) error {
	done := slack.CompleteUploadExternalParameters{Channel: string(at.Channel), ThreadTimestamp: at.TS, InitialComment: file.Words}
	for _, one := range append([]cards.File{file}, file.With...) {
		to, err := f.Client.API.GetUploadURLExternalContext(ctx, slack.GetUploadURLExternalParameters{
			FileName: one.Name, FileSize: len(one.Content), AltTxt: one.Alt,
		})
		if err != nil {
			return fmt.Errorf("ask where to: %w", err)
		}
		if err := f.Client.API.UploadToURL(ctx, slack.UploadToURLParameters{UploadURL: to.UploadURL, Reader: bytes.NewReader(one.Content), Filename: one.Name}); err != nil {
			return fmt.Errorf("upload %s: %w", one.Name, err)
		}
		done.Files = append(done.Files, slack.FileSummary{ID: to.FileID, Title: one.Title})
	}
	_, err := f.Client.API.CompleteUploadExternalContext(ctx, done)
	return err
}

// put is the result of what the log is told of: the digests of what was shown.
func put(file cards.File) (json.RawMessage, error) {
	if file.Digest == "" {
		return nil, nil
	}
	shown := outbox.EvidenceShown{Digest: file.Digest, Files: map[string]string{}}
	for _, one := range append([]cards.File{file}, file.With...) {
		shown.Files[one.Name] = fmt.Sprintf("%x", sha256.Sum256(one.Content))
	}
	return json.Marshal(shown)
}

// under is where the card is that the file goes with; a file that goes with none, or
// with one that was never posted, stays where it is.
func (f *Effects) under(ctx context.Context, p outbox.FilePayload, at access.MessageRef) (access.MessageRef, error) {
	err := f.Store.View(ctx, func(tx state.Tx) error {
		var card access.MessageRef
		var err error
		switch {
		case p.Storm != "":
			var storm state.AlertCard
			storm, err = state.PostedAlert(tx, state.AlertCard{Storm: p.Storm})
			card = storm.Ref
		case p.Review != "":
			var review state.ReviewCard
			review, err = state.CardOfReview(tx, p.Review, 0)
			card = review.Ref
		}
		if card.TS != "" {
			at = card
		}
		return unlessNotFound(err)
	})
	return at, err
}

// shown reports whether a file of ours with that name stands there, put since a moment.
func (f *Effects) shown(ctx context.Context, at access.MessageRef, name string, since time.Time) (bool, error) {
	m, err := f.ours(ctx, at, since, func(m slack.Message) bool {
		return slices.ContainsFunc(m.Files, func(one slack.File) bool { return one.Name == name })
	})
	if err != nil {
		return false, classify("look for a file", err)
	}
	return m != nil, nil
}

// passing are Slack's refusals that say nothing about the file.
var passing = []string{"internal_error", "fatal_error", "service_unavailable", "request_timeout", "ratelimited"}

// notShown says what an error of an upload means. What a file goes with is told without
// it, too: whatever Slack refuses is set aside.
func notShown(err error) error {
	refused, ok := errors.AsType[slack.SlackErrorResponse](err)
	switch {
	case ok && refused.Err == "missing_scope":
		return outbox.Permanent(fmt.Errorf("show a file: %w", errors.Join(err,
			access.Refuse(access.Unavailable, "The app may not show files yet: install it again with the current manifest.yml, which asks for files:write."))))
	case ok && !slices.Contains(passing, refused.Err) && !slices.Contains(refusals, refused.Err):
		return outbox.Permanent(fmt.Errorf("show a file: %w", withSense(refused.Err, err)))
	}
	return classify("show a file", err)
}

// senses are what people can do about refusals of a file.
var senses = []struct {
	errs []string
	say  *access.Error
}{
	{[]string{"file_upload_size_restricted", "storage_limit_reached", "file_too_large"},
		access.Refuse(access.Invalid, "The files are too large for Slack, or its workspace has no room left: ask for a shorter time, or make room.")},
	{[]string{"file_uploads_disabled", "file_uploads_except_images_disabled", "file_upload_limit_reached", "blocked_file_type", "posting_to_channel_denied", "not_allowed", "restricted_action"},
		access.Refuse(access.Unavailable, "Slack takes no files there: an administrator of the workspace can allow them.")},
	{[]string{"channel_not_found", "is_archived", "not_in_channel", "invalid_channel"},
		access.Refuse(access.NotFound, "The channel is gone or closed, or the bot is not in it: invite it, or give policy.yml another one.")},
}

// withSense adds to a refusal what people can do about it, where that is known.
func withSense(code string, err error) error {
	for _, s := range senses {
		if slices.Contains(s.errs, code) {
			return errors.Join(err, s.say)
		}
	}
	return err
}
