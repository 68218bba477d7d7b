package graphtest

import (
	"mime"
	"net/http"
	"slices"
	"strings"
	"time"
)

// Mail is a message that was sent through Graph.
type Mail struct {
	At                time.Time // by the world's clock
	From              string    // object id of the user
	To, Cc, Bcc       []string  // addresses
	Subject           string
	ContentType, Body string // ContentType is "text" or "html"
	Attachments       []string
	Saved             bool // in Sent Items
	// Plain is the text of a message that was sent as MIME and has both; MessageID is what
	// its sender called it.
	Plain, MessageID string
}

// Mails returns what was sent, oldest first.
func (s *Server) Mails() []Mail {
	s.mu.Lock()
	defer s.mu.Unlock()
	out := slices.Clone(s.mails)
	for i := range out {
		m := &out[i]
		m.To, m.Cc, m.Bcc = slices.Clone(m.To), slices.Clone(m.Cc), slices.Clone(m.Bcc)
		m.Attachments = slices.Clone(m.Attachments)
	}
	return out
}

type recipients []struct {
	EmailAddress struct {
		Address string `json:"address"`
		Name    string `json:"name"`
	} `json:"emailAddress"`
}

// addresses returns the recipients' addresses, or false when one is none.
func (r recipients) addresses() ([]string, bool) {
	var out []string
	for _, one := range r {
		local, domain, ok := strings.Cut(one.EmailAddress.Address, "@")
		if !ok || local == "" || domain == "" || strings.ContainsAny(one.EmailAddress.Address, " \r\n<>,") {
			return nil, false
		}
		out = append(out, one.EmailAddress.Address)
	}
	return out, true
}

type mailBody struct {
	Message *struct {
		Subject string `json:"subject"`
		Body    struct {
			ContentType string `json:"contentType"`
			Content     string `json:"content"`
		} `json:"body"`
		To          recipients `json:"toRecipients"`
		Cc          recipients `json:"ccRecipients"`
		Bcc         recipients `json:"bccRecipients"`
		ReplyTo     recipients `json:"replyTo"`
		Importance  string     `json:"importance"`
		Attachments []struct {
			Name         string `json:"name"`
			ContentType  string `json:"contentType"`
			ContentBytes []byte `json:"contentBytes"`
			ContentID    string `json:"contentId"`
			IsInline     bool   `json:"isInline"`
		} `json:"attachments"`
	} `json:"message"`
	SaveToSentItems *bool `json:"saveToSentItems"`
}

// sendMail accepts a message from a user's mailbox, which has 202 for an answer
// and nothing in it. A user without an address has no mailbox.
func (s *Server) sendMail(c *call) (reply, error) {
	u, ok := s.userOf(c)
	switch {
	case !ok:
		return reply{}, fail(http.StatusNotFound, "ErrorInvalidUser", "The requested user is invalid.")
	case u.Mail == "":
		return reply{}, fail(http.StatusNotFound, "MailboxNotEnabledForRESTAPI", "The mailbox is either inactive, soft-deleted, or is hosted on-premise.")
	}
	if err := s.inScope(u); err != nil {
		return reply{}, err
	}
	if media, _, err := mime.ParseMediaType(c.r.Header.Get("Content-Type")); err == nil && media == "text/plain" {
		return s.sendMIME(c, u)
	}
	var body mailBody
	if err := c.decode(&body); err != nil {
		return reply{}, err
	}
	m := body.Message
	if m == nil {
		return reply{}, badDirectory("message is required.")
	}
	kind := strings.ToLower(m.Body.ContentType)
	if kind == "" {
		kind = "text"
	}
	to, okTo := m.To.addresses()
	cc, okCc := m.Cc.addresses()
	bcc, okBcc := m.Bcc.addresses()
	switch {
	case !okTo || !okCc || !okBcc || len(to)+len(cc)+len(bcc) == 0:
		return reply{}, fail(http.StatusBadRequest, "ErrorInvalidRecipients", "At least one recipient isn't valid.")
	case kind != "text" && kind != "html":
		return reply{}, badDirectory("body.contentType must be text or html.")
	}
	sent := Mail{
		At: c.now, From: u.ID, To: to, Cc: cc, Bcc: bcc, Subject: m.Subject, ContentType: kind, Body: m.Body.Content,
		Saved: body.SaveToSentItems == nil || *body.SaveToSentItems,
	}
	for _, a := range m.Attachments {
		sent.Attachments = append(sent.Attachments, a.Name)
	}
	s.mails = append(s.mails, sent)
	s.wrote(c, "sent mail from "+u.ID, activity{}) // not the directory's business
	return reply{status: http.StatusAccepted}, nil
}
