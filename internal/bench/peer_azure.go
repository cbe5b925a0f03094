package bench

import (
	"bytes"
	"context"
	"io"
	"net/http"
	"time"

	"github.com/Azure/azure-sdk-for-go/sdk/azcore/policy"
	"github.com/Azure/azure-sdk-for-go/sdk/azcore/runtime"
)

// azcore is the poller of the Azure SDK over its own pipeline, for an operation
// that is followed by its Azure-AsyncOperation URL.
func azcore() stack {
	return stack{
		name: "azcore", module: "github.com/Azure/azure-sdk-for-go/sdk/azcore",
		setUp: "`Poller.PollUntilDone` with its defaults, 30 s; its own pipeline and retries",
		share: 1,
		open: func(s site) waiter {
			return func(ctx context.Context, jobID string, timeout time.Duration) error {
				ctx, cancel := context.WithTimeout(ctx, timeout)
				defer cancel()
				pipeline := runtime.NewPipeline("bench", "v1", runtime.PipelineOptions{}, &policy.ClientOptions{
					Transport: s.translated(jobID, azureAnswer),
				})
				accepted, err := s.accepted(ctx, jobID) //nolint:bodyclose // NewPoller closes it.
				if err != nil {
					return err
				}
				poller, err := runtime.NewPoller(accepted, pipeline, &runtime.NewPollerOptions[struct{}]{
					FinalStateVia: runtime.FinalStateViaAzureAsyncOp,
				})
				if err != nil {
					return err
				}
				_, err = poller.PollUntilDone(ctx, nil)
				return err
			}
		},
	}
}

func azureAnswer(_ string, status int) any {
	word := map[int]string{succeeded: "Succeeded", processing: "InProgress"}[status]
	if word == "" {
		word = "Unheard-of"
	}
	return map[string]string{"status": word}
}

// accepted is the answer that would have started the job.
func (s site) accepted(ctx context.Context, jobID string) (*http.Response, error) {
	url := s.jobURL(jobID)
	req, err := http.NewRequestWithContext(ctx, http.MethodPost, url, nil)
	if err != nil {
		return nil, err
	}
	return &http.Response{
		StatusCode: http.StatusAccepted, Request: req, Body: io.NopCloser(&bytes.Buffer{}),
		Header: http.Header{"Azure-Asyncoperation": {url}},
	}, nil
}
