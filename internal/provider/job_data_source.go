package provider

import (
	"context"
	"maps"
	"time"

	"github.com/hashicorp/terraform-plugin-framework/datasource"
	"github.com/hashicorp/terraform-plugin-framework/datasource/schema"
	"github.com/hashicorp/terraform-plugin-framework/diag"
	"github.com/hashicorp/terraform-plugin-framework/path"
	"github.com/hashicorp/terraform-plugin-framework/schema/validator"
	"github.com/hashicorp/terraform-plugin-framework/types"

	"terraform.local/huaweicloud/terraform-provider-workspace/internal/workspace"
)

// jobDataSource is workspace_job: it reads a job, and waits for it if asked to.
type jobDataSource struct{ session *session }

var _ datasource.DataSourceWithConfigure = (*jobDataSource)(nil)

func newJobDataSource() datasource.DataSource { return &jobDataSource{} }

// waitArguments say how jobs are read. Their schema is waitAttributes.
type waitArguments struct {
	ProjectID    types.String `tfsdk:"project_id"`
	WaitTimeout  types.String `tfsdk:"wait_timeout"`
	PollInterval types.String `tfsdk:"poll_interval"`
	AllowFailure types.Bool   `tfsdk:"allow_failure"`
}

// options turns the arguments into those of a read.
func (a *waitArguments) options(diags *diag.Diagnostics) workspace.ReadOptions {
	return workspace.ReadOptions{
		ProjectID:    a.ProjectID.ValueString(),
		Timeout:      parseDuration(path.Root("wait_timeout"), a.WaitTimeout, diags),
		Interval:     parseDuration(path.Root("poll_interval"), a.PollInterval, diags),
		AllowFailure: a.AllowFailure.ValueBool(),
	}
}

func waitAttributes() map[string]schema.Attribute {
	return map[string]schema.Attribute{
		"project_id": schema.StringAttribute{
			Optional: true, Computed: true, Validators: []validator.String{idValidator{}},
			MarkdownDescription: "The project that the job belongs to. Default: the provider's.",
		},
		"wait_timeout": schema.StringAttribute{
			Optional: true, Validators: []validator.String{durationValidator{min: 1}},
			MarkdownDescription: "Wait until the job has ended, at the most this long: a duration such as `\"90s\"` or `\"1h30m\"`. " +
				"A job that ends in failure is then an error. Absent: the job is read once, whatever its status.",
		},
		"poll_interval": schema.StringAttribute{
			Optional: true, Validators: []validator.String{durationValidator{min: time.Second}},
			MarkdownDescription: "A fixed time between two looks at the job, one second or more, in place of the adaptive one. " +
				"No effect without `wait_timeout`.",
		},
		"allow_failure": schema.BoolAttribute{
			Optional: true,
			MarkdownDescription: "Whether a job that ends in failure is data rather than an error. Default: `false`. " +
				"No effect without `wait_timeout`, where failure is always data.",
		},
	}
}

type jobDataSourceModel struct {
	waitArguments
	jobModel

	JobID types.String `tfsdk:"job_id"`
}

func (d *jobDataSource) Metadata(
	_ context.Context, req datasource.MetadataRequest, resp *datasource.MetadataResponse,
) {
	resp.TypeName = req.ProviderTypeName + "_job"
}

func (d *jobDataSource) Schema(_ context.Context, _ datasource.SchemaRequest, resp *datasource.SchemaResponse) {
	attributes := jobAttributes(dataAttributes{})
	maps.Copy(attributes, waitAttributes())
	attributes["job_id"] = schema.StringAttribute{
		Required: true, Validators: []validator.String{idValidator{}},
		MarkdownDescription: "The job's id, as the API gave it when the job was started.",
	}
	resp.Schema = schema.Schema{
		MarkdownDescription: "Reads a job by its id and, with `wait_timeout`, waits until it has ended, so that " +
			"what depends on it starts only when it has succeeded.",
		Attributes: attributes,
	}
}

func (d *jobDataSource) Configure(
	_ context.Context, req datasource.ConfigureRequest, resp *datasource.ConfigureResponse,
) {
	d.session = sessionFrom(req.ProviderData, &resp.Diagnostics)
}

func (d *jobDataSource) Read(ctx context.Context, req datasource.ReadRequest, resp *datasource.ReadResponse) {
	var m jobDataSourceModel
	resp.Diagnostics.Append(req.Config.Get(ctx, &m)...)
	options := m.options(&resp.Diagnostics)
	if !d.session.ready(&resp.Diagnostics) {
		return
	}
	job, err := d.session.waitJob(ctx, m.JobID.ValueString(), options)
	d.session.report(&resp.Diagnostics, err, ofDataSource)
	if err != nil {
		return
	}
	m.ProjectID = types.StringValue(job.ProjectID)
	m.jobModel = newJobModel(&job)
	resp.Diagnostics.Append(resp.State.Set(ctx, &m)...)
}
