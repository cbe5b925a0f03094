package provider

import (
	"maps"

	data "github.com/hashicorp/terraform-plugin-framework/datasource/schema"
	resource "github.com/hashicorp/terraform-plugin-framework/resource/schema"
	"github.com/hashicorp/terraform-plugin-framework/resource/schema/boolplanmodifier"
	"github.com/hashicorp/terraform-plugin-framework/resource/schema/listplanmodifier"
	"github.com/hashicorp/terraform-plugin-framework/resource/schema/numberplanmodifier"
	"github.com/hashicorp/terraform-plugin-framework/resource/schema/planmodifier"
	"github.com/hashicorp/terraform-plugin-framework/resource/schema/stringplanmodifier"
	"github.com/hashicorp/terraform-plugin-framework/types"
)

// computed makes the computed attributes of a data source or of a resource, so
// that what a job's attributes are is written once.
type computed[A any] interface {
	text(description string) A
	number(description string) A
	truth(description string) A
	texts(description string) A
	dictionary(description string) A
	objects(description string, attributes map[string]A) A
}

// jobAttributes is the schema of jobModel.
func jobAttributes[A any](c computed[A]) map[string]A {
	attributes := jobSummaryAttributes(c)
	maps.Copy(attributes, map[string]A{
		"id":       c.text("The job's id."),
		"sub_jobs": c.objects("The parts of the job.", subJobAttributes(c)),
	})
	return attributes
}

// jobSummaryAttributes is the schema of jobSummaryModel.
func jobSummaryAttributes[A any](c computed[A]) map[string]A {
	attributes := taskAttributes(c, "job")
	maps.Copy(attributes, map[string]A{
		"terminal": c.truth("Whether the job has ended: `status` is `success` or `failed`."),
		"succeeded": c.truth("Whether the job has succeeded: `status` is `success` for the job " +
			"**and for every** listed sub-job."),
		"failure_reason": c.text("Why the job has not succeeded, in one line: codes and messages of the job and of " +
			"the sub-jobs at fault, or how far it is. Never null; empty only when `succeeded` is true. " +
			"Made for the `error_message` of a postcondition."),
		"resource_ids": c.texts("The distinct ids of the resources over all sub-jobs, in order."),
	})
	return attributes
}

// taskAttributes is the schema of taskModel.
func taskAttributes[A any](c computed[A], what string) map[string]A {
	return map[string]A{
		"status": c.text("`initializing`, `processing`, `success`, `failed`, or `unknown` where the service " +
			"gives no status or one that is not documented."),
		"job_status":        c.number("The status as v1 of the API gives it: 0 failed, 1 success, 2 processing, 3 initializing."),
		"job_type":          c.number("The type as v1 of the API gives it: 1 for a job, 2 for a sub-job."),
		"operation":         c.text("What the " + what + " does, such as `CREATE_SERVER`. v2 of the API only; null with v1."),
		"begin_time":        c.text("When the " + what + " began (RFC 3339)."),
		"end_time":          c.text("When the " + what + " ended (RFC 3339). Null until then."),
		"expected_end_time": c.text("When the service expects the " + what + " to end (RFC 3339). Often far off."),
		"execute_code":      c.text("The service's code for the outcome, as given."),
		"execute_message":   c.text("The service's message on the outcome, as given."),
	}
}

// subJobAttributes is the schema of subJobModel.
func subJobAttributes[A any](c computed[A]) map[string]A {
	attributes := taskAttributes(c, "sub-job")
	maps.Copy(attributes, map[string]A{
		"job_id": c.text("The sub-job's id."),
		"entities": c.objects("The resources that the sub-job concerns.", map[string]A{
			"resource_id":        c.text("The resource's id."),
			"resource_name":      c.text("The resource's name."),
			"cloud_service_type": c.text("The service that the resource belongs to, such as `hws.service.type.vdi`."),
			"resource_type":      c.text("The kind of resource, such as `hws.resource.type.workspace.appstream`."),
			"resource_spec_code": c.text("The code of the resource's specification."),
			"spec_type": c.dictionary("Properties of the specification. Values other than strings are JSON text: " +
				"`\"true\"`, `\"40\"`, `\"{\\\"a\\\":1}\"`."),
			"spec_size":        c.number("The size of the resource, in the unit that `measure` names."),
			"measure":          c.number("The code of the unit of `spec_size`."),
			"processed_time":   c.text("When the resource was processed (RFC 3339)."),
			"is_main_resource": c.truth("Whether the resource is a main one. Given for provisioning only."),
			"main_resources": c.objects("The main resources that this one belongs to.", map[string]A{
				"relative_resource_id":        c.text("The main resource's id."),
				"relative_resource_name":      c.text("The main resource's name."),
				"relative_type":               c.number("How it is bound: 0 attached, 1 bound for good."),
				"relative_cloud_service_type": c.text("The service that it belongs to, such as `hws.service.type.ec2`."),
				"relative_resource_type":      c.text("The kind of resource, such as `hws.resource.type.vm`."),
				"extend_params":               c.text("Further parameters, as given."),
			}),
			"extend_params":          c.text("Further parameters, as given."),
			"old_resource_id":        c.text("The id before a change of the operating system."),
			"old_cloud_service_type": c.text("The service before a change of the operating system."),
			"old_resource_type":      c.text("The kind of resource before a change of the operating system."),
		}),
	})
	return attributes
}

// dataAttributes makes those of a data source.
type dataAttributes struct{}

func (dataAttributes) text(description string) data.Attribute {
	return data.StringAttribute{Computed: true, MarkdownDescription: description}
}

func (dataAttributes) number(description string) data.Attribute {
	return data.NumberAttribute{Computed: true, MarkdownDescription: description}
}

func (dataAttributes) truth(description string) data.Attribute {
	return data.BoolAttribute{Computed: true, MarkdownDescription: description}
}

func (dataAttributes) texts(description string) data.Attribute {
	return data.ListAttribute{Computed: true, ElementType: types.StringType, MarkdownDescription: description}
}

func (dataAttributes) dictionary(description string) data.Attribute {
	return data.MapAttribute{Computed: true, ElementType: types.StringType, MarkdownDescription: description}
}

func (dataAttributes) objects(description string, attributes map[string]data.Attribute) data.Attribute {
	return data.ListNestedAttribute{
		Computed: true, MarkdownDescription: description,
		NestedObject: data.NestedAttributeObject{Attributes: attributes},
	}
}

// storedAttributes makes those of a resource, which keep their values when it is
// updated.
type storedAttributes struct{}

func (storedAttributes) text(description string) resource.Attribute {
	return resource.StringAttribute{
		Computed: true, MarkdownDescription: description,
		PlanModifiers: []planmodifier.String{stringplanmodifier.UseStateForUnknown()},
	}
}

func (storedAttributes) number(description string) resource.Attribute {
	return resource.NumberAttribute{
		Computed: true, MarkdownDescription: description,
		PlanModifiers: []planmodifier.Number{numberplanmodifier.UseStateForUnknown()},
	}
}

func (storedAttributes) truth(description string) resource.Attribute {
	return resource.BoolAttribute{
		Computed: true, MarkdownDescription: description,
		PlanModifiers: []planmodifier.Bool{boolplanmodifier.UseStateForUnknown()},
	}
}

func (storedAttributes) texts(description string) resource.Attribute {
	return resource.ListAttribute{
		Computed: true, ElementType: types.StringType, MarkdownDescription: description,
		PlanModifiers: []planmodifier.List{listplanmodifier.UseStateForUnknown()},
	}
}

func (storedAttributes) dictionary(description string) resource.Attribute {
	return resource.MapAttribute{Computed: true, ElementType: types.StringType, MarkdownDescription: description}
}

func (storedAttributes) objects(description string, attributes map[string]resource.Attribute) resource.Attribute {
	return resource.ListNestedAttribute{
		Computed: true, MarkdownDescription: description,
		NestedObject:  resource.NestedAttributeObject{Attributes: attributes},
		PlanModifiers: []planmodifier.List{listplanmodifier.UseStateForUnknown()},
	}
}
