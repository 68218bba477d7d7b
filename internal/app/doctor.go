package app

import (
	"context"

	"latchkey/internal/doctor"
	"latchkey/internal/graph"
	"latchkey/internal/partnercenter"
)

// Patient is the installation that [doctor.Look] looks at: the settings, or what is wrong
// with them, and the same addresses and credentials that the bot would use. It opens
// nothing and calls nobody.
func Patient(o Options, problems error) doctor.World {
	w := doctor.World{Config: o.Config, Problems: problems, SlackURL: o.SlackURL, GraphURL: o.GraphURL, Microsoft: o.Microsoft}
	if problems != nil {
		return w
	}
	if o.Config.ActivityClientID != "" {
		w.LogsToken = func(ctx context.Context, tenant string) (string, error) {
			proof := logReader(o)
			proof.Tenant = tenant
			in, err := graph.NewCredential(proof)
			if err != nil {
				return "", err
			}
			return graph.AppToken(in, graph.DefaultScope)(ctx)
		}
	}
	credential, err := graph.NewCredential(credential(o))
	if err != nil {
		w.Token = func(context.Context) (string, error) { return "", err }
		return w
	}
	w.Token = graph.AppToken(credential, graph.DefaultScope)
	if o.Config.PartnerCenter == "on" {
		center := partnercenter.New(partnercenter.Options{
			BaseURL: o.PartnerURL, HTTP: o.Microsoft, Token: graph.AppToken(credential, partnercenter.Scope),
		})
		w.PartnerCenter = func(ctx context.Context) (int, error) {
			_, _, err := center.Registration(ctx)
			return partnercenter.StatusOf(err), err
		}
	}
	return w
}
