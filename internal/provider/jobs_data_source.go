package provider

import (
	"context"
	"fmt"
	"maps"
	"strings"

	"github.com/hashicorp/terraform-plugin-framework/attr"
	"github.com/hashicorp/terraform-plugin-framework/datasource"
	"github.com/hashicorp/terraform-plugin-framework/datasource/schema"
	"github.com/hashicorp/terraform-plugin-framework/diag"
	"github.com/hashicorp/terraform-plugin-framework/schema/validator"
	"github.com/hashicorp/terraform-plugin-framework/types"

	"terraform.local/huaweicloud/terraform-provider-workspace/internal/workspace"
)

// jobsDataSource is workspace_jobs: many jobs in one read, so that they wait side
// by side and not behind each other in Terraform's ten slots.
type jobsDataSource struct{ session *session }

var _ datasource.DataSourceWithConfigure = (*jobsDataSource)(nil)

func newJobsDataSource() datasource.DataSource { return &jobsDataSource{} }

type jobsDataSourceModel struct {
	waitArguments

	JobIDs        []string     `tfsdk:"job_ids"`
	Jobs          types.Map    `tfsdk:"jobs"`
	Succeeded     types.Bool   `tfsdk:"succeeded"`
	FailedJobIDs  []string     `tfsdk:"failed_job_ids"`
	PendingJobIDs []string     `tfsdk:"pending_job_ids"`
	ResourceIDs   []string     `tfsdk:"resource_ids"`
	FailureReason types.String `tfsdk:"failure_reason"`
}

func (d *jobsDataSource) Metadata(
	_ context.Context, req datasource.MetadataRequest, resp *datasource.MetadataResponse,
) {
	resp.TypeName = req.ProviderTypeName + "_jobs"
}

func (d *jobsDataSource) Schema(_ context.Context, _ datasource.SchemaRequest, resp *datasource.SchemaResponse) {
	computed := dataAttributes{}
	attributes := waitAttributes()
	maps.Copy(attributes, map[string]schema.Attribute{
		"job_ids": schema.ListAttribute{
			Required: true, ElementType: types.StringType, Validators: []validator.List{idsValidator{}},
			MarkdownDescription: "The ids of the jobs, 1 to 10 000. One that is listed twice is read once.",
		},
		"jobs": schema.MapNestedAttribute{
			Computed: true, NestedObject: schema.NestedAttributeObject{Attributes: jobSummaryAttributes(computed)},
			MarkdownDescription: "The jobs by id. Their sub-jobs are read with `workspace_job`.",
		},
		"succeeded":       computed.truth("Whether all jobs have succeeded. False while any is pending."),
		"failed_job_ids":  computed.texts("The ids of the jobs that ended without success, in the order of `job_ids`."),
		"pending_job_ids": computed.texts("The ids of the jobs that have not ended, in the order of `job_ids`."),
		"resource_ids":    computed.texts("The distinct ids of the resources of all jobs, in the order of `job_ids`."),
		"failure_reason": computed.text("Why not all jobs have succeeded, in one line that names the first of them. " +
			"Never null; empty only when `succeeded` is true."),
	})
	resp.Schema = schema.Schema{
		MarkdownDescription: "Reads many jobs in one go and, with `wait_timeout`, waits for all of them side by side.",
		Attributes:          attributes,
	}
}

func (d *jobsDataSource) Configure(
	_ context.Context, req datasource.ConfigureRequest, resp *datasource.ConfigureResponse,
) {
	d.session = sessionFrom(req.ProviderData, &resp.Diagnostics)
}

func (d *jobsDataSource) Read(ctx context.Context, req datasource.ReadRequest, resp *datasource.ReadResponse) {
	var m jobsDataSourceModel
	resp.Diagnostics.Append(req.Config.Get(ctx, &m)...)
	options := m.options(&resp.Diagnostics)
	if !d.session.ready(&resp.Diagnostics) {
		return
	}
	jobs, err := d.session.waitJobs(ctx, m.JobIDs, options)
	d.session.report(&resp.Diagnostics, err, ofJobs)
	if err != nil {
		return
	}
	m.fill(jobs, &resp.Diagnostics)
	resp.Diagnostics.Append(resp.State.Set(ctx, &m)...)
}

// fill takes in the jobs, all of which have been read.
func (m *jobsDataSourceModel) fill(jobs map[string]workspace.Job, diags *diag.Diagnostics) {
	summaries := objectsOf[jobSummaryModel](jobSummaryAttributes(dataAttributes{}))
	listed := make(map[string]attr.Value, len(jobs))
	m.FailedJobIDs, m.PendingJobIDs, m.ResourceIDs = []string{}, []string{}, []string{}
	resources := make(map[string]bool)
	var reasons []string
	for _, id := range m.JobIDs {
		if _, done := listed[id]; done {
			continue
		}
		job := jobs[id]
		listed[id] = summaries.of(newJobSummaryModel(&job), diags)
		m.ProjectID = types.StringValue(job.ProjectID)
		for _, resource := range job.ResourceIDs() {
			if !resources[resource] {
				resources[resource] = true
				m.ResourceIDs = append(m.ResourceIDs, resource)
			}
		}
		switch {
		case job.Succeeded():
			continue
		case job.Status.Terminal():
			m.FailedJobIDs = append(m.FailedJobIDs, id)
		default:
			m.PendingJobIDs = append(m.PendingJobIDs, id)
		}
		reasons = append(reasons, id+": "+job.FailureReason())
	}
	m.Jobs = summaries.mapOf(listed, diags)
	m.Succeeded = types.BoolValue(len(reasons) == 0)
	m.FailureReason = types.StringValue("")
	if len(reasons) > 0 {
		m.FailureReason = types.StringValue(fmt.Sprintf("%d of %d jobs have not succeeded; %s",
			len(reasons), len(listed), strings.Join(firstOf(reasons), "; ")))
	}
}
