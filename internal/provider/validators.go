package provider

import (
	"context"
	"fmt"
	"time"

	"github.com/hashicorp/terraform-plugin-framework/diag"
	"github.com/hashicorp/terraform-plugin-framework/path"
	"github.com/hashicorp/terraform-plugin-framework/schema/validator"
	"github.com/hashicorp/terraform-plugin-framework/types"

	"terraform.local/huaweicloud/terraform-provider-workspace/internal/workspace"
)

// idValidator accepts what can be the id of a job or a project.
type idValidator struct{}

func (idValidator) Description(context.Context) string {
	return "1 to 255 characters without white space, control characters, /, \\, ?, # or %"
}

func (v idValidator) MarkdownDescription(ctx context.Context) string { return v.Description(ctx) }

func (idValidator) ValidateString(_ context.Context, req validator.StringRequest, resp *validator.StringResponse) {
	if req.ConfigValue.IsNull() || req.ConfigValue.IsUnknown() {
		return
	}
	if err := workspace.CheckID(req.ConfigValue.ValueString()); err != nil {
		addInvalidID(&resp.Diagnostics, req.Path, err)
	}
}

// idsValidator accepts a list of ids.
type idsValidator struct{}

const maxJobs = 10_000

func (idsValidator) Description(ctx context.Context) string {
	return fmt.Sprintf("1 to %d ids, each of %s", maxJobs, idValidator{}.Description(ctx))
}

func (v idsValidator) MarkdownDescription(ctx context.Context) string { return v.Description(ctx) }

func (idsValidator) ValidateList(_ context.Context, req validator.ListRequest, resp *validator.ListResponse) {
	if req.ConfigValue.IsNull() || req.ConfigValue.IsUnknown() {
		return
	}
	elements := req.ConfigValue.Elements()
	if len(elements) == 0 || len(elements) > maxJobs {
		resp.Diagnostics.AddAttributeError(req.Path, "Invalid number of ids", fmt.Sprintf(
			"%s must list 1 to %d ids, not %d.", req.Path, maxJobs, len(elements)))
	}
	for i, element := range elements {
		id, ok := element.(types.String)
		if !ok || id.IsUnknown() {
			continue
		}
		if err := workspace.CheckID(id.ValueString()); err != nil {
			addInvalidID(&resp.Diagnostics, req.Path.AtListIndex(i), err)
		}
	}
}

func addInvalidID(diags *diag.Diagnostics, at path.Path, err error) {
	diags.AddAttributeError(at, "Invalid id", fmt.Sprintf(
		"%s cannot be an id: %s. An id is what the API gave when the job was started, such as 575768277444198400.", at, err))
}

// durationValidator accepts a duration of at least min.
type durationValidator struct{ min time.Duration }

func (v durationValidator) Description(context.Context) string {
	if v.min <= time.Nanosecond {
		return `a duration above zero, such as "90s" or "1h30m"`
	}
	return fmt.Sprintf(`a duration of %s or more, such as "90s" or "1h30m"`, v.min)
}

func (v durationValidator) MarkdownDescription(ctx context.Context) string { return v.Description(ctx) }

func (v durationValidator) ValidateString(
	ctx context.Context, req validator.StringRequest, resp *validator.StringResponse,
) {
	if req.ConfigValue.IsNull() || req.ConfigValue.IsUnknown() {
		return
	}
	if d, err := time.ParseDuration(req.ConfigValue.ValueString()); err != nil || d < v.min {
		resp.Diagnostics.AddAttributeError(req.Path, "Invalid duration", fmt.Sprintf(
			"%s must be %s, not %q.", req.Path, v.Description(ctx), req.ConfigValue.ValueString()))
	}
}

// parseDuration reads a duration that its validator has accepted; absent: 0.
func parseDuration(at path.Path, v types.String, diags *diag.Diagnostics) time.Duration {
	if v.IsNull() {
		return 0
	}
	d, err := time.ParseDuration(v.ValueString())
	if err != nil {
		diags.AddAttributeError(at, "Invalid duration", err.Error())
	}
	return d
}
