package access

// ReplaceSentence says in plain words how far the replacement has come, and what
// is next. It is empty where nothing is replaced.
func (o Offer) ReplaceSentence() Sentence {
	r := o.Replaces
	old := r.Name
	switch r.State {
	case ReplaceWaiting:
		switch o.State {
		case OfferDeclined, OfferLapsed, OfferFailed, OfferTerminating, OfferEnded:
			return Say("It was to take the place of “%s”, which stays as it is.", old)
		case OfferDrafted, OfferSent, OfferApproved, OfferActive:
		}
		return Say("It is to take the place of “%[1]s”. Once it is active, the access that is in force moves to it without a gap, and then “%[1]s” is ended. Until then nothing changes.", old)
	case ReplaceMoving:
		return Say("It takes the place of “%[1]s”: the access that is in force is being moved to it. “%[1]s” is ended after that.", old)
	case ReplaceHeld:
		return Say("It takes the place of “%[1]s”. “%[1]s” is not ended yet, because access in force uses what only it holds, or lasts longer; it is ended when that access is over. Nothing new goes through it.", old)
	case ReplaceEnding:
		return Say("All access has moved to it, and “%s” is being ended.", old)
	case ReplaceDone:
		return Say("It has taken the place of “%s”, which is ended or being ended at Microsoft.", old)
	case ReplaceKept:
		if r.Note == "" {
			return Say("It was to take the place of “%s”, which stays as it is.", old)
		}
		return Say("It was to take the place of “%s”, which stays as it is. %s", old, r.Note)
	}
	return Sentence{}
}
