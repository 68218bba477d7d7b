package access

// ReplaceSentence says in plain words how far the replacement has come, and what
// is next. It is empty where nothing is replaced.
func (o Offer) ReplaceSentence() string {
	r := o.Replaces
	old := "“" + r.Name + "”"
	switch r.State {
	case ReplaceWaiting:
		switch o.State {
		case OfferDeclined, OfferLapsed, OfferFailed:
			return "It was to take the place of " + old + ", which stays as it is."
		case OfferTerminating, OfferEnded:
			return "It was to take the place of " + old + ", which stays as it is."
		case OfferDrafted, OfferSent, OfferApproved, OfferActive:
		}
		return "It is to take the place of " + old + ". Once it is active, the access that is in force moves to it without a gap, and then " +
			old + " is ended. Until then nothing changes."
	case ReplaceMoving:
		return "It takes the place of " + old + ": the access that is in force is being moved to it. " + old + " is ended after that."
	case ReplaceHeld:
		return "It takes the place of " + old + ". " + old + " is not ended yet, because access in force uses what only it holds, or lasts longer; it is ended when that access is over. Nothing new goes through it."
	case ReplaceEnding:
		return "All access has moved to it, and " + old + " is being ended."
	case ReplaceDone:
		return "It has taken the place of " + old + ", which is ended or being ended at Microsoft."
	case ReplaceKept:
		return "It was to take the place of " + old + ", which stays as it is. " + r.Note
	}
	return ""
}
