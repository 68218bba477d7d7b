package main

import (
	"errors"
	"fmt"
	"html"
	"net/http"
	"net/url"
	"regexp"
	"strings"

	"latchkey/internal/graph/graphtest"
	"latchkey/internal/sandbox"
)

// page is the address of a request's page.
func (s *siege) page(request string) string { return s.Front() + "/requests/" + s.fill(request) }

// arrives signs somebody in for a request, in a browser of their own, as the account.
func (s *siege) arrives(request, as string) (*sandbox.Browser, error) {
	b, err := sandbox.NewBrowser()
	if err != nil {
		return nil, err
	}
	ctx := s.t.Context()
	return b, errors.Join(b.Open(ctx, s.page(request)), b.Press(ctx, "/sign-in", nil), b.SignIn(ctx, as))
}

func said(b *sandbox.Browser) string { return fmt.Sprintf("%d %s", b.Status, readable(b.Text)) }

// signedIn has Carol and Amir signed in, and more people in Contoso's tenant.
func signedIn(s *siege) {
	for _, p := range []graphtest.Person{
		{Tenant: tenantOfContoso, UPN: "gus@contoso.com", Name: "Gus Guest", Guest: true, DirectoryRoles: []string{globalAdministrator}},
		{Tenant: tenantOfContoso, UPN: "lea@contoso.com", Name: "Lea Local", DirectoryRoles: []string{globalAdministrator}},
		{Tenant: tenantOfContoso, UPN: "ulf@contoso.com", Name: "Ulf User", DirectoryRoles: []string{directoryRoles["users"]}},
		{Tenant: tenantOfContoso, UPN: "ana.t@contoso.com", Name: "Ana Trujillo", Mail: "ana@fabrikam.example", DirectoryRoles: []string{globalAdministrator}},
		{Tenant: tenantOfContoso, UPN: "carol@contoso.com.evil.example", Name: "Carol Weber", Mail: "carol@contoso.com", DirectoryRoles: []string{globalAdministrator}},
	} {
		_, err := s.Graph.AddPerson(p)
		must(s.t, err)
	}
	var err error
	s.desks["carol"], err = s.arrives("$R3", "carol@contoso.com")
	must(s.t, err)
	s.desks["amir"], err = s.arrives("$R2", "amir@adatum.com")
	must(s.t, err)
}

// enters signs in for $R3, and returns where that ended.
func enters(as string) func(*siege) (string, error) {
	return func(s *siege) (string, error) {
		b, err := s.arrives("$R3", as)
		if err != nil {
			return "", err
		}
		told := said(b)
		if err := b.Open(s.t.Context(), s.page("$R3")); err != nil {
			return "", err
		}
		if b.Status == http.StatusOK && !strings.Contains(b.Text, "/sign-in") {
			return told, errors.New("there is a session")
		}
		return told, nil
	}
}

// opens has a browser open an address, whoever sits at it; "" is a new one.
func opens(who, path string) func(*siege) (string, error) {
	return func(s *siege) (string, error) {
		b := s.desks[who]
		if b == nil {
			var err error
			if b, err = sandbox.NewBrowser(); err != nil {
				return "", err
			}
		}
		err := b.Open(s.t.Context(), s.Front()+s.fill(path))
		return said(b), err
	}
}

var tokenField = regexp.MustCompile(`name="csrf" value="([^"]+)"`)

// token is what the forms of somebody's session carry.
func (s *siege) token(who, request string) (string, error) {
	b := s.desks[who]
	if err := b.Open(s.t.Context(), s.page(request)); err != nil {
		return "", err
	}
	m := tokenField.FindStringSubmatch(b.Text)
	if m == nil {
		return "", fmt.Errorf("no form for %s: %s", who, said(b))
	}
	return m[1], nil
}

// sends posts a form to a request's page with who's cookies. Where the fields say
// "csrf of" somebody it is that one's.
func sends(who, request string, fields url.Values, header ...string) func(*siege) (string, error) {
	return func(s *siege) (string, error) {
		filled := url.Values{}
		for name, values := range fields {
			value := values[0]
			if of, ok := strings.CutPrefix(value, "csrf of "); ok {
				var err error
				if value, err = s.token(of, map[string]string{"carol": "$R3", "amir": "$R2"}[of]); err != nil {
					return "", err
				}
			}
			filled.Set(name, value)
		}
		b := s.desks[who]
		if b == nil {
			var err error
			if b, err = sandbox.NewBrowser(); err != nil {
				return "", err
			}
		}
		r, err := http.NewRequestWithContext(s.t.Context(), http.MethodPost, s.page(request), strings.NewReader(filled.Encode()))
		if err != nil {
			return "", err
		}
		r.Header.Set("Content-Type", "application/x-www-form-urlencoded")
		for i := 0; i+1 < len(header); i += 2 {
			r.Header.Set(header[i], header[i+1])
		}
		err = b.Send(r)
		return said(b), err
	}
}

// form is what the page sends, with the token of somebody.
func form(token, verdict, terms string) url.Values {
	return url.Values{"csrf": {token}, "verdict": {verdict}, "terms": {terms}, "note": {"x"}}
}

// halfway signs in as the account and stops before going back to the bot. It returns the
// browser, and the address at which it would be back.
func (s *siege) halfway(as string) (b *sandbox.Browser, back string, err error) {
	if b, err = sandbox.NewBrowser(); err != nil {
		return nil, "", err
	}
	b.CheckRedirect = func(r *http.Request, _ []*http.Request) error {
		if strings.HasSuffix(r.URL.Path, "/contacts/callback") {
			back = r.URL.String()
			return http.ErrUseLastResponse
		}
		return nil
	}
	ctx := s.t.Context()
	err = errors.Join(b.Open(ctx, s.page("$R3")), b.Press(ctx, "/sign-in", nil), b.SignIn(ctx, as))
	b.CheckRedirect = nil
	return b, html.UnescapeString(back), err
}

// comesBack changes the way back of one who has signed in, and perhaps the browser.
func comesBack(change func(s *siege, back url.Values) (url.Values, error), other bool) func(*siege) (string, error) {
	return func(s *siege) (string, error) {
		b, back, err := s.halfway("carol@contoso.com")
		if err != nil {
			return "", err
		}
		u, err := url.Parse(back)
		if err != nil {
			return "", err
		}
		q := u.Query()
		if change != nil {
			if q, err = change(s, q); err != nil {
				return "", err
			}
		}
		u.RawQuery = q.Encode()
		if other {
			if b, err = sandbox.NewBrowser(); err != nil {
				return "", err
			}
		}
		err = b.Open(s.t.Context(), u.String())
		return said(b), err
	}
}

// with sets a part of the way back.
func with(name, value string) func(*siege, url.Values) (url.Values, error) {
	return func(_ *siege, q url.Values) (url.Values, error) {
		q.Set(name, value)
		return q, nil
	}
}
