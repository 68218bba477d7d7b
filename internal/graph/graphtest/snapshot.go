package graphtest

import (
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"time"
)

// snapshotVersion grows with every change that older code cannot read. The
// names of the fields below are part of the form.
const (
	snapshotVersion = 2
	oldestSnapshot  = 1 // that Load still reads
)

// maxSnapshot bounds what Load reads.
const maxSnapshot = 256 << 20

// snapshot is the whole directory. Tokens, counts of calls and planned faults
// are not part of it.
type snapshot struct {
	Version       int
	Tenant        string
	Seq           uint64
	Users         []savedUser
	Groups        []savedGroup
	Relationships []savedRelationship
	Assignments   []savedAssignment
	Contracts     []savedContract
	Units         []savedUnit
	Principals    []savedPrincipal
	Schedules     []savedSchedule
	PIMRequests   []savedPIMRequest
	Records       []savedRecord
	SignIns       []savedSignIn
	Mails         []Mail
	Writes        []AuditEntry
	Parts         map[string]json.RawMessage // by the name of the part
}

// part is what another file keeps in the snapshot. Both run with the lock held.
// load reads what save returned and changes nothing; what it returns does.
type part struct {
	save func(*Server) any
	load func(*Server, json.RawMessage) (apply func(), err error)
}

// parts are by name. A part that a snapshot lacks is left as it is.
var parts = map[string]part{}

// Save writes the whole directory as JSON, for Load.
func (s *Server) Save(w io.Writer) error {
	out, err := s.encode()
	if err != nil {
		return fmt.Errorf("save the directory: %w", err)
	}
	if _, err := w.Write(out); err != nil {
		return fmt.Errorf("save the directory: %w", err)
	}
	return nil
}

func (s *Server) encode() ([]byte, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	snap, err := s.snapshot()
	if err != nil {
		return nil, err
	}
	return json.Marshal(snap)
}

// Load replaces the whole directory by one that Save wrote for the same tenant.
// Anything else is an error and changes nothing. Tokens stay valid.
func (s *Server) Load(r io.Reader) error {
	d := json.NewDecoder(io.LimitReader(r, maxSnapshot))
	d.DisallowUnknownFields()
	var snap snapshot
	if err := d.Decode(&snap); err != nil {
		return fmt.Errorf("load the directory: %w", err)
	}
	if snap.Version < oldestSnapshot || snap.Version > snapshotVersion {
		return fmt.Errorf("load the directory: its version is %d, not between %d and %d", snap.Version, oldestSnapshot, snapshotVersion)
	}
	if !same(snap.Tenant, s.opt.PartnerTenant) {
		return errors.New("load the directory: it is that of another tenant")
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	var applies []func()
	for name, raw := range snap.Parts {
		p, ok := parts[name]
		if !ok {
			return fmt.Errorf("load the directory: there is no part %q", name)
		}
		apply, err := p.load(s, raw)
		if err != nil {
			return fmt.Errorf("load the directory: %s: %w", name, err)
		}
		applies = append(applies, apply)
	}
	s.restore(snap)
	for _, apply := range applies {
		apply()
	}
	s.bump()
	return nil
}

func (s *Server) snapshot() (snapshot, error) {
	out := snapshot{
		Version: snapshotVersion, Tenant: s.opt.PartnerTenant, Seq: s.seq,
		Users:         saveAll(s.users.order, saveUser),
		Groups:        saveAll(s.groups.order, saveGroup),
		Relationships: saveAll(s.relationships.order, saveRelationship),
		Assignments:   saveAll(s.assignments.order, saveAssignment),
		Contracts:     saveAll(s.contracts.order, saveContract),
		Units:         saveAll(s.units.order, saveUnit),
		Schedules:     saveAll(s.schedules, saveSchedule),
		PIMRequests:   saveAll(s.pimRequests, savePIMRequest),
		Records:       saveAll(s.records, saveRecord),
		SignIns:       saveAll(s.signIns, func(v *signIn) savedSignIn { return savedSignIn{v.SignIn, v.seq} }),
		Mails:         s.mails,
		Writes:        s.audit,
		Parts:         map[string]json.RawMessage{},
	}
	for _, p := range s.principals {
		out.Principals = append(out.Principals, savedPrincipal{p.id, p.app, p.name, p.seq})
	}
	for name, p := range parts {
		raw, err := json.Marshal(p.save(s))
		if err != nil {
			return out, err
		}
		out.Parts[name] = raw
	}
	return out, nil
}

// restore puts a snapshot in place of what is there.
func (s *Server) restore(snap snapshot) {
	s.seq = max(s.seq, snap.Seq)
	s.users, s.groups, s.relationships = table[user]{}, table[group]{}, table[relationship]{}
	s.assignments, s.contracts, s.units = table[assignment]{}, table[contract]{}, table[unit]{}
	s.principals, s.schedules, s.pimRequests, s.records, s.signIns = nil, nil, nil, nil, nil
	for _, v := range snap.Users {
		s.users.put(v.ID, &user{User: v.User, seq: v.Seq})
	}
	for _, v := range snap.Groups {
		s.groups.put(v.ID, v.row())
	}
	for _, v := range snap.Relationships {
		s.relationships.put(v.ID, v.row())
	}
	for _, v := range snap.Assignments {
		s.assignments.put(v.ID, &assignment{v.Assignment, v.Seq, v.Rev, v.Created, v.Modified, v.Left, v.Fails})
	}
	for _, v := range snap.Contracts {
		s.contracts.put(v.ID, &contract{v.Contract, v.Seq})
	}
	for _, v := range snap.Units {
		s.units.put(v.ID, v.row())
	}
	for _, v := range snap.Principals {
		s.principals = append(s.principals, principal{v.ID, v.App, v.Name, v.Seq})
	}
	for _, v := range snap.Schedules {
		s.schedules = append(s.schedules, v.row())
	}
	for _, v := range snap.PIMRequests {
		s.pimRequests = append(s.pimRequests, v.row())
	}
	for _, v := range snap.Records {
		s.records = append(s.records, v.row())
	}
	for _, v := range snap.SignIns {
		s.signIns = append(s.signIns, &signIn{v.SignIn, v.Seq})
	}
	s.mails, s.audit = snap.Mails, snap.Writes
}

func saveAll[T, S any](rows []*T, save func(*T) S) []S {
	out := make([]S, 0, len(rows))
	for _, row := range rows {
		out = append(out, save(row))
	}
	return out
}

type savedUser struct {
	User
	Seq uint64
}

func saveUser(u *user) savedUser { return savedUser{u.User, u.seq} }

type savedContract struct {
	Contract
	Seq uint64
}

func saveContract(k *contract) savedContract { return savedContract{k.Contract, k.seq} }

type savedAssignment struct {
	Assignment
	Seq, Rev          uint64
	Created, Modified time.Time
	Left              int
	Fails             bool
}

func saveAssignment(a *assignment) savedAssignment {
	return savedAssignment{a.Assignment, a.seq, a.rev, a.created, a.modified, a.left, a.fails}
}

type savedPrincipal struct {
	ID, App, Name string
	Seq           uint64
}

type savedSignIn struct {
	SignIn
	Seq uint64
}
