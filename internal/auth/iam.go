package auth

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
	"net/url"
	"sync/atomic"

	"terraform.local/huaweicloud/terraform-provider-workspace/internal/transport"
)

var errNoProject = &SetupError{
	Argument: "project_id",
	Problem:  "no project is known, and without a region there is no name to look one up by",
}

var errNoIAM = &SetupError{
	Argument: argAuthURL,
	Problem:  "IAM is needed, and without a region its URL is not known",
}

// project is the default project of a session, looked up at most once.
type project struct {
	id      atomic.Pointer[string]
	lock    lock  // of the lookup
	failure error // an answer that asking again would not change
}

// ProjectID returns the default project's id: the configured one, the one that
// the credential was issued for, or the one whose name in IAM is exactly the
// configured name.
func (s *Session) ProjectID(ctx context.Context) (string, error) {
	p := &s.project
	if id := p.id.Load(); id != nil {
		return *id, nil
	}
	if err := p.lock.acquire(ctx); err != nil {
		return "", err
	}
	defer p.lock.release()
	if id := p.id.Load(); id != nil {
		return *id, nil
	}
	if p.failure != nil {
		return "", p.failure
	}
	id, err := s.source.projectID(ctx)
	if err != nil {
		if isDefinite(err) {
			p.failure = err
		}
		return "", err
	}
	p.id.Store(&id)
	return id, nil
}

// lookUpProject finds the project by its exact name (IAM API page
// KeystoneListProjects). Sub-projects are named "<region>_<name>".
func (s *Session) lookUpProject(ctx context.Context) (string, error) {
	const doing = "looking up the project in IAM"
	if s.projectName == "" {
		return "", errNoProject
	}
	query := url.Values{"name": {s.projectName}}.Encode()
	resp, err := authorize(ctx, s.source, s.gate(s.source.gateOf("")), s.kind, "", func(signer transport.Signer) (*transport.Response, error) {
		resp, err := s.iamRequest(ctx, http.MethodGet, "/v3/projects", query, nil, signer)
		if err != nil && !isUnauthorized(err) {
			err = &IAMError{Doing: doing, Argument: argAuthURL, Err: err}
		}
		return resp, err
	})
	if err != nil {
		return "", err
	}
	var answer struct {
		Projects []struct{ ID, Name string } `json:"projects"`
	}
	if err := json.Unmarshal(resp.Body, &answer); err != nil || answer.Projects == nil {
		return "", &IAMError{Doing: doing, Argument: argAuthURL, Err: errors.New("the answer holds no list of projects")}
	}
	var ids []string
	for _, p := range answer.Projects {
		if p.Name == s.projectName {
			ids = append(ids, p.ID)
		}
	}
	if len(ids) != 1 || ids[0] == "" {
		return "", &SetupError{
			Argument: "project_name",
			Problem:  fmt.Sprintf("IAM knows %d projects named %q that this credential may see", len(ids), s.projectName),
		}
	}
	return ids[0], nil
}

func (s *Session) iamRequest(
	ctx context.Context, method, path, query string, body []byte, signer transport.Signer,
) (*transport.Response, error) {
	if s.iam == nil {
		return nil, errNoIAM
	}
	u := transport.At(s.iam, path)
	u.RawQuery = query
	return s.http.Do(ctx, transport.Request{Method: method, URL: u, Body: body}, signer)
}
