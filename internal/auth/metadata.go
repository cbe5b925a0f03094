package auth

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
	"net/url"
	"strings"
	"time"

	"terraform.local/huaweicloud/terraform-provider-workspace/internal/transport"
)

// Metadata is the agency of the ECS on which this program runs.
type Metadata struct {
	// Endpoint is the metadata service's URL.
	Endpoint *url.URL
}

// MetadataEndpoint is where an ECS finds its metadata service.
const MetadataEndpoint = "http://169.254.169.254"

// metadataTimeout is short: the service is on the same host, and elsewhere nobody
// answers at its address.
const metadataTimeout = 3 * time.Second

// Kind implements Credential.
func (Metadata) Kind() Kind { return KindMetadata }

func (Metadata) secrets() []string { return nil }

func (m Metadata) source(s *Session) source {
	direct := s.http.Direct(metadataTimeout)
	there := false // Guarded by the cache's lock.
	return newTemporarySource(s, func(ctx context.Context) (lease[AccessKey], error) {
		issued, err := m.fetch(ctx, s, direct)
		var network *transport.NetworkError
		if errors.As(err, &network) && !there {
			// One that does not answer at once is not there.
			return issued, &SetupError{
				Argument: argECSMetadata,
				Problem:  fmt.Sprintf("the metadata service does not answer (%v); it exists on an ECS only", network),
			}
		}
		there = there || err == nil
		return issued, err
	})
}

// fetch gets temporary keys: with a token of the metadata service, version 2,
// where it gives any, and without one otherwise.
func (m Metadata) fetch(ctx context.Context, s *Session, direct *transport.Client) (lease[AccessKey], error) {
	const doing = "getting the ECS's keys"
	header := http.Header{}
	token, err := direct.Do(ctx, transport.Request{
		Method: http.MethodPut, URL: transport.At(m.Endpoint, "/meta-data/latest/api/token"),
		Header: http.Header{"X-Metadata-Token-Ttl-Seconds": {"300"}},
	}, nil)
	var status *transport.StatusError
	switch {
	case err == nil:
		text := strings.TrimSpace(string(token.Body))
		s.secrets.Add(text)
		header.Set("X-Metadata-Token", text)
	case errors.As(err, &status) && (status.Status == http.StatusNotFound ||
		status.Status == http.StatusMethodNotAllowed || status.Status == http.StatusServiceUnavailable):
		// An older service has no tokens.
	default:
		return lease[AccessKey]{}, &IAMError{Doing: doing, Argument: argECSMetadata, Err: err}
	}
	resp, err := direct.Do(ctx, transport.Request{
		Method: http.MethodGet, URL: transport.At(m.Endpoint, "/openstack/latest/securitykey"), Header: header,
	}, nil)
	if err != nil {
		return lease[AccessKey]{}, &IAMError{Doing: doing, Argument: argECSMetadata, Err: err}
	}
	var answer struct {
		Credential issuedKey `json:"credential"`
	}
	if err := json.Unmarshal(resp.Body, &answer); err != nil {
		return lease[AccessKey]{}, &IAMError{Doing: doing, Argument: argECSMetadata, Err: errors.New("the answer cannot be read")}
	}
	issued, ok := s.keep(answer.Credential, resp)
	if !ok {
		return issued, &SetupError{Argument: argECSMetadata, Problem: "the metadata service gives no keys: the ECS has no agency"}
	}
	return issued, nil
}
