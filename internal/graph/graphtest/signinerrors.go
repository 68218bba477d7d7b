package graphtest

import (
	"fmt"
	"net/http"
)

// tokenError is a refusal in the form of the token endpoint. The numbers are
// those of Microsoft's list of AADSTS errors.
type tokenError struct {
	status  int
	name    string
	number  int
	message string
}

// Refusals of the token endpoint.
var (
	errTenant            = &tokenError{400, "invalid_request", 90002, "The tenant was not found."}
	errForm              = &tokenError{400, "invalid_request", 900144, "The request body cannot be read as a form."}
	errMalformed         = &tokenError{400, "invalid_request", 9002313, "The request is malformed or invalid."}
	errGrant             = &tokenError{400, "unsupported_grant_type", 70003, "The grant type is not supported."}
	errClient            = &tokenError{400, "unauthorized_client", 700016, "The application was not found in the tenant."}
	errScope             = &tokenError{400, "invalid_scope", 70011, "The scope is not valid for this grant."}
	errResources         = &tokenError{400, "invalid_scope", 28000, "The scopes are of more than one resource."}
	errSecret            = &tokenError{401, "invalid_client", 7000215, "The client secret is not the right one."}
	errNoProof           = &tokenError{401, "invalid_client", 7000218, "The request has neither client_secret nor client_assertion."}
	errAssertion         = &tokenError{401, "invalid_client", 50027, "The client assertion is malformed or not meant for this endpoint."}
	errAssertTime        = &tokenError{401, "invalid_client", 700024, "The client assertion is not within its time of validity."}
	errAssertProof       = &tokenError{401, "invalid_client", 700027, "The client assertion is not signed by a certificate that is registered."}
	errFederatedIssuer   = &tokenError{401, "invalid_client", 700211, "No federated identity credential has the issuer of the assertion."}
	errFederatedAudience = &tokenError{401, "invalid_client", 700212, "No federated identity credential has the audience of the assertion."}
	errFederatedSubject  = &tokenError{401, "invalid_client", 700213, "No federated identity credential has the subject of the assertion."}
	errFederatedProof    = &tokenError{401, "invalid_client", 50013, "The assertion is not signed by its issuer."}

	errNoTenant = &tokenError{400, "invalid_request", 900023, "The authority must name a tenant for this grant."}

	errGrantText    = &tokenError{400, "invalid_grant", 9002313, "The code or refresh token is malformed or not one of ours."}
	errRedeemed     = &tokenError{400, "invalid_grant", 54005, "The authorization code has been redeemed already."}
	errCodeExpired  = &tokenError{400, "invalid_grant", 70008, "The authorization code has expired."}
	errOtherCode    = &tokenError{400, "invalid_grant", 700005, "The authorization code is meant for another tenant."}
	errReplyAddress = &tokenError{400, "invalid_grant", 500112, "The reply address is not the one of the authorization request."}
	errVerifier     = &tokenError{400, "invalid_grant", 501481, "The code_verifier does not match the code_challenge of the authorization request."}
	errRefreshOld   = &tokenError{400, "invalid_grant", 700082, "The refresh token has expired due to inactivity."}
)

// Refusals of the sign-in page.
var (
	errNoReply       = &tokenError{400, "invalid_request", 500113, "No reply address is registered for the application."}
	errNoRedirect    = &tokenError{400, "invalid_request", 900971, "No reply address was provided."}
	errRedirect      = &tokenError{400, "invalid_request", 50011, "The redirect address of the request is not among those of the application."}
	errResponseType  = &tokenError{400, "unsupported_response_type", 70005, "The response_type is not supported: only code is."}
	errResponseMode  = &tokenError{400, "invalid_request", 70007, "The response_mode is not supported: only query and form_post are."}
	errPrompt        = &tokenError{400, "invalid_request", 90023, "The prompt is not supported."}
	errChallenge     = &tokenError{400, "invalid_request", 50147, "The code_challenge_method must be S256, and come with a code_challenge."}
	errChallengeSize = &tokenError{400, "invalid_request", 501491, "The size or form of the code_challenge is not valid."}
	errNoSession     = &tokenError{400, "login_required", 50058, "Nobody fitting is signed in, and the request forbids to ask."}
	errOtherTenant   = &tokenError{400, "invalid_request", 50020, "The account does not exist in this tenant and cannot use the application there. It needs to be added as an external user first."}
	errDisabled      = &tokenError{400, "invalid_grant", 50057, "The account is disabled."}
	errBlocked       = &tokenError{400, "invalid_grant", 53003, "Access has been blocked by Conditional Access policies."}
	errUnassigned    = &tokenError{400, "invalid_grant", 50105, "The account is not assigned to a role for the application."}
	errConsent       = &tokenError{400, "invalid_grant", 65001, "An administrator of the tenant has not consented to the use of the application."}
	errDeclined      = &tokenError{400, "access_denied", 65004, "Consent to the application was declined."}
	errFlow          = &tokenError{400, "invalid_request", 50089, "This sign-in has ended or began in another browser. Go back to the application and start again."}
	errForgery       = &tokenError{403, "invalid_request", 90013, "The form was sent from another site."}
	errMisdirected   = &tokenError{http.StatusMisdirectedRequest, "invalid_request", 90013, "Pages are served to this machine only, by a loopback name."}
)

// missing refuses a request that lacks a parameter.
func missing(parameter string) *tokenError {
	return &tokenError{400, "invalid_request", 900144, "The request must contain the parameter " + parameter + "."}
}

// redirected is the name of the error in an answer of the authorization
// endpoint, which has names of its own for what a person could put right.
func (e *tokenError) redirected() string {
	switch e {
	case errConsent:
		return "consent_required"
	case errBlocked, errDisabled:
		return "interaction_required"
	case errUnassigned, errOtherTenant:
		return "access_denied"
	}
	return e.name
}

func aadsts(e *tokenError) string { return fmt.Sprintf("AADSTS%d", e.number) }

// describe is the error's text, with ids for whoever looks into it.
func (s *Server) describe(w http.ResponseWriter, r *http.Request, e *tokenError) string {
	trace, correlation := requestIDs(w, r)
	return e.describe(trace, correlation, s.tokenTime())
}

func (e *tokenError) describe(trace, correlation, at string) string {
	return fmt.Sprintf("AADSTS%d: %s Trace ID: %s Correlation ID: %s Timestamp: %s", e.number, e.message, trace, correlation, at)
}

func (s *Server) tokenTime() string { return s.opt.Now().UTC().Format("2006-01-02 15:04:05Z") }

func (s *Server) refuseToken(w http.ResponseWriter, r *http.Request, e *tokenError) {
	trace, correlation := requestIDs(w, r)
	at := s.tokenTime()
	writeJSON(w, e.status, "application/json; charset=utf-8", object{
		"error":             e.name,
		"error_description": e.describe(trace, correlation, at),
		"error_codes":       []int{e.number},
		"timestamp":         at,
		"trace_id":          trace,
		"correlation_id":    correlation,
	})
}
