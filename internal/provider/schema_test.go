package provider

import (
	"encoding/json"
	"reflect"
	"regexp"
	"testing"

	"github.com/hashicorp/terraform-plugin-framework/datasource"
	"github.com/hashicorp/terraform-plugin-framework/provider"
	"github.com/hashicorp/terraform-plugin-framework/providerserver"
	"github.com/hashicorp/terraform-plugin-framework/resource"
	"github.com/hashicorp/terraform-plugin-framework/tfsdk"
	"github.com/hashicorp/terraform-plugin-framework/types"
	"github.com/hashicorp/terraform-plugin-go/tfprotov6"
	"github.com/hashicorp/terraform-plugin-go/tftypes"

	"terraform.local/huaweicloud/terraform-provider-workspace/internal/workspace"
)

func TestSchemasAreWellFormed(t *testing.T) {
	t.Parallel()
	p := New("test", nil)()
	var own provider.SchemaResponse
	p.Schema(t.Context(), provider.SchemaRequest{}, &own)
	if diags := own.Schema.ValidateImplementation(t.Context()); diags.HasError() {
		t.Errorf("provider: %v", diags)
	}
	for _, create := range p.DataSources(t.Context()) {
		d := create()
		var metadata datasource.MetadataResponse
		d.Metadata(t.Context(), datasource.MetadataRequest{ProviderTypeName: "workspace"}, &metadata)
		var resp datasource.SchemaResponse
		d.Schema(t.Context(), datasource.SchemaRequest{}, &resp)
		if diags := resp.Schema.ValidateImplementation(t.Context()); diags.HasError() {
			t.Errorf("%s: %v", metadata.TypeName, diags)
		}
	}
	for _, create := range p.Resources(t.Context()) {
		r := create()
		var metadata resource.MetadataResponse
		r.Metadata(t.Context(), resource.MetadataRequest{ProviderTypeName: "workspace"}, &metadata)
		var resp resource.SchemaResponse
		r.Schema(t.Context(), resource.SchemaRequest{}, &resp)
		if diags := resp.Schema.ValidateImplementation(t.Context()); diags.HasError() {
			t.Errorf("%s: %v", metadata.TypeName, diags)
		}
	}
}

// secretName is what the name of a secret looks like.
var secretName = regexp.MustCompile(`token|secret|password|(^|_)key$`)

func TestEveryAttributeIsDescribedAndEverySecretSensitive(t *testing.T) {
	t.Parallel()
	server, err := providerserver.NewProtocol6WithError(New("test", nil)())()
	if err != nil {
		t.Fatal(err)
	}
	schemas, err := server.GetProviderSchema(t.Context(), &tfprotov6.GetProviderSchemaRequest{})
	if err != nil {
		t.Fatal(err)
	}
	for _, d := range schemas.Diagnostics {
		t.Errorf("%s: %s", d.Summary, d.Detail)
	}
	attributes, secrets := 0, 0
	var walk func(where string, found []*tfprotov6.SchemaAttribute)
	walk = func(where string, found []*tfprotov6.SchemaAttribute) {
		for _, a := range found {
			at := where + "." + a.Name
			attributes++
			if a.Description == "" {
				t.Errorf("%s has no description", at)
			}
			if secret := secretName.MatchString(a.Name); secret != a.Sensitive {
				t.Errorf("%s: sensitive is %t", at, a.Sensitive)
			} else if secret {
				secrets++
			}
			if a.NestedType != nil {
				walk(at, a.NestedType.Attributes)
			}
		}
	}
	var walkBlock func(where string, block *tfprotov6.SchemaBlock)
	walkBlock = func(where string, block *tfprotov6.SchemaBlock) {
		if block.Description == "" {
			t.Errorf("%s has no description", where)
		}
		walk(where, block.Attributes)
		for _, nested := range block.BlockTypes {
			walkBlock(where+"."+nested.TypeName, nested.Block)
		}
	}
	walkBlock("provider", schemas.Provider.Block)
	for name, s := range schemas.DataSourceSchemas {
		walkBlock("data."+name, s.Block)
	}
	for name, s := range schemas.ResourceSchemas {
		walkBlock(name, s.Block)
	}
	if schemas.DataSourceSchemas["workspace_job"] == nil {
		t.Error("there is no data source workspace_job")
	}
	// The walk has come to the nested ones: 18 + 20 + 11 + 15 + 6 and more.
	if attributes < 70 || secrets < 5 {
		t.Errorf("there are %d attributes and %d secrets", attributes, secrets)
	}
}

func TestTheModelOfAJobFitsItsSchema(t *testing.T) {
	t.Parallel()
	var resp datasource.SchemaResponse
	newJobDataSource().Schema(t.Context(), datasource.SchemaRequest{}, &resp)
	text := "text"
	task := workspace.Task{
		Status: workspace.StatusSuccess, Operation: &text, BeginTime: &text, EndTime: &text, ExpectedEndTime: &text,
		ExecuteCode: &text, ExecuteMessage: &text,
	}
	job := workspace.Job{Task: task, ID: "job", ProjectID: "project", SubJobs: []workspace.SubJob{{Task: task, ID: &text, Entities: []workspace.Entity{{
		ResourceID: &text, SpecType: map[string]string{"key": "value"}, MainResources: []workspace.MainResource{{ID: &text}},
	}}}}}
	for name, model := range map[string]jobDataSourceModel{
		"empty":  {},
		"filled": {JobID: types.StringValue("job"), jobModel: newJobModel(&job)},
	} {
		state := tfsdk.State{Schema: resp.Schema, Raw: tftypes.NewValue(resp.Schema.Type().TerraformType(t.Context()), nil)}
		if diags := state.Set(t.Context(), &model); diags.HasError() {
			t.Fatalf("%s: %v", name, diags)
		}
		if !state.Raw.IsFullyKnown() {
			t.Errorf("%s: there are unknown values in %s", name, state.Raw)
		}
		var got jobDataSourceModel
		if diags := state.Get(t.Context(), &got); diags.HasError() {
			t.Fatalf("%s: %v", name, diags)
		}
		if !reflect.DeepEqual(got, model) {
			want, _ := json.Marshal(model)
			have, _ := json.Marshal(got)
			t.Errorf("%s:\ngot  %s\nwant %s", name, have, want)
		}
	}
}
