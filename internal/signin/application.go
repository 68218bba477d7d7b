package signin

import "slices"

// applications are the codes with which Entra turns away an application that signs in as
// itself, and what they mean to whoever installs it.
var applications = []Error{
	{
		Code: "AADSTS7000215", Whose: Partner, What: "The client secret is wrong.",
		Next: []string{"Make a new one: Entra admin center → App registrations → the app → Certificates & secrets → New client secret, and copy its Value, not its Secret ID."},
	},
	{
		Code: "AADSTS7000222", Whose: Partner, What: "The client secret has expired.",
		Next: []string{"Make a new one: Entra admin center → App registrations → the app → Certificates & secrets → New client secret. A certificate or workload identity lasts longer."},
	},
	{
		Code: "AADSTS700016", Whose: Partner, What: "The tenant does not know the application.",
		Next: []string{"Compare ENTRA_CLIENT_ID and ENTRA_TENANT_ID with Entra admin center → App registrations → the app → Overview: they may be those of another tenant."},
	},
	{
		Code: "AADSTS90002", Whose: Partner, What: "There is no such tenant.",
		Next: []string{"Compare ENTRA_TENANT_ID with Entra admin center → Overview → Tenant ID."},
	},
	{
		Code: "AADSTS700027", Whose: Partner, What: "The certificate is not one of the application's, or it has expired.",
		Next: []string{"Upload it: Entra admin center → App registrations → the app → Certificates & secrets → Certificates."},
	},
	{
		Code: "AADSTS700024", Whose: Partner, What: "The proof of the application is not valid at this time.",
		Next: []string{"Set this machine's clock right (NTP)."},
	},
	{
		Code: "AADSTS70021", Whose: Partner, What: "No federated credential of the application matches the workload's token.",
		Next: []string{"Compare issuer, subject and audience: Entra admin center → App registrations → the app → Certificates & secrets → Federated credentials."},
	},
	{
		Code: "AADSTS700211", Whose: Partner, What: "No federated credential of the application trusts the issuer of the workload's token.",
		Next: []string{"Compare the issuer: Entra admin center → App registrations → the app → Certificates & secrets → Federated credentials."},
	},
	{
		Code: "AADSTS700213", Whose: Partner, What: "No federated credential of the application trusts the subject of the workload's token.",
		Next: []string{"Compare the subject: Entra admin center → App registrations → the app → Certificates & secrets → Federated credentials."},
	},
	{
		Code: "AADSTS7000112", Whose: Partner, What: "The application is disabled.",
		Next: []string{"Enable it: Entra admin center → Enterprise applications → the app → Properties → Enabled for users to sign-in."},
	},
	{
		Code: "AADSTS53003", Whose: Partner, What: "Conditional Access for workload identities blocked the application.",
		Next: []string{"Look which policy it was: Entra admin center → Sign-in logs → Service principal sign-ins."},
	},
}

// Application explains the first code of the text as one that an application was turned
// away with. What is known of no code has the code alone.
func Application(text string) (Error, bool) {
	m := code.FindStringSubmatch(text)
	if m == nil {
		return Error{}, false
	}
	c := "AADSTS" + m[1]
	if i := slices.IndexFunc(applications, func(e Error) bool { return e.Code == c }); i >= 0 {
		return applications[i], true
	}
	return Error{Code: c}, true
}
