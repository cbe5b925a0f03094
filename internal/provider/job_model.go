package provider

import (
	"reflect"

	"github.com/hashicorp/terraform-plugin-framework/attr"
	"github.com/hashicorp/terraform-plugin-framework/datasource/schema"
	"github.com/hashicorp/terraform-plugin-framework/diag"
	"github.com/hashicorp/terraform-plugin-framework/types"

	"terraform.local/huaweicloud/terraform-provider-workspace/internal/workspace"
)

// jobModel is what a job is to Terraform. Plain slices are right here because
// computed attributes are never set in a configuration; a nil one would be null,
// and lists are never null.
type jobModel struct {
	jobSummaryModel

	ID      types.String  `tfsdk:"id"`
	SubJobs []subJobModel `tfsdk:"sub_jobs"`
}

// jobSummaryModel is a job without its sub-jobs.
type jobSummaryModel struct {
	taskModel

	Terminal      types.Bool   `tfsdk:"terminal"`
	Succeeded     types.Bool   `tfsdk:"succeeded"`
	FailureReason types.String `tfsdk:"failure_reason"`
	ResourceIDs   []string     `tfsdk:"resource_ids"`
}

// taskModel is what a job and a sub-job have in common.
type taskModel struct {
	Status          types.String `tfsdk:"status"`
	JobStatus       types.Number `tfsdk:"job_status"`
	JobType         types.Number `tfsdk:"job_type"`
	Operation       types.String `tfsdk:"operation"`
	BeginTime       types.String `tfsdk:"begin_time"`
	EndTime         types.String `tfsdk:"end_time"`
	ExpectedEndTime types.String `tfsdk:"expected_end_time"`
	ExecuteCode     types.String `tfsdk:"execute_code"`
	ExecuteMessage  types.String `tfsdk:"execute_message"`
}

type subJobModel struct {
	taskModel

	JobID    types.String  `tfsdk:"job_id"`
	Entities []entityModel `tfsdk:"entities"`
}

type entityModel struct {
	ResourceID          types.String        `tfsdk:"resource_id"`
	ResourceName        types.String        `tfsdk:"resource_name"`
	CloudServiceType    types.String        `tfsdk:"cloud_service_type"`
	ResourceType        types.String        `tfsdk:"resource_type"`
	ResourceSpecCode    types.String        `tfsdk:"resource_spec_code"`
	SpecType            map[string]string   `tfsdk:"spec_type"`
	SpecSize            types.Number        `tfsdk:"spec_size"`
	Measure             types.Number        `tfsdk:"measure"`
	ProcessedTime       types.String        `tfsdk:"processed_time"`
	IsMainResource      types.Bool          `tfsdk:"is_main_resource"`
	MainResources       []mainResourceModel `tfsdk:"main_resources"`
	ExtendParams        types.String        `tfsdk:"extend_params"`
	OldResourceID       types.String        `tfsdk:"old_resource_id"`
	OldCloudServiceType types.String        `tfsdk:"old_cloud_service_type"`
	OldResourceType     types.String        `tfsdk:"old_resource_type"`
}

type mainResourceModel struct {
	RelativeResourceID       types.String `tfsdk:"relative_resource_id"`
	RelativeResourceName     types.String `tfsdk:"relative_resource_name"`
	RelativeType             types.Number `tfsdk:"relative_type"`
	RelativeCloudServiceType types.String `tfsdk:"relative_cloud_service_type"`
	RelativeResourceType     types.String `tfsdk:"relative_resource_type"`
	ExtendParams             types.String `tfsdk:"extend_params"`
}

func newJobModel(job *workspace.Job) jobModel {
	return jobModel{
		jobSummaryModel: newJobSummaryModel(job),
		ID:              types.StringValue(job.ID),
		SubJobs:         each(job.SubJobs, newSubJobModel),
	}
}

func newJobSummaryModel(job *workspace.Job) jobSummaryModel {
	return jobSummaryModel{
		taskModel:     newTaskModel(&job.Task),
		Terminal:      types.BoolValue(job.Status.Terminal()),
		Succeeded:     types.BoolValue(job.Succeeded()),
		FailureReason: types.StringValue(job.FailureReason()),
		ResourceIDs:   job.ResourceIDs(),
	}
}

func newTaskModel(t *workspace.Task) taskModel {
	return taskModel{
		Status:          types.StringValue(string(t.Status)),
		JobStatus:       types.NumberValue(t.Code),
		JobType:         types.NumberValue(t.Type),
		Operation:       types.StringPointerValue(t.Operation),
		BeginTime:       types.StringPointerValue(t.BeginTime),
		EndTime:         types.StringPointerValue(t.EndTime),
		ExpectedEndTime: types.StringPointerValue(t.ExpectedEndTime),
		ExecuteCode:     types.StringPointerValue(t.ExecuteCode),
		ExecuteMessage:  types.StringPointerValue(t.ExecuteMessage),
	}
}

func newSubJobModel(s *workspace.SubJob) subJobModel {
	return subJobModel{
		taskModel: newTaskModel(&s.Task),
		JobID:     types.StringPointerValue(s.ID),
		Entities:  each(s.Entities, newEntityModel),
	}
}

func newEntityModel(e *workspace.Entity) entityModel {
	return entityModel{
		ResourceID:          types.StringPointerValue(e.ResourceID),
		ResourceName:        types.StringPointerValue(e.ResourceName),
		CloudServiceType:    types.StringPointerValue(e.CloudServiceType),
		ResourceType:        types.StringPointerValue(e.ResourceType),
		ResourceSpecCode:    types.StringPointerValue(e.ResourceSpecCode),
		SpecType:            e.SpecType,
		SpecSize:            types.NumberValue(e.SpecSize),
		Measure:             types.NumberValue(e.Measure),
		ProcessedTime:       types.StringPointerValue(e.ProcessedTime),
		IsMainResource:      types.BoolPointerValue(e.IsMainResource),
		MainResources:       each(e.MainResources, newMainResourceModel),
		ExtendParams:        types.StringPointerValue(e.ExtendParams),
		OldResourceID:       types.StringPointerValue(e.OldResourceID),
		OldCloudServiceType: types.StringPointerValue(e.OldCloudServiceType),
		OldResourceType:     types.StringPointerValue(e.OldResourceType),
	}
}

func newMainResourceModel(m *workspace.MainResource) mainResourceModel {
	return mainResourceModel{
		RelativeResourceID:       types.StringPointerValue(m.ID),
		RelativeResourceName:     types.StringPointerValue(m.Name),
		RelativeType:             types.NumberValue(m.Type),
		RelativeCloudServiceType: types.StringPointerValue(m.CloudServiceType),
		RelativeResourceType:     types.StringPointerValue(m.ResourceType),
		ExtendParams:             types.StringPointerValue(m.ExtendParams),
	}
}

func listOf(texts []string) types.List {
	values := make([]attr.Value, len(texts))
	for i, text := range texts {
		values[i] = types.StringValue(text)
	}
	return types.ListValueMust(types.StringType, values) // It takes strings.
}

// objects makes Terraform's objects of models whose fields are Terraform's values or
// lists of texts. The framework would do so, too, but looks at the model anew for each:
// of ten thousand jobs, that takes longer than to read them.
type objects[Model any] struct {
	types  map[string]attr.Type
	fields map[string][]int // by attribute, as reflect finds them
}

func objectsOf[Model any](attributes map[string]schema.Attribute) objects[Model] {
	o := objects[Model]{types: make(map[string]attr.Type), fields: make(map[string][]int)}
	for name, attribute := range attributes {
		o.types[name] = attribute.GetType()
	}
	for _, field := range reflect.VisibleFields(reflect.TypeFor[Model]()) {
		if name := field.Tag.Get("tfsdk"); name != "" {
			o.fields[name] = field.Index
		}
	}
	return o
}

func (o objects[Model]) of(model Model, diags *diag.Diagnostics) types.Object {
	fields := reflect.ValueOf(model)
	values := make(map[string]attr.Value, len(o.fields))
	for name, index := range o.fields {
		switch field := fields.FieldByIndex(index).Interface().(type) {
		case attr.Value:
			values[name] = field
		case []string:
			values[name] = listOf(field)
		}
	}
	object, wrong := types.ObjectValue(o.types, values)
	diags.Append(wrong...)
	return object
}

// mapOf makes a map of such objects.
func (o objects[Model]) mapOf(values map[string]attr.Value, diags *diag.Diagnostics) types.Map {
	all, wrong := types.MapValue(types.ObjectType{AttrTypes: o.types}, values)
	diags.Append(wrong...)
	return all
}

// each maps a slice; the result is never nil.
func each[From, To any](from []From, convert func(*From) To) []To {
	to := make([]To, len(from))
	for i := range from {
		to[i] = convert(&from[i])
	}
	return to
}
