package state

import (
	"slices"
	"strings"
	"time"

	"latchkey/internal/access"
)

// shelf is where a record belongs and what it is found by.
type shelf struct {
	key, id string
	indexes []string
	about   []string // records without which it makes no sense
}

// records is one kind of record: the keys that begin so, and how one is read.
type records struct {
	prefix string
	read   func(key string, raw []byte) (shelf, error)
}

// shelved is a kind of record T.
func shelved[T any](prefix string, where func(T) shelf) records {
	return records{prefix, func(key string, raw []byte) (shelf, error) {
		v, err := Decode[T](key, raw)
		if err != nil {
			return shelf{}, err
		}
		return where(v), nil
	}}
}

// plain is a kind of record that no index tells of, and whose key is not looked at.
func plain[T any](prefix string) records {
	return records{prefix, func(key string, raw []byte) (shelf, error) {
		_, err := Decode[T](key, raw)
		return shelf{key: key}, err
	}}
}

// kinds lists the records of this package. Those of others are theirs to check.
func kinds() []records {
	return slices.Concat(granting(), watching(), []records{
		plain[access.Contact]("contact/"), plain[access.Enrolment]("enrolled/"),
		shelved("staff/", func(s access.Staff) shelf {
			return shelf{key: Path("staff", string(s.Person.User)), id: string(s.Person.User), indexes: staffIndexes(s)}
		}),
		shelved("summary/", func(p SummaryPlan) shelf {
			return shelf{key: summaryKey(p.For), id: string(p.For), indexes: summaryIndexes(p)}
		}),
		shelved("review/", func(r access.Review) shelf {
			return shelf{key: Path("review", string(r.ID)), id: string(r.ID), indexes: reviewIndexes(r)}
		}),
		shelved("reviewplan/", func(p ReviewPlan) shelf {
			return shelf{key: reviewPlanKey(p.Customer), id: string(p.Customer), indexes: reviewPlanIndexes(p)}
		}),
		shelved("signin/", func(b Begun) shelf { return shelf{key: begunKey(b.State), id: b.State, indexes: begunIndexes(b)} }),
		shelved("session/", func(s Session) shelf {
			return shelf{key: sessionKey(s.Name), id: s.Name, indexes: sessionIndexes(s)}
		}),
		plain[Consent]("consent/"), plain[time.Time]("fallback/"), plain[LetInAsk]("letin/asked/"), plain[DAPAsk]("dap/asked/"),
		plain[Ticket]("ticket/"), plain[string]("policy/version"), plain[Restored](restoredKey), plain[Recent]("recent/"), plain[time.Time]("taken/"), plain[Reported]("reported/"),
		shelved("activity/", func(d access.Doings) shelf {
			return shelf{key: Path("activity", doingsID(d)), id: doingsID(d), indexes: doingsIndexes(d)}
		}),
		plain[access.ActivityCursor]("activitylog/"), plain[ToldOfActivity](toldOfActivityKey),
		plain[Used]("used/"), plain[access.GroupPeople]("staffgroup/"), plain[Act]("act/"), plain[Move]("moved/"), plain[Forgetting]("forgetting/"),
	})
}

// granting are the records of what is asked for and given.
func granting() []records {
	return []records{
		shelved("request/", func(r access.Request) shelf {
			return shelf{key: Path("request", string(r.ID)), id: string(r.ID), indexes: requestIndexes(r)}
		}),
		shelved("grant/", func(g access.Grant) shelf {
			about := []string{Path("request", string(g.Request))}
			if g.State == access.Active {
				about = append(about, Path("container", string(g.Container)))
			}
			return shelf{key: Path("grant", string(g.Request)), id: string(g.Request), indexes: grantIndexes(g), about: about}
		}),
		shelved("breakglass/", func(v access.BreakGlassReview) shelf {
			return shelf{
				key: Path("breakglass", string(v.Request)), id: string(v.Request), indexes: breakGlassIndexes(v),
				about: []string{Path("request", string(v.Request))},
			}
		}),
		shelved("container/", func(c access.Container) shelf {
			return shelf{key: Path("container", string(c.ID)), id: string(c.ID), indexes: containerIndexes(c)}
		}),
		shelved("offer/", func(o access.Offer) shelf {
			return shelf{key: Path("offer", string(o.ID)), id: string(o.ID), indexes: offerIndexes(o)}
		}),
		{"card/", cardShelf},
	}
}

// watching are the mirror, and what is made of it.
func watching() []records {
	return []records{
		shelved("alert/", func(a access.Alert) shelf {
			return shelf{key: Path("alert", string(a.ID)), id: string(a.ID), indexes: alertIndexes(a)}
		}),
		shelved("mirror/relationship/", func(m MirroredRelationship) shelf {
			return shelf{key: mirrorKey(m.owner(), m.ID), id: string(m.ID), indexes: assignedIndexes(m)}
		}),
		shelved("mirror/group/", func(g MirroredGroup) shelf {
			return shelf{key: groupKey(g.ID), id: string(g.ID), indexes: agentIndexes(g)}
		}),
		shelved("watch/ending/", func(e Ending) shelf {
			return shelf{key: Path("watch/ending", string(e.Relationship)), id: string(e.Relationship), indexes: endingIndexes(e)}
		}),
		plain[Storm]("storm/"), plain[MirrorInfo]("mirror/info"), plain[Known]("mirror/customer/"), plain[time.Time]("mirror/groups"),
		plain[DAP]("mirror/dap/"), plain[Provider]("mirror/provider/"), plain[ServiceProviders]("mirror/serviceproviders/"),
		plain[Watching]("watch/since"), plain[Doubt]("watch/doubt"), plain[Recheck]("watch/recheck/"),
	}
}

// cardShelf reads the card of anything: the beginning of the id says of what.
func cardShelf(key string, raw []byte) (shelf, error) {
	type ref struct{ Ref access.MessageRef }
	if _, err := Decode[ref](key, raw); err != nil {
		return shelf{}, err
	}
	id := strings.Split(key, "/")[1]
	of := map[string]string{"R-": "request", "O-": "offer", "A-": "alert", "S-": "storm", "V-": "review"}[id[:min(2, len(id))]]
	return shelf{key: key, about: []string{Path(of, id)}}, nil
}

// byIndex says which record an entry of an index is about.
func byIndex(key, value string) (record string, known bool) {
	p := strings.Split(key, "/")
	if len(p) < 3 {
		return "", false
	}
	switch p[1] {
	case "requester", "customer", "pending", "ahead", "extends":
		return Path("request", value), true
	case "open":
		return Path(p[len(p)-1], value), true
	case "holder", "granted":
		return Path("grant", value), true
	case "alert":
		return Path("alert", value), true
	case "principal":
		return Path("staff", value), true
	case "group":
		return Path("container", value), true
	case "breakglass", "offer", "review", "signin", "session":
		return Path(p[1], value), true
	case "agents":
		return Path("mirror/group", value), true
	case "assigned":
		return Path("mirror/relationship", p[len(p)-2], value), true
	case "due":
		return ofDue(key, value)
	case "ended":
		e, err := parseEnded(key)
		return Path(e.Kind, value), err == nil
	}
	return "", false
}

// ofDue says which record has the moment that is due.
func ofDue(key, value string) (record string, known bool) {
	if strings.Count(key, "/") != 4 {
		return "", false
	}
	d, err := parseDue(key)
	if err != nil {
		return "", false
	}
	switch d.Kind {
	case DueLapse, DueRemind, DueBegin:
		return Path("request", value), true
	case DueExpire, DueWarn:
		return Path("grant", value), true
	case DueOffer, DueAlert, DueSummary, DueBreakGlass, DueReview, DueReviewPlan:
		return Path(string(d.Kind), value), true
	case DueEnding:
		return Path("watch/ending", value), true
	}
	return "", false
}
