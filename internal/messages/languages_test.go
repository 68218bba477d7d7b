package messages_test

import (
	"fmt"
	"maps"
	"regexp"
	"slices"
	"strings"
	"testing"

	"latchkey/internal/access"
	"latchkey/internal/lang"
	"latchkey/internal/messages"
)

// A shown is something that a customer's people see, in a language.
type shown struct {
	message *messages.Message
	modal   *messages.Modal
	home    *messages.HomeTab
}

func says(m messages.Message) shown   { return shown{message: &m} }
func opens(m messages.Modal) shown    { return shown{modal: &m} }
func homely(h messages.HomeTab) shown { return shown{home: &h} }

// customersSee is all that people of customers see, by the file that its golden is in.
func customersSee(t *testing.T, in lang.Tag) map[string]map[string]shown {
	t.Helper()
	out := map[string]map[string]shown{"cards": {}, "notices": {}, "offers": {}, "modals": {}, "home": {}, "summaries": {}, "breakglass": {}}
	all := views()
	for name, v := range all {
		v.Language = in
		all[name] = v
		out["cards"][name] = says(messages.CustomerCard(v))
	}
	for name, v := range glassViews() {
		v.Language = in
		out["breakglass"][name] = says(messages.BreakGlassCard(v))
		out["breakglass"][name+" in person"] = says(messages.BreakGlassInPerson(v))
		out["breakglass"][name+" own card"] = says(messages.CustomerCard(v.CardView))
	}
	for name, v := range activities() {
		if v.External || name == "all" || name == "taken-back" || name == "none" || name == "all-refused" || name == "never-tried" || name == "quiet" {
			v.Language, v.External = in, true
			out["modals"]["activity "+name] = opens(messages.Note(messages.Activity(v)))
		}
	}
	out["modals"]["object"] = opens(messages.ObjectModal(*glassViews()["active"].Review, in))
	for _, name := range []string{"expired", "revoked", "held", "drifted"} {
		out["notices"]["ended "+name] = says(messages.Ended(all[name]))
	}
	for _, name := range []string{"pending", "pending-two-of-three", "hostile", "longest"} {
		out["notices"]["reminder "+name] = says(remindsTwo(all[name]))
		out["modals"]["deny "+name] = opens(messages.DenyModal(all[name]))
	}
	c := messages.ContactView{Language: in, Customer: "Contoso", Person: bo, By: ana}
	out["notices"]["contact linked"], out["notices"]["contact removed"] = says(messages.ContactLinked(c)), says(messages.ContactRemoved(c))
	out["notices"]["checkpoint"] = says(messages.Checkpoint(messages.CheckpointView{Language: in, Customer: "Contoso", Events: 12, At: start, Note: aNote}))
	out["notices"]["let in"] = says(messages.LetIn(in, "Contoso", "https://login.example/adminconsent"))
	out["notices"]["refusal"] = says(messages.RefusalIn(in, in.Error(access.RefuseAnyone(access.Conflict, "%s was already denied by %s at %s.", "R-7K3M2", "Bo Lind", start))))
	out["modals"]["note"] = opens(messages.Note(*out["notices"]["refusal"].message))
	allOffers := offers()
	allOffers["described"] = offer(func(v *messages.OfferView) {
		v.Roles = []messages.Role{{Name: "Guest Inviter", Allows: "Invites guests, even where users may not."}}
	})
	maps.Copy(allOffers, standingOffers())
	for name, v := range allOffers {
		v.Language = in
		allOffers[name] = v
		out["offers"][name] = says(messages.OfferCustomerCard(v))
	}
	personal := allOffers["sent"]
	personal.InPerson = true
	out["offers"]["in person"] = says(messages.OfferCustomerCard(personal))
	for _, name := range []string{"ended", "ended-elsewhere", "expired"} {
		out["notices"]["relationship "+name] = says(messages.OfferEnded(allOffers[name]))
	}
	out["notices"]["relationship active"] = says(messages.OfferActive(allOffers["active"], false))
	out["notices"]["relationship active-groups"] = says(messages.OfferActive(allOffers["groups-active"], false))
	for _, name := range []string{"sent", "hostile", "longest", "groups-sent", "replacing-sent"} {
		out["modals"]["decline "+name] = opens(messages.DeclineModal(allOffers[name]))
		out["modals"]["mail "+name] = opens(messages.MailModal(allOffers[name]))
	}
	for name, v := range summaries(t) {
		if v.Customer == "" {
			continue
		}
		v.Language = in
		for _, list := range []*[]messages.CardView{&v.Waiting, &v.Active, &v.Ended} {
			*list = slices.Clone(*list)
			for i := range *list {
				(*list)[i].Language = in
			}
		}
		out["summaries"][name] = says(messages.Summary(v))
	}
	out["home"]["stranger"] = homely(messages.Home(messages.HomeView{Language: in, External: true}))
	out["home"]["idle"] = homely(messages.Home(messages.HomeView{Language: in, External: true, ContactOf: []string{"Contoso"}}))
	out["home"]["contact"] = homely(messages.Home(messages.HomeView{
		Language: in, External: true, ContactOf: []string{"Contoso"}, ToDecide: slices.Repeat([]messages.CardView{all["pending"]}, 20),
	}))
	return out
}

// TestLanguages holds all that customers see in each language to what Slack demands, and
// keeps it readable in one file for each kind.
func TestLanguages(t *testing.T) {
	for _, l := range lang.Known() {
		for kind, all := range customersSee(t, lang.Tag(l)) {
			var b strings.Builder
			for _, name := range slices.Sorted(maps.Keys(all)) {
				if text := all[name].draw(t); !slices.Contains([]string{"all-roles", "forty-roles", "customer-many", "groups-longest"}, name) {
					fmt.Fprintf(&b, "======== %s\n%s\n", name, text)
				}
			}
			if l != "en" { // whose goldens are one file each
				compare(t, "languages/"+l+"-"+kind+".txt", []byte(b.String()))
			}
		}
	}
}

// pictured are the cards of which the browser's tests make a picture.
var pictured = map[string][][2]string{
	"de": {{"cards", "pending-two-of-three"}, {"cards", "active"}, {"cards", "revoked"}, {"offers", "described"}},
	"fr": {{"cards", "active"}, {"notices", "reminder pending"}},
	"es": {{"cards", "denied"}, {"notices", "contact linked"}},
}

func TestLanguagesPictured(t *testing.T) {
	for l, names := range pictured {
		all := customersSee(t, lang.Tag(l))
		for _, n := range names {
			m := all[n[0]][n[1]].message
			compare(t, "languages/"+l+"-"+strings.ReplaceAll(n[1], " ", "-")+".json", pretty(t, map[string]any{"text": m.Text, "blocks": m.Blocks}))
		}
	}
}

// draw checks it and writes it as a person sees it.
func (s shown) draw(t *testing.T) string {
	t.Helper()
	switch {
	case s.message != nil:
		if len(s.message.Text) > 4000 {
			t.Errorf("the text has %d bytes, an update takes 4000", len(s.message.Text))
		}
		blocks := decode(t, s.message.Blocks)
		checkBlocks(t, blocks, 50)
		checkSurface(t, "message", blocks)
		return "TEXT " + s.message.Text + "\n\n" + drawn(blocks)
	case s.modal != nil:
		view, _ := decode(t, s.modal.ModalViewRequest).(map[string]any)
		checkView(t, view)
		checkBlocks(t, view["blocks"], 100)
		checkSurface(t, "modal", view)
		return fmt.Sprintf("MODAL %s [%s] [%s]\n\n%s", textOf(view["title"]), textOf(view["submit"]), textOf(view["close"]), drawn(view["blocks"]))
	}
	view, _ := decode(t, s.home.HomeTabViewRequest).(map[string]any)
	checkBlocks(t, view["blocks"], 100)
	checkSurface(t, "home", view)
	return "HOME\n\n" + drawn(view["blocks"])
}

// englishWords are such as no sentence of ours in another language has, but every
// sentence of some length in English.
var englishWords = regexp.MustCompile(`(?i)\b(the|been|until|nobody|nothing|your|it|to|of|by|asks?|asked|approved)\b`)

// written are what people and roles are called in the samples, which stays as it is.
var written = strings.NewReplacer(
	"The relationship was terminated meanwhile.", "", "Status:∗ approved", "", "*Status:* approved", "",
	"Resets passwords of people without a role.", "", "Runs mailboxes, mail flow and calendars.", "", // of no role that there is
	"There is no security group ∗Night shift∗ in your tenant.", "",
	"Everything that we do", "",
	// Why Microsoft did not do something is told as it was found out.
	"A security group could not be given its access: Microsoft did not accept it.", "", "Microsoft does not accept what was asked for.", "",
)

// TestNothingIsLeftInEnglish looks for English where people read another language, and
// for text that was cut though it is as short as text is in English.
func TestNothingIsLeftInEnglish(t *testing.T) {
	english := customersSee(t, lang.English)
	for _, l := range lang.Known()[1:] {
		for kind, all := range customersSee(t, lang.Tag(l)) {
			for name, s := range all {
				if strings.HasPrefix(name, "mail ") {
					continue // the modal around the mail is for staff
				}
				text := s.draw(t)
				for _, line := range strings.Split(written.Replace(text), "\n") {
					if word := englishWords.FindString(line); word != "" {
						t.Errorf("%s, %s, %s says %q: %s", l, kind, name, word, line)
					}
				}
				if cuts, was := strings.Count(text, "…"), strings.Count(english[kind][name].draw(t), "…"); cuts > was {
					t.Errorf("%s, %s, %s is cut %d times, in English %d:\n%s", l, kind, name, cuts, was, text)
				}
			}
		}
	}
}
