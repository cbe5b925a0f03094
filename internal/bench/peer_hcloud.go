package bench

import (
	"context"
	"fmt"
	"net/http"
	"strconv"
	"time"

	"github.com/hetznercloud/hcloud-go/v2/hcloud"
)

// hcloudGo is the waiter for the actions of Hetzner Cloud, whose ids are numbers.
func hcloudGo() stack {
	return stack{
		name: "hcloud-go", module: "github.com/hetznercloud/hcloud-go/v2",
		setUp:   "`ActionClient.WaitFor` with its defaults, 0.5 s; its own client and retries",
		share:   0.05, // It makes 15 to 20 times the calls.
		problem: hcloudProblem,
		open: func(s site) waiter {
			return func(ctx context.Context, jobID string, timeout time.Duration) error {
				ctx, cancel := context.WithTimeout(ctx, timeout)
				defer cancel()
				id, err := strconv.ParseInt(jobID, 10, 64)
				if err != nil {
					return err
				}
				client := hcloud.NewClient(
					hcloud.WithEndpoint(s.endpoint.String()), hcloud.WithToken("token"),
					hcloud.WithHTTPClient(s.translated(jobID, hcloudAnswer)),
				)
				return client.Action.WaitFor(ctx, &hcloud.Action{ID: id, Status: hcloud.ActionStatusRunning})
			}
		},
	}
}

func hcloudAnswer(jobID string, status int) any {
	word := map[int]string{succeeded: "success", processing: "running"}[status]
	if word == "" {
		word = "unheard-of"
	}
	id, _ := strconv.ParseInt(jobID, 10, 64) // It was a number when it was sent.
	return map[string]any{"actions": []any{map[string]any{"id": id, "status": word, "started": time.Time{}}}}
}

func hcloudProblem(status int) string {
	code := map[int]string{
		http.StatusUnauthorized:    "unauthorized",
		http.StatusForbidden:       "forbidden",
		http.StatusNotFound:        "not_found",
		http.StatusTooManyRequests: "rate_limit_exceeded",
	}[status]
	if code == "" {
		code = "server_error"
	}
	return fmt.Sprintf(`{"error":{"code":%q,"message":"no"}}`, code)
}
