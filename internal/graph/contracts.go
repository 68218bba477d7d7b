package graph

import (
	"context"
	"fmt"
	"iter"
	"strings"

	"github.com/microsoftgraph/msgraph-sdk-go/contracts"
	"github.com/microsoftgraph/msgraph-sdk-go/models"

	"latchkey/internal/access"
)

// Contract is the partner's contract with a customer. Name and domain are those
// of the day it was made. It says nothing about delegated administration.
type Contract struct {
	Tenant       access.TenantID
	Name, Domain string
}

// Contracts reads every contract of the partner. After an error nothing more is
// yielded, and what was yielded before is not all.
func (c *Client) Contracts(ctx context.Context) iter.Seq2[Contract, error] {
	const doing = "list the contracts"
	return func(yield func(Contract, error) bool) {
		r, err := contracts.NewContractsRequestBuilderInternal(map[string]string{}, c.adapter).ToGetRequestInformation(ctx, nil)
		if err != nil {
			yield(Contract{}, fmt.Errorf("%s: %w", doing, err))
			return
		}
		for m, err := range list[models.Contractable](ctx, c, doing, r, models.CreateContractFromDiscriminatorValue) {
			if err != nil {
				yield(Contract{}, err)
				return
			}
			out := Contract{Name: deref(m.GetDisplayName()), Domain: deref(m.GetDefaultDomainName())}
			if id := m.GetCustomerId(); id != nil {
				out.Tenant = access.TenantID(strings.ToLower(id.String()))
			}
			if !yield(out, nil) {
				return
			}
		}
	}
}
