package graphtest

import (
	"bytes"
	"encoding/base64"
	"fmt"
	"io"
	"mime"
	"mime/multipart"
	"mime/quotedprintable"
	"net/http"
	"net/mail"
	"strings"
)

// sendMIME accepts a whole message, in base64. It is kept in Sent Items, under the name
// that its sender gave it.
func (s *Server) sendMIME(c *call, u *user) (reply, error) {
	malformed := fail(http.StatusBadRequest, "ErrorMimeContentInvalidBase64String", "Invalid base64 string for MIME content.")
	raw, err := base64.StdEncoding.DecodeString(strings.TrimSpace(string(c.body)))
	if err != nil {
		return reply{}, malformed
	}
	m, err := mail.ReadMessage(bytes.NewReader(raw))
	if err != nil {
		return reply{}, fail(http.StatusBadRequest, "ErrorMimeContentInvalid", "The MIME content is invalid.")
	}
	to, err := m.Header.AddressList("To")
	if err != nil || len(to) == 0 {
		return reply{}, fail(http.StatusBadRequest, "ErrorInvalidRecipients", "At least one recipient isn't valid.")
	}
	subject, err := new(mime.WordDecoder).DecodeHeader(m.Header.Get("Subject"))
	if err != nil {
		return reply{}, fail(http.StatusBadRequest, "ErrorMimeContentInvalid", "The MIME content is invalid.")
	}
	sent := Mail{At: c.now, From: u.ID, Subject: subject, ContentType: "html", Saved: true, MessageID: m.Header.Get("Message-ID")}
	for _, a := range to {
		sent.To = append(sent.To, a.Address)
	}
	if sent.Plain, sent.Body, err = alternatives(m); err != nil {
		return reply{}, fail(http.StatusBadRequest, "ErrorMimeContentInvalid", "The MIME content is invalid.")
	}
	s.mails = append(s.mails, sent)
	s.wrote(c, "sent mail from "+u.ID, activity{}) // not the directory's business
	return reply{status: http.StatusAccepted}, nil
}

// alternatives are the text and the HTML of a message that has both.
func alternatives(m *mail.Message) (text, html string, err error) {
	_, params, err := mime.ParseMediaType(m.Header.Get("Content-Type"))
	if err != nil {
		return "", "", err
	}
	parts := multipart.NewReader(m.Body, params["boundary"])
	for {
		p, err := parts.NextRawPart()
		if err == io.EOF {
			return text, html, nil
		}
		if err != nil {
			return "", "", err
		}
		raw, err := io.ReadAll(quotedprintable.NewReader(p))
		if err != nil {
			return "", "", err
		}
		if strings.HasPrefix(p.Header.Get("Content-Type"), "text/html") {
			html = string(raw)
		} else {
			text = strings.ReplaceAll(string(raw), "\r\n", "\n")
		}
	}
}

var sentListing = listing{context: "messages", page: 10, limit: 1000, filters: map[string]string{"internetMessageId": opEq}}

// listSent lists what a user has sent and kept.
func (s *Server) listSent(c *call) (reply, error) {
	u, ok := s.userOf(c)
	if !ok {
		return reply{}, fail(http.StatusNotFound, "ErrorInvalidUser", "The requested user is invalid.")
	}
	if err := s.inScope(u); err != nil {
		return reply{}, err
	}
	var entries []entry
	for i, m := range s.mails {
		if m.From == u.ID && m.Saved {
			entries = append(entries, entry{uint64(i + 1), object{"id": fmt.Sprintf("sent-%d", i+1), "subject": m.Subject, "internetMessageId": m.MessageID}})
		}
	}
	return c.list(sentListing, entries)
}
