package main

import (
	"context"
	"errors"
	"slices"
	"strings"
	"time"

	"latchkey/internal/chat/chattest"
)

// ask has somebody make a request.
func (m *mix) ask(w *wish) *wish {
	m.t.Helper()
	m.wishes = append(m.wishes, w)
	m.does("ask "+w.why, func() error {
		_, err := m.say(w.who, w.channel, "request "+w.text+" because "+w.why)
		return err
	}, func() bool {
		w.id = m.idOf(w.who, w.why)
		return w.id != ""
	})
	return w
}

// idOf is the id of the request whose card says so.
func (m *mix) idOf(who, why string) string {
	for _, c := range m.Slack.ChannelsOf(people[who]) {
		for _, one := range m.Slack.Messages(people[who], c.ID) {
			if strings.Contains(one.Text+string(one.Blocks), why) {
				if id := requestID.FindString(one.Text + string(one.Blocks)); id != "" {
					return id
				}
			}
		}
	}
	return ""
}

// press has somebody press a button, if it is there.
func (m *mix) press(who, action, id string) error {
	channel, ts, ok := m.button(who, action, id)
	if !ok {
		return errors.New("there is no such button")
	}
	d, err := m.Slack.Click(context.Background(), people[who], channel, ts, action)
	return errors.Join(err, d.Err)
}

// fills has somebody press a button and fill in what opens.
func (m *mix) fills(who, action, id, title string, fields map[string]string) error {
	if err := m.press(who, action, id); err != nil {
		return err
	}
	return m.fillsIn(who, title, fields)
}

// fillsIn has somebody fill in what opens.
func (m *mix) fillsIn(who, title string, fields map[string]string) error {
	ctx, cancel := context.WithTimeout(context.Background(), 3*time.Second)
	defer cancel()
	if err := m.Until(ctx, func() bool {
		v, ok := m.Slack.View(people[who])
		return ok && strings.Contains(plain(v.Raw), title)
	}); err != nil {
		return err
	}
	return m.submit(who, fields)
}

// card says what a person's newest message with the id and these words is.
func (m *mix) told(who, id string, words ...string) bool {
	for _, c := range m.Slack.ChannelsOf(people[who]) {
		if slices.ContainsFunc(m.Slack.Messages(people[who], c.ID), func(one chattest.Message) bool {
			text := m.said(one)
			return strings.Contains(text, id) && !slices.ContainsFunc(words, func(w string) bool { return !strings.Contains(text, w) })
		}) {
			return true
		}
	}
	return false
}

// row presses a button of a row, if it is there.
func (m *mix) row(action, review, row string) error {
	channel, ts, value, ok := m.rowButton("carol", action, review, row)
	if !ok {
		return nil
	}
	d, err := m.Slack.ClickValue(context.Background(), people["carol"], channel, ts, action, value)
	return errors.Join(err, d.Err)
}

// types has the admin type a command until it is taken, and waits until it is done; nil: it
// is done when it is taken. What is typed twice is said twice, and a bot that died on it may
// have taken it.
func (m *mix) types(command string, done func() bool) {
	m.t.Helper()
	taken := false
	if done == nil {
		done = func() bool { return taken }
	}
	m.does(command, func() error {
		if taken {
			return nil
		}
		told, err := m.say("dee", "#ops", command)
		taken = err == nil && !strings.Contains(told, "recorded")
		return err
	}, done)
}

// shown has the admin press a button of what a command shows.
func (m *mix) shown(command, action, about string) error {
	if _, err := m.say("dee", "#ops", command); err != nil {
		return err
	}
	return m.press("dee", action, about)
}
