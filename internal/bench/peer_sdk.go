package bench

import (
	"context"
	"fmt"
	"time"

	"github.com/hashicorp/terraform-plugin-sdk/v2/helper/retry"
)

const officialInterval = 10 * time.Second

// stateChangeConf is the waiter of the official provider, with its settings: a
// first look after 10 s, then one each interval.
func stateChangeConf(interval time.Duration) stack {
	return stack{
		name:   fmt.Sprintf("StateChangeConf, %.0f s", interval.Seconds()),
		module: "github.com/hashicorp/terraform-plugin-sdk/v2",
		setUp:  fmt.Sprintf("`Delay: 10s`, `PollInterval: %.0fs`, as in the official provider; plain client", interval.Seconds()),
		share:  1, scheduleOnly: interval != officialInterval,
		open: func(s site) waiter {
			client := s.client()
			return func(ctx context.Context, jobID string, timeout time.Duration) error {
				conf := retry.StateChangeConf{
					Pending: []string{"2", "3"}, Target: []string{"1"},
					Delay: 10 * time.Second, PollInterval: interval, Timeout: timeout,
					Refresh: func() (any, string, error) {
						status, err := s.status(ctx, client, jobID)
						return jobID, fmt.Sprint(status), err
					},
				}
				_, err := conf.WaitForStateContext(ctx)
				return err
			}
		},
	}
}
