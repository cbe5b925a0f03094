package provider

import (
	"context"

	"github.com/hashicorp/terraform-plugin-log/tflog"

	"terraform.local/huaweicloud/terraform-provider-workspace/internal/transport"
)

// terraformLog writes to Terraform's log, with secrets masked in every text.
type terraformLog struct{ secrets *transport.Secrets }

func (l terraformLog) Debug(ctx context.Context, message string, fields map[string]any) {
	tflog.Debug(ctx, message, l.mask(fields))
}

func (l terraformLog) Info(ctx context.Context, message string, fields map[string]any) {
	tflog.Info(ctx, message, l.mask(fields))
}

func (l terraformLog) Warn(ctx context.Context, message string, fields map[string]any) {
	tflog.Warn(ctx, message, l.mask(fields))
}

func (l terraformLog) mask(fields map[string]any) map[string]any {
	for name, value := range fields {
		if text, ok := value.(string); ok {
			fields[name] = l.secrets.Mask(text)
		}
	}
	return fields
}
