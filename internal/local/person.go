package local

import (
	"context"
	"encoding/json"
	"net/http"
	"net/url"
)

const pathPerson = "/person"

// person says what the deletion of somebody's data would do, or does it. What is begun is
// not broken off when whoever asked has gone.
func (b Bot) person(w http.ResponseWriter, r *http.Request) {
	report, err := b.Person(context.WithoutCancel(r.Context()), r.FormValue("who"), r.FormValue("yes") == "yes")
	if err != nil {
		b.failed(r, err)
		http.Error(w, err.Error(), http.StatusInternalServerError)
		return
	}
	w.Header().Set("Content-Type", "application/json")
	json.NewEncoder(w).Encode(report) //nolint:errcheck // the reader finds it cut off
}

// Person has the bot whose socket is at path say what the deletion of a person's data
// would do or, with yes, do it, and decodes what it says into report.
func Person(ctx context.Context, path, who string, yes bool, report any) error {
	form := url.Values{"who": {who}}
	if yes {
		form.Set("yes", "yes")
	}
	r, err := send(ctx, path, http.MethodPost, pathPerson+"?"+form.Encode())
	if err != nil {
		return err
	}
	defer r.Body.Close() //nolint:errcheck // it was only read
	return json.NewDecoder(r.Body).Decode(report)
}
