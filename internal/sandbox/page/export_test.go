package page

// Mrkdwn draws text with one person and one channel known.
func Mrkdwn(text string) string {
	d := directory{
		user:    func(id string) string { return map[string]string{"U1": "Ana <b>"}[id] },
		channel: func(id string) string { return map[string]string{"C1": "general"}[id] },
	}
	return string(d.mrkdwn(text))
}
