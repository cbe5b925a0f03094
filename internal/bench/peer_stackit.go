package bench

import (
	"context"
	"errors"
	"time"

	"github.com/stackitcloud/stackit-sdk-go/core/oapierror"
	"github.com/stackitcloud/stackit-sdk-go/core/wait"
)

// stackit is the waiter under all wait handlers of the STACKIT SDK.
func stackit() stack {
	return stack{
		name: "stackit-sdk-go", module: "github.com/stackitcloud/stackit-sdk-go/core",
		setUp: "`core/wait` with its defaults, 5 s; plain client, errors as its generated clients give them",
		share: 1,
		open: func(s site) waiter {
			client := s.client()
			return func(ctx context.Context, jobID string, timeout time.Duration) error {
				handler := wait.New(func() (bool, *struct{}, error) {
					status, err := s.status(ctx, client, jobID)
					var refused *statusError
					if errors.As(err, &refused) {
						return false, nil, oapierror.NewError(refused.code, refused.Error())
					}
					return status == succeeded, nil, err
				})
				_, err := handler.SetTimeout(timeout).WaitWithContext(ctx)
				return err
			}
		},
	}
}
