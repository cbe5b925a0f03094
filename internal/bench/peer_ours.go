package bench

import (
	"context"
	"time"

	"terraform.local/huaweicloud/terraform-provider-workspace/internal/auth"
	"terraform.local/huaweicloud/terraform-provider-workspace/internal/transport"
	"terraform.local/huaweicloud/terraform-provider-workspace/internal/workspace"
)

const ourName = "this provider"

func ours() stack {
	return stack{
		name: ourName, setUp: "`workspace.Client.WaitJob`, no `poll_interval`", share: 1,
		open: func(s site) waiter {
			client, carrier := newClient(s)
			return func(ctx context.Context, jobID string, timeout time.Duration) error {
				defer carrier.CloseIdleConnections()
				_, err := client.WaitJob(ctx, jobID, workspace.ReadOptions{Timeout: timeout})
				return err
			}
		},
	}
}

// newClient is the provider's client for a site.
func newClient(s site) (*workspace.Client, *transport.Client) {
	secrets := &transport.Secrets{}
	carrier := transport.New(transport.Options{
		UserAgent: "bench", RoundTripper: s.carrier, Dial: s.dial,
		TLS: transport.TLS{RootCAs: s.roots}, Secrets: secrets, NoProxy: true,
	})
	return workspace.New(workspace.Options{
		HTTP: carrier,
		Session: auth.NewSession(carrier, secrets, auth.Config{
			Credential: s.credential, ProjectID: projectID, IAM: s.endpoint,
		}),
		Endpoint: s.endpoint, MaxRetries: 5, RequestsPerMinute: s.requestsPerMinute,
	}), carrier
}
