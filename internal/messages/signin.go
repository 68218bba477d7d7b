package messages

import "github.com/slack-go/slack"

// SignInView is what Microsoft's error codes mean.
type SignInView struct {
	Errors  []SignInError
	Unknown []string // codes that are not known here
}

// SignInError is one code, and what to do about it.
type SignInError struct {
	Code, What string
	Customer   bool // an admin of the customer must act
	Next       []string
	Ask        string // for the customer's admin, to be copied; or empty
}

// SignIn explains why Microsoft turned somebody away.
func SignIn(v SignInView) Message {
	p := &page{}
	p.signIn(v)
	return p.message()
}

func (p *page) signIn(v SignInView) {
	for _, e := range v.Errors {
		p.header("Why the sign-in failed: " + line(e.Code, 30))
		p.say("Why the sign-in failed: %s.", escape(e.Code, 30))
		p.both(sentence(e.What))
		whose := "To mend it on our side"
		if e.Customer {
			whose = "To mend it, the customer must act"
		}
		lines := []string{"*" + whose + "*"}
		p.say("%s:", whose)
		for _, n := range e.Next {
			lines = append(lines, "• "+sentence(n))
			p.say("%s", sentence(n))
		}
		p.section(lines...)
		if e.Ask != "" {
			p.section("*For the customer's admin, to be copied*")
			p.say("For the customer's admin, to be copied:")
			p.blocks = append(p.blocks, slack.NewSectionBlock(plainText(line(e.Ask, maxSection)), nil, nil, slack.SectionBlockOptionBlockID(p.id())))
			p.say("%s", escape(e.Ask, maxSection))
		}
	}
	for _, c := range v.Unknown {
		p.both("I do not know " + code(c) + ". Microsoft's page login.microsoftonline.com/error explains it; the customer's sign-in log says more.")
	}
}

// WhyFailed explains why Microsoft turned a person away, and then by which ways
// they reach the customer.
func WhyFailed(s SignInView, v ReachView) Message {
	p := &page{}
	p.signIn(s)
	p.divider()
	reach := Why(v)
	p.blocks = append(p.blocks, reach.Blocks...)
	p.say("%s", reach.Text)
	return p.message()
}
