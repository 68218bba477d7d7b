package doctor

import (
	"context"
	"fmt"
	"net/http"
	"net/url"
	"strings"
)

// A probe is a message without any recipient, not to be kept either: nothing can be sent
// by it, whoever may. Where the app may send from the mailbox, Exchange refuses the
// message; where it may not, the app. Only the two answers together show which of both
// was looked at first, so the one for MAIL_FROM is the measure of the other.
const (
	probe       = `{"message":{"subject":"Latchkey looks whether it may send","body":{"contentType":"Text","content":""},"toRecipients":[]},"saveToSentItems":false}`
	maySend     = "ErrorInvalidRecipients" // with 400
	mayNotSend  = "ErrorAccessDenied"      // with 403
	othersTried = 3                        // mailboxes that give a clear answer
	othersAsked = 10
)

func (f *facts) probe(ctx context.Context, user string) (answer, error) {
	return f.graph(ctx, http.MethodPost, "/users/"+url.PathEscape(user)+"/sendMail", probe)
}

// allowed and refused are the two clear answers to a probe.
func (a answer) allowed() bool { return a.status == http.StatusBadRequest && a.code() == maySend }
func (a answer) refused() bool { return a.status == http.StatusForbidden && a.code() == mayNotSend }

const inExchange = "In Exchange Online PowerShell run the commands of step 8 of the README's chapter on Entra. What is changed there can take two hours to hold."

// mailbox looks whether the bot can write from MAIL_FROM, and look there for what it sent.
func mailbox(ctx context.Context, f *facts) []Finding {
	a, err := f.ownMail()
	switch {
	case err != nil:
		return []Finding{reach("Microsoft Graph", err)}
	case a.status == http.StatusNotFound:
		return []Finding{fail("Set MAIL_FROM to the name (UPN) of a mailbox of your tenant; a shared mailbox does: Exchange admin center → Mailboxes.", "MAIL_FROM is no mailbox of your tenant (%s).", a.said())}
	case a.status == http.StatusForbidden:
		return []Finding{fail(inExchange, "The app may not send from MAIL_FROM (%s): contacts who are not in Slack hear nothing.", a.said())}
	case !a.allowed():
		return []Finding{notKnown("Run it again in a minute.", "Whether the app may send from MAIL_FROM was not told (%s).", a.said())}
	}
	out := []Finding{good("MAIL_FROM is a mailbox, and the app may send from it.")}
	path := "/users/" + url.PathEscape(f.Config.MailFrom) + "/mailFolders/sentitems/messages" + filter("internetMessageId eq '<nothing@latchkey.invalid>'", "$select", "id")
	switch a, err = f.graph(ctx, http.MethodGet, path, ""); {
	case err != nil:
		out = append(out, reach("Microsoft Graph", err))
	case a.status != http.StatusOK:
		out = append(out, warn(inExchange, "Sent Items of MAIL_FROM cannot be looked into (%s): a mail of which it is not known whether it was sent is not sent again.", a.said()))
	}
	return out
}

// mailOfOthers looks whether the app may send from mailboxes of others, which it must not.
func mailOfOthers(ctx context.Context, f *facts) []Finding {
	const test = "In Exchange Online PowerShell: Test-ServicePrincipalAuthorization -Identity CLIENT_ID -Resource somebody.else@your-domain must say InScope: False."
	own, err := f.ownMail()
	if err != nil {
		return []Finding{reach("Microsoft Graph", err)}
	}
	if !own.allowed() {
		return []Finding{notKnown(test, "Whether the app may send as others is not known: it does not get as far for MAIL_FROM itself (%s).", own.said())}
	}
	others, err := f.others(ctx)
	if err != nil {
		return []Finding{notKnown(test, "Whether the app may send as others is not known: no other mailbox could be found.")}
	}
	refused := 0
	for _, id := range others {
		a, err := f.probe(ctx, id)
		switch {
		case err != nil:
			return []Finding{reach("Microsoft Graph", err)}
		case a.allowed():
			return []Finding{fail("Revoke Mail.Send in Entra (Enterprise applications → the app → Permissions). "+inExchange, "The app may send as others: a mailbox that is not MAIL_FROM took its message as far as the missing recipient (%s). Whoever gets the bot's credential could write as anybody.", a.said())}
		case a.status == http.StatusNotFound: // a user without a mailbox
			continue
		case !a.refused():
			return []Finding{notKnown(test, "Whether the app may send as others was not told (%s).", a.said())}
		}
		if refused++; refused == othersTried {
			break
		}
	}
	if refused == 0 {
		return []Finding{notKnown(test, "Whether the app may send as others is not known: no other mailbox could be found.")}
	}
	each := fmt.Sprintf("each of %d other mailboxes", refused)
	if refused == 1 {
		each = "the other mailbox that was tried"
	}
	return []Finding{good("The app may send from MAIL_FROM and was refused for %s.", each)}
}

// others are users of the tenant who may have a mailbox and are not MAIL_FROM, by id.
func (f *facts) others(ctx context.Context) ([]string, error) {
	a, err := f.graph(ctx, http.MethodGet, "/users?$top=100&$select=id,mail,userPrincipalName,userType", "")
	if err != nil {
		return nil, err
	}
	var v struct {
		Value []struct{ ID, Mail, UserPrincipalName, UserType string }
	}
	a.into(&v)
	var out []string
	for _, u := range v.Value {
		own := strings.EqualFold(u.Mail, f.Config.MailFrom) || strings.EqualFold(u.UserPrincipalName, f.Config.MailFrom)
		if u.ID != "" && u.Mail != "" && !own && !strings.EqualFold(u.UserType, "Guest") && len(out) < othersAsked {
			out = append(out, u.ID)
		}
	}
	return out, nil
}
