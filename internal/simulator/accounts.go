package simulator

import (
	"errors"
	"fmt"
	"slices"
)

// ownAccount stands for the account, or accounts, of the scenario's users, keys
// and tokens. Another account, which is an agency's, is told by its domain id.
const ownAccount = ""

// Agency lets its account be acted for with temporary keys (IAM, "Obtaining
// Temporary Access Keys and Security Tokens of an Agency").
type Agency struct {
	Name string `json:"name"`
	// DomainName is the name of the account that the agency acts for, which is the
	// one that it was created in. Default: that of the first user, if DomainID is
	// the first user's as well.
	DomainName string `json:"domain_name,omitempty"`
	// DomainID is the id of that account. Default: that of the first user, whose
	// own account it is then; another account's must be given.
	DomainID string `json:"domain_id,omitempty"`
	// Projects are the projects of that account, if it is another one. They can
	// have the names that the scenario's projects have, but not their ids. Agencies
	// of the same account see each other's.
	Projects []Project `json:"projects,omitempty"`
}

// ownDomain is the account that the keys, and the first user, belong to.
func (sc Scenario) ownDomain() namedOrID {
	if len(sc.Users) == 0 {
		return namedOrID{ID: defaultDomainID}
	}
	return namedOrID{ID: sc.Users[0].DomainID, Name: sc.Users[0].DomainName}
}

func (sc Scenario) accountOf(domainID string) string {
	if domainID == sc.ownDomain().ID || slices.ContainsFunc(sc.Users, func(u User) bool { return u.DomainID == domainID }) {
		return ownAccount
	}
	return domainID
}

func (sc Scenario) projectsOf(account string) []Project {
	if account == ownAccount {
		return sc.Projects
	}
	var projects []Project
	for _, agency := range sc.Agencies {
		if agency.DomainID == account {
			projects = append(projects, agency.Projects...)
		}
	}
	return projects
}

func (sc Scenario) accountHas(account, projectID string) bool {
	return slices.ContainsFunc(sc.projectsOf(account), func(p Project) bool { return p.ID == projectID })
}

// knowsProject tells whether a project exists in any account.
func (sc Scenario) knowsProject(id string) bool {
	return sc.hasProject(id) ||
		slices.ContainsFunc(sc.Agencies, func(a Agency) bool { return sc.accountHas(a.DomainID, id) })
}

// findAgency finds an agency by its name and what is given of its account.
func (sc Scenario) findAgency(name string, domain namedOrID) (Agency, bool) {
	found := slices.IndexFunc(sc.Agencies, func(a Agency) bool {
		return a.Name == name &&
			(domain.ID == "" || domain.ID == a.DomainID) && (domain.Name == "" || domain.Name == a.DomainName)
	})
	if found < 0 {
		return Agency{}, false
	}
	return sc.Agencies[found], true
}

// completeAgencies fills in the defaults of agencies and reports what is wrong
// with them. It needs the users to be complete.
func (sc Scenario) completeAgencies(projectIDs map[string]bool) []error {
	var problems []error
	own := sc.ownDomain()
	for i := range sc.Agencies {
		agency := &sc.Agencies[i]
		name := fmt.Sprintf("agencies[%d]", i)
		if agency.DomainID == "" && agency.DomainName != "" && agency.DomainName != own.Name {
			problems = append(problems, fmt.Errorf("%s: needs the domain_id of the account %q, which is not the users'", name, agency.DomainName))
		}
		if agency.DomainID == "" {
			agency.DomainID = own.ID
		}
		if agency.DomainName == "" && agency.DomainID == own.ID {
			agency.DomainName = own.Name
		}
		if agency.Name == "" {
			problems = append(problems, fmt.Errorf("%s: needs a name", name))
		}
		if slices.ContainsFunc(sc.Agencies[:i], func(a Agency) bool { return a.Name == agency.Name && a.DomainID == agency.DomainID }) {
			problems = append(problems, fmt.Errorf("%s: its account has an agency of this name already; use another name", name))
		}
		if sc.accountOf(agency.DomainID) == ownAccount && len(agency.Projects) > 0 {
			problems = append(problems, fmt.Errorf("%s: its account is the users', whose projects are those of the scenario; list them there", name))
		}
		problems = append(problems, checkProjects(name+".projects", agency.Projects, projectIDs)...)
	}
	return problems
}

// completeMetadata fills in the defaults of the metadata, in a copy.
func (sc *Scenario) completeMetadata() error {
	if sc.Metadata == nil {
		return nil
	}
	metadata := *sc.Metadata
	sc.Metadata = &metadata
	if metadata.KeyLifetime == 0 {
		sc.Metadata.KeyLifetime = Duration(defaultMetadataKeyLifetime)
	}
	if metadata.Agency != "" {
		if _, ok := sc.findAgency(metadata.Agency, namedOrID{}); !ok {
			return fmt.Errorf("metadata.agency: %q is none of the agencies", metadata.Agency)
		}
	}
	if metadata.TokenStatus != 0 && (metadata.TokenStatus < 400 || metadata.TokenStatus > 599) {
		return errors.New("metadata.token_status: must be between 400 and 599, or 0 for tokens to be given out")
	}
	return notNegative("metadata.key_lifetime", metadata.KeyLifetime)
}
