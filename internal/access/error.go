package access

import (
	"errors"
	"fmt"
)

// Code says what kind of refusal an [Error] is.
type Code string

const (
	Invalid     Code = "invalid"     // what was typed cannot be understood or is not allowed in itself
	NotFound    Code = "not found"   // the thing does not exist, or not for this person
	Forbidden   Code = "forbidden"   // this person may not do this
	Conflict    Code = "conflict"    // the state has moved on
	Unavailable Code = "unavailable" // something outside did not answer
)

// Error is a refusal that a person is told. Message is a whole sentence for
// that person, with the next step where there is one; Err, if any, is the cause
// for the log. Every other error is internal and is never shown.
type Error struct {
	Code    Code
	Message string
	// Field names the part of the input that is at fault: "customer", "roles",
	// "duration" or "justification". Empty when no single part is.
	Field string
	Err   error
	// Sentence is what Message says, where people of customers may be told, too, who
	// read it in their own language; else empty.
	Sentence Sentence
}

func (e *Error) Error() string {
	if e.Err != nil {
		return e.Message + ": " + e.Err.Error()
	}
	return e.Message
}

// Unwrap returns the cause.
func (e *Error) Unwrap() error { return e.Err }

// Refuse makes an [Error] with a formatted message.
func Refuse(code Code, format string, args ...any) *Error {
	return &Error{Code: code, Message: fmt.Sprintf(format, args...)}
}

// RefuseAnyone is [Refuse] with a [Sentence].
func RefuseAnyone(code Code, english string, parts ...any) *Error {
	s := Say(english, parts...)
	return &Error{Code: code, Message: s.String(), Sentence: s}
}

// In returns a copy of e that names the field at fault.
func (e *Error) In(field string) *Error {
	c := *e
	c.Field = field
	return &c
}

// CodeOf returns the code of the first [Error] in err's chain, or "" when err
// is internal.
func CodeOf(err error) Code {
	if e, ok := errors.AsType[*Error](err); ok {
		return e.Code
	}
	return ""
}
