package workspace

import (
	"context"
	"errors"
	"net/http"
	"strings"
	"sync/atomic"

	"terraform.local/huaweicloud/terraform-provider-workspace/internal/transport"
)

// Version is a version of the job API.
type Version string

// The versions. AnyVersion is v1, until the service shows that it is gone.
const (
	AnyVersion Version = ""
	V1         Version = "v1"
	V2         Version = "v2"
)

type dialect struct {
	path   func(projectID, jobID string) string
	decode func(body []byte, jobID string) (Job, error)
}

var dialects = map[Version]dialect{
	V1: {v1Path, decodeV1},
	V2: {v2Path, decodeV2},
}

// spoken is the version that a client speaks. The documentation calls v1
// "discarded": where it is left open, v2 takes its place once the service has
// shown that v1 does not exist and that v2 does.
type spoken struct {
	configured Version
	switched   atomic.Bool
	told       atomic.Bool
}

func (s *spoken) version() Version {
	switch {
	case s.configured != AnyVersion:
		return s.configured
	case s.switched.Load():
		return V2
	}
	return V1
}

// fetch asks for a job in the version that the service speaks.
func (c *Client) fetch(ctx context.Context, jobID, projectID string, t turn) (look, error) {
	version := c.api.version()
	l, err := c.get(ctx, version, jobID, projectID, t)
	if !IsGone(err) || version == V2 || c.api.configured != AnyVersion {
		return l, err
	}
	successor, successorErr := c.get(ctx, V2, jobID, projectID, t)
	switch {
	case IsGone(successorErr):
		return look{}, err // Neither exists: the endpoint is wrong.
	case successorErr == nil, isAboutTheJob(successorErr):
		if c.api.switched.CompareAndSwap(false, true) && c.log != nil {
			c.log.Warn(ctx, "v1 of the job API is gone; going on with v2", map[string]any{"host": c.endpoint.Host})
		}
	}
	return successor, successorErr
}

// SwitchedVersion reports, once, that the service no longer has v1 and that v2
// has taken its place.
func (c *Client) SwitchedVersion() bool {
	return c.api.switched.Load() && c.api.told.CompareAndSwap(false, true)
}

// IsGone reports an answer that says that this version of the API does not exist.
func IsGone(err error) bool {
	var status *transport.StatusError
	if !errors.As(err, &status) {
		return false
	}
	switch status.Status {
	case http.StatusNotFound:
		return status.Code == codeNoAPI
	case http.StatusGone:
		return true
	case http.StatusMethodNotAllowed:
		// With these, 405 is a quota that is used up or frozen.
		return !strings.HasPrefix(status.Code, "APIGW.05")
	}
	return false
}

// isAboutTheJob reports an error of the service itself, behind the gateway: the
// API exists.
func isAboutTheJob(err error) bool {
	var status *transport.StatusError
	return errors.As(err, &status) && status.Status < http.StatusInternalServerError && strings.HasPrefix(status.Code, "WKS.")
}
