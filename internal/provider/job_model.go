package provider

import (
	"maps"

	"github.com/hashicorp/terraform-plugin-framework/datasource/schema"
	"github.com/hashicorp/terraform-plugin-framework/types"

	"terraform.local/huaweicloud/terraform-provider-workspace/internal/workspace"
)

// jobModel is what a job is to Terraform. Plain slices are right here because
// computed attributes are never set in a configuration; a nil one would be null,
// and lists are never null.
type jobModel struct {
	taskModel

	ID            types.String  `tfsdk:"id"`
	Terminal      types.Bool    `tfsdk:"terminal"`
	Succeeded     types.Bool    `tfsdk:"succeeded"`
	FailureReason types.String  `tfsdk:"failure_reason"`
	ResourceIDs   []string      `tfsdk:"resource_ids"`
	SubJobs       []subJobModel `tfsdk:"sub_jobs"`
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
		taskModel:     newTaskModel(&job.Task),
		ID:            types.StringValue(job.ID),
		Terminal:      types.BoolValue(job.Status.Terminal()),
		Succeeded:     types.BoolValue(job.Succeeded()),
		FailureReason: types.StringValue(job.FailureReason()),
		ResourceIDs:   job.ResourceIDs(),
		SubJobs:       each(job.SubJobs, newSubJobModel),
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

// each maps a slice; the result is never nil.
func each[From, To any](from []From, convert func(*From) To) []To {
	to := make([]To, len(from))
	for i := range from {
		to[i] = convert(&from[i])
	}
	return to
}

// jobAttributes is the schema of jobModel.
func jobAttributes() map[string]schema.Attribute {
	attributes := taskAttributes("job")
	maps.Copy(attributes, map[string]schema.Attribute{
		"id":       stringAttribute("The job's id."),
		"terminal": boolAttribute("Whether the job has ended: `status` is `success` or `failed`."),
		"succeeded": boolAttribute("Whether the job has succeeded: `status` is `success` for the job " +
			"**and for every** listed sub-job."),
		"failure_reason": stringAttribute("Why the job has not succeeded, in one line: codes and messages of the job and of " +
			"the sub-jobs at fault, or how far it is. Never null; empty only when `succeeded` is true. " +
			"Made for the `error_message` of a postcondition."),
		"resource_ids": schema.ListAttribute{
			Computed: true, ElementType: types.StringType,
			MarkdownDescription: "The distinct ids of the resources over all sub-jobs, in order.",
		},
		"sub_jobs": schema.ListNestedAttribute{
			Computed: true, MarkdownDescription: "The parts of the job.",
			NestedObject: schema.NestedAttributeObject{Attributes: subJobAttributes()},
		},
	})
	return attributes
}

func taskAttributes(what string) map[string]schema.Attribute {
	return map[string]schema.Attribute{
		"status": stringAttribute("`initializing`, `processing`, `success`, `failed`, or `unknown` where the service " +
			"gives no status or one that is not documented."),
		"job_status":        numberAttribute("The status as v1 of the API gives it: 0 failed, 1 success, 2 processing, 3 initializing."),
		"job_type":          numberAttribute("The type as v1 of the API gives it: 1 for a job, 2 for a sub-job."),
		"operation":         stringAttribute("What the " + what + " does, such as `CREATE_SERVER`. v2 of the API only; null with v1."),
		"begin_time":        stringAttribute("When the " + what + " began (RFC 3339)."),
		"end_time":          stringAttribute("When the " + what + " ended (RFC 3339). Null until then."),
		"expected_end_time": stringAttribute("When the service expects the " + what + " to end (RFC 3339). Often far off."),
		"execute_code":      stringAttribute("The service's code for the outcome, as given."),
		"execute_message":   stringAttribute("The service's message on the outcome, as given."),
	}
}

func subJobAttributes() map[string]schema.Attribute {
	attributes := taskAttributes("sub-job")
	attributes["job_id"] = stringAttribute("The sub-job's id.")
	attributes["entities"] = schema.ListNestedAttribute{
		Computed: true, MarkdownDescription: "The resources that the sub-job concerns.",
		NestedObject: schema.NestedAttributeObject{Attributes: map[string]schema.Attribute{
			"resource_id":        stringAttribute("The resource's id."),
			"resource_name":      stringAttribute("The resource's name."),
			"cloud_service_type": stringAttribute("The service that the resource belongs to, such as `hws.service.type.vdi`."),
			"resource_type":      stringAttribute("The kind of resource, such as `hws.resource.type.workspace.appstream`."),
			"resource_spec_code": stringAttribute("The code of the resource's specification."),
			"spec_type": schema.MapAttribute{
				Computed: true, ElementType: types.StringType,
				MarkdownDescription: "Properties of the specification. Values other than strings are JSON text: " +
					"`\"true\"`, `\"40\"`, `\"{\\\"a\\\":1}\"`.",
			},
			"spec_size":        numberAttribute("The size of the resource, in the unit that `measure` names."),
			"measure":          numberAttribute("The code of the unit of `spec_size`."),
			"processed_time":   stringAttribute("When the resource was processed (RFC 3339)."),
			"is_main_resource": boolAttribute("Whether the resource is a main one. Given for provisioning only."),
			"main_resources": schema.ListNestedAttribute{
				Computed: true, MarkdownDescription: "The main resources that this one belongs to.",
				NestedObject: schema.NestedAttributeObject{Attributes: map[string]schema.Attribute{
					"relative_resource_id":        stringAttribute("The main resource's id."),
					"relative_resource_name":      stringAttribute("The main resource's name."),
					"relative_type":               numberAttribute("How it is bound: 0 attached, 1 bound for good."),
					"relative_cloud_service_type": stringAttribute("The service that it belongs to, such as `hws.service.type.ec2`."),
					"relative_resource_type":      stringAttribute("The kind of resource, such as `hws.resource.type.vm`."),
					"extend_params":               stringAttribute("Further parameters, as given."),
				}},
			},
			"extend_params":          stringAttribute("Further parameters, as given."),
			"old_resource_id":        stringAttribute("The id before a change of the operating system."),
			"old_cloud_service_type": stringAttribute("The service before a change of the operating system."),
			"old_resource_type":      stringAttribute("The kind of resource before a change of the operating system."),
		}},
	}
	return attributes
}

func stringAttribute(description string) schema.StringAttribute {
	return schema.StringAttribute{Computed: true, MarkdownDescription: description}
}

func numberAttribute(description string) schema.NumberAttribute {
	return schema.NumberAttribute{Computed: true, MarkdownDescription: description}
}

func boolAttribute(description string) schema.BoolAttribute {
	return schema.BoolAttribute{Computed: true, MarkdownDescription: description}
}
