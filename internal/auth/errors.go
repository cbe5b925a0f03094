package auth

import (
	"errors"
	"fmt"
	"net/http"
	"time"

	"terraform.local/huaweicloud/terraform-provider-workspace/internal/transport"
)

// RefusedError is a credential that the service or IAM does not accept. Asking
// again does not help and may lock the credential.
type RefusedError struct {
	Kind Kind
	// ProjectID is the project that was asked for; empty where IAM refused before
	// a project mattered.
	ProjectID string
	// Answer is what was said.
	Answer *transport.StatusError
	// Skew is how far the server's clock is ahead of this machine's; 0: not known.
	// A signature is refused when it is more than 15 minutes.
	Skew time.Duration
}

func newRefusedError(kind Kind, projectID string, err error) *RefusedError {
	refused := &RefusedError{Kind: kind, ProjectID: projectID}
	if errors.As(err, &refused.Answer) && !refused.Answer.Date.IsZero() {
		refused.Skew = time.Until(refused.Answer.Date)
	}
	return refused
}

func (e *RefusedError) Error() string {
	return fmt.Sprintf("the %s was refused: %v", e.Kind, e.Answer)
}

func (e *RefusedError) Unwrap() error { return e.Answer }

// IAMError is a request to IAM that failed for another reason than a refused
// credential.
type IAMError struct {
	// Doing says what for: "getting a token from IAM".
	Doing string
	// Argument is the provider argument to look at.
	Argument string
	Err      error
}

func (e *IAMError) Error() string { return fmt.Sprintf("%s: %v", e.Doing, e.Err) }

func (e *IAMError) Unwrap() error { return e.Err }

// The provider arguments that errors name.
const (
	argAuthURL     = "auth_url"
	argAssumeRole  = "assume_role"
	argECSMetadata = "ecs_metadata"
)

// SetupError is a part of the configuration that is missing or does not fit, as
// the first use shows.
type SetupError struct {
	// Argument is the provider argument at fault.
	Argument string
	Problem  string
}

func (e *SetupError) Error() string { return e.Argument + ": " + e.Problem }

// iamError gives the outcome of a request to IAM its type.
func iamError(kind Kind, doing string, err error) error {
	switch {
	case err == nil:
		return nil
	case isUnauthorized(err):
		return newRefusedError(kind, "", err)
	}
	return &IAMError{Doing: doing, Argument: argAuthURL, Err: err}
}

// isDefinite reports that asking again would bring the same answer.
func isDefinite(err error) bool {
	var (
		setup  *SetupError
		status *transport.StatusError
	)
	if errors.As(err, &setup) {
		return true
	}
	return errors.As(err, &status) &&
		status.Status >= http.StatusBadRequest && status.Status < http.StatusInternalServerError &&
		status.Status != http.StatusRequestTimeout && status.Status != http.StatusTooManyRequests
}
