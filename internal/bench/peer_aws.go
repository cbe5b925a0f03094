package bench

import (
	"context"
	"fmt"
	"net/http"
	"time"

	awssdk "github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/cloudcontrol"
)

// aws is the waiter of Cloud Control, whose requests are AWS's jobs with an id.
// All waiters of the SDK are generated from one template; they differ in the
// shortest delay (here 5 s) and in what they take for success.
func aws() stack {
	return stack{
		name: "aws-sdk-go-v2", module: "github.com/aws/aws-sdk-go-v2/service/cloudcontrol",
		setUp:   "`ResourceRequestSuccessWaiter` with its defaults, 5 s to 120 s; its own client and retries",
		share:   1,
		problem: awsProblem,
		open: func(s site) waiter {
			return func(ctx context.Context, jobID string, timeout time.Duration) error {
				client := cloudcontrol.New(cloudcontrol.Options{
					Region: "eu-central-1", BaseEndpoint: awssdk.String(s.endpoint.String()),
					HTTPClient: s.translated(jobID, awsAnswer),
					Credentials: awssdk.CredentialsProviderFunc(func(context.Context) (awssdk.Credentials, error) {
						return awssdk.Credentials{AccessKeyID: "key", SecretAccessKey: "secret"}, nil
					}),
				})
				return cloudcontrol.NewResourceRequestSuccessWaiter(client).Wait(ctx,
					&cloudcontrol.GetResourceRequestStatusInput{RequestToken: &jobID}, timeout)
			}
		},
	}
}

func awsAnswer(jobID string, status int) any {
	word := map[int]string{succeeded: "SUCCESS", processing: "IN_PROGRESS"}[status]
	if word == "" {
		word = "UNHEARD_OF"
	}
	return map[string]any{"ProgressEvent": map[string]string{"OperationStatus": word, "RequestToken": jobID}}
}

func awsProblem(status int) string {
	code := map[int]string{
		http.StatusUnauthorized:    "ExpiredTokenException",
		http.StatusForbidden:       "AccessDeniedException",
		http.StatusNotFound:        "RequestTokenNotFoundException",
		http.StatusTooManyRequests: "ThrottlingException",
	}[status]
	if code == "" {
		code = "InternalFailure"
	}
	return fmt.Sprintf(`{"__type":%q,"message":"no"}`, code)
}
