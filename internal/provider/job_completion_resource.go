package provider

import (
	"context"
	"maps"
	"strings"
	"time"

	"github.com/hashicorp/terraform-plugin-framework/resource"
	"github.com/hashicorp/terraform-plugin-framework/resource/schema"
	"github.com/hashicorp/terraform-plugin-framework/resource/schema/mapplanmodifier"
	"github.com/hashicorp/terraform-plugin-framework/resource/schema/planmodifier"
	"github.com/hashicorp/terraform-plugin-framework/resource/schema/stringdefault"
	"github.com/hashicorp/terraform-plugin-framework/resource/schema/stringplanmodifier"
	"github.com/hashicorp/terraform-plugin-framework/schema/validator"
	"github.com/hashicorp/terraform-plugin-framework/types"

	"terraform.local/huaweicloud/terraform-provider-workspace/internal/workspace"
)

// jobCompletionResource is workspace_job_completion: a gate for apply alone. Its
// existence says that a job has ended; it waits once, when it is created, and
// never asks about the job again.
type jobCompletionResource struct{ session *session }

var (
	_ resource.ResourceWithConfigure   = (*jobCompletionResource)(nil)
	_ resource.ResourceWithImportState = (*jobCompletionResource)(nil)
)

func newJobCompletionResource() resource.Resource { return &jobCompletionResource{} }

// defaultWait is long enough for the jobs that the service is known to take long
// over.
const defaultWait = "60m"

type jobCompletionModel struct {
	waitArguments
	jobModel

	JobID    types.String `tfsdk:"job_id"`
	Triggers types.Map    `tfsdk:"triggers"`
}

func (r *jobCompletionResource) Metadata(
	_ context.Context, req resource.MetadataRequest, resp *resource.MetadataResponse,
) {
	resp.TypeName = req.ProviderTypeName + "_job_completion"
}

func (r *jobCompletionResource) Schema(_ context.Context, _ resource.SchemaRequest, resp *resource.SchemaResponse) {
	attributes := jobAttributes(storedAttributes{})
	maps.Copy(attributes, map[string]schema.Attribute{
		"job_id": schema.StringAttribute{
			Required: true, Validators: []validator.String{idValidator{}},
			PlanModifiers:       []planmodifier.String{stringplanmodifier.RequiresReplace()},
			MarkdownDescription: "The job's id, as the API gave it when the job was started. Another id is another resource.",
		},
		"project_id": schema.StringAttribute{
			Optional: true, Computed: true, Validators: []validator.String{idValidator{}},
			PlanModifiers: []planmodifier.String{
				stringplanmodifier.UseStateForUnknown(), stringplanmodifier.RequiresReplace(),
			},
			MarkdownDescription: "The project that the job belongs to. Default: the provider's. Another project is another resource.",
		},
		"wait_timeout": schema.StringAttribute{
			Optional: true, Computed: true, Default: stringdefault.StaticString(defaultWait),
			Validators: []validator.String{durationValidator{min: 1}},
			MarkdownDescription: "How long to wait, at the most, for the job to end: a duration such as `\"90s\"` or `\"1h30m\"`. " +
				"Default: `\"" + defaultWait + "\"`. A change has no effect on a job that has been waited for.",
		},
		"poll_interval": schema.StringAttribute{
			Optional: true, Validators: []validator.String{durationValidator{min: time.Second}},
			MarkdownDescription: "A fixed time between two looks at the job, one second or more, in place of the adaptive one.",
		},
		"allow_failure": schema.BoolAttribute{
			Optional: true,
			MarkdownDescription: "Whether the resource is created even if the job ends in failure. Default: `false`. " +
				"A change has no effect on a job that has been waited for.",
		},
		"triggers": schema.MapAttribute{
			Optional: true, ElementType: types.StringType,
			PlanModifiers: []planmodifier.Map{mapplanmodifier.RequiresReplaceIf(
				triggered, "A change replaces the resource.", "A change replaces the resource.",
			)},
			MarkdownDescription: "Any values whose change makes the resource wait anew. Where there were none, as after an import, " +
				"the first ones replace nothing.",
		},
	})
	resp.Schema = schema.Schema{
		MarkdownDescription: "Waits during `apply`, once, until a job has ended, and fails if it did not succeed. Later plans " +
			"neither wait nor ask the service, and destroying it does nothing to the job.",
		Attributes: attributes,
	}
}

// triggered spares an imported resource, which has no triggers.
func triggered(_ context.Context, req planmodifier.MapRequest, resp *mapplanmodifier.RequiresReplaceIfFuncResponse) {
	resp.RequiresReplace = !req.StateValue.IsNull()
}

func (r *jobCompletionResource) Configure(
	_ context.Context, req resource.ConfigureRequest, resp *resource.ConfigureResponse,
) {
	r.session = sessionFrom(req.ProviderData, &resp.Diagnostics)
}

// Create waits for the job. What it reads is the configuration: the plan holds
// unknown values in the job's place.
func (r *jobCompletionResource) Create(
	ctx context.Context, req resource.CreateRequest, resp *resource.CreateResponse,
) {
	var m jobCompletionModel
	resp.Diagnostics.Append(req.Config.Get(ctx, &m)...)
	if m.WaitTimeout.IsNull() {
		m.WaitTimeout = types.StringValue(defaultWait)
	}
	options := m.options(&resp.Diagnostics)
	if !r.session.ready(&resp.Diagnostics) {
		return
	}
	job, err := r.session.waitJob(ctx, m.JobID.ValueString(), options)
	r.session.report(&resp.Diagnostics, err, ofResource)
	if err != nil {
		return
	}
	m.ProjectID = types.StringValue(job.ProjectID)
	m.jobModel = newJobModel(&job)
	resp.Diagnostics.Append(resp.State.Set(ctx, &m)...)
}

// Read keeps what is there: a job that has ended does not change any more, and
// plans must survive outages, purged records and lost rights.
func (r *jobCompletionResource) Read(context.Context, resource.ReadRequest, *resource.ReadResponse) {}

// Update stores arguments that matter only while waiting.
func (r *jobCompletionResource) Update(
	_ context.Context, req resource.UpdateRequest, resp *resource.UpdateResponse,
) {
	resp.State.Raw = req.Plan.Raw
}

// Delete forgets the job. There is nothing to undo at the service.
func (r *jobCompletionResource) Delete(context.Context, resource.DeleteRequest, *resource.DeleteResponse) {
}

// ImportState takes "job_id" or "project_id/job_id", and a job that has ended.
func (r *jobCompletionResource) ImportState(
	ctx context.Context, req resource.ImportStateRequest, resp *resource.ImportStateResponse,
) {
	var options workspace.ReadOptions
	id := req.ID
	if projectID, jobID, found := strings.Cut(req.ID, "/"); found {
		options.ProjectID, id = projectID, jobID
		if err := workspace.CheckID(projectID); err != nil {
			resp.Diagnostics.AddError("Invalid import id", `The part before the slash cannot be a project's id: `+err.Error()+".")
		}
	}
	if err := workspace.CheckID(id); err != nil {
		resp.Diagnostics.AddError("Invalid import id", `An import takes "job_id" or "project_id/job_id". `+
			"The job's id cannot be used: "+err.Error()+".")
	}
	if !r.session.ready(&resp.Diagnostics) {
		return
	}
	job, err := r.session.waitJob(ctx, id, options)
	r.session.report(&resp.Diagnostics, err, ofResource)
	if err != nil {
		return
	}
	if !job.Status.Terminal() {
		resp.Diagnostics.AddError("Job has not ended", "Job "+id+" is "+job.Progress()+". Only a job that has ended can be "+
			"imported; to wait for this one, create the resource instead.")
		return
	}
	resp.Diagnostics.Append(resp.State.Set(ctx, &jobCompletionModel{
		waitArguments: waitArguments{
			ProjectID: types.StringValue(job.ProjectID), WaitTimeout: types.StringValue(defaultWait),
		},
		jobModel: newJobModel(&job),
		JobID:    types.StringValue(id),
		Triggers: types.MapNull(types.StringType),
	})...)
}
