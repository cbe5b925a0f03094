package simulator

import (
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"slices"
	"strconv"
	"time"
)

// complete fills in the defaults of a scenario and reports all that is wrong
// with it. It does not change what the caller's slices hold.
func (sc Scenario) complete() (Scenario, error) {
	if sc.Region == "" {
		sc.Region = DefaultRegion
	}
	if len(sc.Projects) == 0 {
		sc.Projects = []Project{{ID: DefaultProjectID, Name: sc.Region}}
	}
	if sc.TokenLifetime == 0 {
		sc.TokenLifetime = Duration(defaultTokenLifetime)
	}
	problems := []error{notNegative("token_lifetime", sc.TokenLifetime)}
	projectIDs := map[string]bool{}
	problems = append(problems, checkProjects("projects", sc.Projects, projectIDs)...)

	sc.Users = slices.Clone(sc.Users)
	for i := range sc.Users {
		user := &sc.Users[i]
		if user.Name == "" || user.Password == "" {
			problems = append(problems, fmt.Errorf("users[%d]: needs a name and a password", i))
		}
		if user.ID == "" {
			user.ID = madeUpID("user " + user.DomainName + " " + user.Name)
		}
		if user.DomainID == "" {
			user.DomainID = defaultDomainID
		}
	}
	sc.Agencies = slices.Clone(sc.Agencies)
	problems = append(problems, sc.completeAgencies(projectIDs)...)
	problems = append(problems, sc.completeMetadata(), sc.checkRetired())

	keys := map[string]bool{}
	for i, key := range sc.AccessKeys {
		if key.Access == "" || key.Secret == "" {
			problems = append(problems, fmt.Errorf("access_keys[%d]: needs access and secret", i))
		}
		if keys[key.Access] {
			problems = append(problems, fmt.Errorf("access_keys[%d]: the same access key is listed before; remove one", i))
		}
		keys[key.Access] = true
	}

	sc.Tokens = slices.Clone(sc.Tokens)
	for i := range sc.Tokens {
		token := &sc.Tokens[i]
		if token.Token == "" {
			problems = append(problems, fmt.Errorf("tokens[%d]: needs a token", i))
		}
		if token.ProjectID == "" {
			token.ProjectID = sc.Projects[0].ID
		}
		if !sc.hasProject(token.ProjectID) {
			problems = append(problems, fmt.Errorf("tokens[%d]: project_id %q is none of the projects", i, token.ProjectID))
		}
		if token.ExpiresIn == 0 {
			token.ExpiresIn = sc.TokenLifetime
		}
		problems = append(problems, notNegative(fmt.Sprintf("tokens[%d].expires_in", i), token.ExpiresIn))
	}
	for i, fault := range sc.Faults {
		if err := fault.validate(); err != nil {
			problems = append(problems, fmt.Errorf("faults[%d]: %w", i, err))
		}
	}
	if sc.Throttle != nil && (sc.Throttle.Limit < 0 || sc.Throttle.Window <= 0) {
		problems = append(problems, errors.New("throttle: needs a limit of 0 or more and a window above 0s"))
	}
	return sc, errors.Join(problems...)
}

// madeUpID has the form of IAM's ids and depends on the text alone.
func madeUpID(text string) string {
	sum := sha256.Sum256([]byte(text))
	return hex.EncodeToString(sum[:16])
}

// checkProjects checks the projects of one account. Ids that are there already
// belong to other accounts, which may have projects of the same name.
func checkProjects(field string, projects []Project, ids map[string]bool) []error {
	var problems []error
	names := map[string]bool{}
	for i, project := range projects {
		if project.ID == "" || project.Name == "" {
			problems = append(problems, fmt.Errorf("%s[%d]: needs an id and a name", field, i))
		}
		if ids[project.ID] || names[project.Name] {
			problems = append(problems, fmt.Errorf("%s[%d]: its id or name is listed before; both must be unique", field, i))
		}
		ids[project.ID], names[project.Name] = true, true
	}
	return problems
}

func (sc Scenario) hasProject(id string) bool {
	return slices.ContainsFunc(sc.Projects, func(p Project) bool { return p.ID == id })
}

// validate reports the first thing that is wrong with the job.
func (j Job) validate() error {
	switch {
	case j.ID == "" || len(j.ID) > 255:
		return errors.New("needs an id of 1 to 255 characters")
	case len(j.Phases) == 0:
		return errors.New("needs at least one phase")
	case j.Age < 0 || j.ExpectedAfter < 0:
		return errors.New("age and expected_after must not be negative")
	}
	for i, phase := range j.Phases {
		if phase.After < 0 {
			return fmt.Errorf("phases[%d]: after must not be negative", i)
		}
		if i > 0 && phase.After <= j.Phases[i-1].After {
			return fmt.Errorf("phases[%d]: must begin after the phase before it, which does at %s", i, j.Phases[i-1].After)
		}
		if err := phase.validate(); err != nil {
			return fmt.Errorf("phases[%d]: %w", i, err)
		}
	}
	return nil
}

func (p Phase) validate() error {
	if p.Raw != nil {
		if p.Status != 0 || p.ExecuteCode != "" || p.ExecuteMessage != "" || p.SubJobs != nil || p.SubJobsTotal != 0 {
			return errors.New("raw is the whole job object; remove what stands beside it")
		}
		if !json.Valid(p.Raw) {
			return errors.New("raw is not valid JSON; a fault with a body can send anything")
		}
	}
	if p.RawV2 != nil && !json.Valid(p.RawV2) {
		return errors.New("raw_v2 is not valid JSON; a fault with a body can send anything")
	}
	if p.SubJobsTotal < 0 || p.RawV2 != nil && p.SubJobsTotal != 0 {
		return errors.New("sub_jobs_total must not be negative, and is a part of raw_v2 where that is given")
	}
	for i, subJob := range p.SubJobs {
		if subJob.ID == "" {
			return fmt.Errorf("sub_jobs[%d]: needs an id", i)
		}
		if slices.ContainsFunc(p.SubJobs[:i], func(other SubJob) bool { return other.ID == subJob.ID }) {
			return fmt.Errorf("sub_jobs[%d]: the id %q is listed before in this phase", i, subJob.ID)
		}
		if subJob.Entities != nil && !json.Valid(subJob.Entities) {
			return fmt.Errorf("sub_jobs[%d]: entities is not valid JSON", i)
		}
	}
	return nil
}

// validate reports the first thing that is wrong with the fault.
func (f Fault) validate() error {
	endings := 0
	for _, ending := range []bool{f.Hang, f.Reset, f.Close} {
		if ending {
			endings++
		}
	}
	switch {
	case f.On != "" && !slices.Contains(operations(), f.On):
		return fmt.Errorf("on: %s is no operation; use one of %q", strconv.Quote(f.On), operations())
	case f.Skip < 0 || f.Times < 0:
		return errors.New("skip and times must not be negative")
	case f.After < 0 || f.Until < 0 || f.Delay < 0 || f.Drip < 0:
		return errors.New("after, until, delay and drip must not be negative")
	case f.Until != 0 && f.Until <= f.After:
		return errors.New("until must be later than after, or 0s for no end")
	case f.Status != 0 && (f.Status < 200 || f.Status > 599):
		return fmt.Errorf("status: %d is not between 200 and 599", f.Status)
	case f.Truncate < 0 || f.Oversize < 0:
		return errors.New("truncate and oversize must not be negative")
	case f.Truncate > 0 && f.Oversize > 0:
		return errors.New("truncate announces a length and oversize none; use one of them")
	case endings > 1:
		return errors.New("hang, reset and close exclude each other; use one of them")
	}
	return nil
}

func notNegative(name string, d Duration) error {
	if time.Duration(d) < 0 {
		return fmt.Errorf("%s: must not be negative", name)
	}
	return nil
}
