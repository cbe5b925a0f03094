// Package provider is the Terraform side: configuration in, schemas and models,
// diagnostics out. It asks internal/workspace for everything else.
package provider

import (
	"context"
	"fmt"
	"os"
	"strconv"
	"strings"

	"github.com/hashicorp/terraform-plugin-framework/datasource"
	"github.com/hashicorp/terraform-plugin-framework/diag"
	"github.com/hashicorp/terraform-plugin-framework/path"
	"github.com/hashicorp/terraform-plugin-framework/provider"
	"github.com/hashicorp/terraform-plugin-framework/provider/schema"
	"github.com/hashicorp/terraform-plugin-framework/resource"
	"github.com/hashicorp/terraform-plugin-framework/types"

	"terraform.local/huaweicloud/terraform-provider-workspace/internal/auth"
	"terraform.local/huaweicloud/terraform-provider-workspace/internal/transport"
	"terraform.local/huaweicloud/terraform-provider-workspace/internal/workspace"
)

// Address is where Terraform finds the provider.
const Address = "terraform.local/huaweicloud/workspace"

// New returns a factory of the provider in the given version. All that waits ends
// when interrupted is closed.
func New(version string, interrupted <-chan struct{}) func() provider.Provider {
	return func() provider.Provider {
		return &workspaceProvider{version: version, interrupted: interrupted, getenv: os.Getenv}
	}
}

type workspaceProvider struct {
	version     string
	interrupted <-chan struct{}
	getenv      func(string) string
}

var _ provider.ProviderWithValidateConfig = (*workspaceProvider)(nil)

// session is what data sources work with.
type session struct {
	client  *workspace.Client
	secrets *transport.Secrets
	// unknown are the provider arguments whose values are not known yet. While there
	// are any, client is nil.
	unknown []string

	// interrupted is closed when the user wants all to end.
	interrupted <-chan struct{}
}

func (s *session) waitJob(ctx context.Context, id string, o workspace.ReadOptions) (workspace.Job, error) {
	ctx, cancel := s.interruptible(ctx)
	defer cancel()
	return s.client.WaitJob(ctx, id, o)
}

func (s *session) waitJobs(ctx context.Context, ids []string, o workspace.ReadOptions) (map[string]workspace.Job, error) {
	ctx, cancel := s.interruptible(ctx)
	defer cancel()
	return s.client.WaitJobs(ctx, ids, o)
}

// interruptible is a context that an interrupt of the provider ends, too.
func (s *session) interruptible(ctx context.Context) (context.Context, context.CancelFunc) {
	ctx, cancel := context.WithCancel(ctx)
	go func() {
		select {
		case <-s.interrupted:
			cancel()
		case <-ctx.Done():
		}
	}()
	return ctx, cancel
}

func (p *workspaceProvider) Metadata(_ context.Context, _ provider.MetadataRequest, resp *provider.MetadataResponse) {
	resp.TypeName = "workspace"
	resp.Version = p.version
}

func (p *workspaceProvider) Schema(_ context.Context, _ provider.SchemaRequest, resp *provider.SchemaResponse) {
	attributes, agency := make(map[string]schema.Attribute), make(map[string]schema.Attribute)
	for _, a := range arguments {
		in, name := attributes, a.name
		if _, nested, ok := strings.Cut(a.name, "."); ok {
			in, name = agency, nested
		}
		in[name] = a.attribute()
	}
	resp.Schema = schema.Schema{
		MarkdownDescription: "Reads and awaits the jobs of Huawei Cloud Workspace Application Streaming.",
		Attributes:          attributes,
		Blocks: map[string]schema.Block{
			blockAssumeRole: schema.SingleNestedBlock{
				MarkdownDescription: "An agency to assume with the credential: a right to act in the account that has granted it.",
				Attributes:          agency,
			},
		},
	}
}

func (a argument) attribute() schema.Attribute {
	text := a.description
	if len(a.variables) > 0 {
		text += " Environment: `" + strings.Join(a.variables, "`, `") + "`."
	}
	switch a.kind {
	case truthArgument:
		return schema.BoolAttribute{Optional: true, MarkdownDescription: text}
	case countArgument:
		return schema.Int64Attribute{Optional: true, MarkdownDescription: text}
	case textArgument:
	}
	return schema.StringAttribute{Optional: true, Sensitive: a.sensitive, MarkdownDescription: text}
}

// ValidateConfig reports what contradicts itself inside the block. It looks at no
// environment.
func (p *workspaceProvider) ValidateConfig(
	ctx context.Context, req provider.ValidateConfigRequest, resp *provider.ValidateConfigResponse,
) {
	block := readBlock(ctx, req.Config.GetAttribute, &resp.Diagnostics)
	r := newResolver(block, func(string) string { return "" })
	r.check()
	r.report(&resp.Diagnostics)
}

// Configure makes no network call: credentials are tried when the first job is
// read.
func (p *workspaceProvider) Configure(
	ctx context.Context, req provider.ConfigureRequest, resp *provider.ConfigureResponse,
) {
	block := readBlock(ctx, req.Config.GetAttribute, &resp.Diagnostics)
	r := newResolver(block, p.getenv)
	s := &session{secrets: &transport.Secrets{}, unknown: r.unknown, interrupted: p.interrupted}
	resp.DataSourceData = s
	resp.ResourceData = s
	config := r.resolve()
	r.report(&resp.Diagnostics)
	if resp.Diagnostics.HasError() || len(r.unknown) > 0 {
		return
	}
	logger := terraformLog{s.secrets}
	client := transport.New(transport.Options{
		UserAgent: fmt.Sprintf("Terraform/%s terraform-provider-workspace/%s", req.TerraformVersion, p.version),
		TLS:       config.tls,
		Secrets:   s.secrets,
		Logger:    logger,
	})
	s.client = workspace.New(workspace.Options{
		HTTP:       client,
		Session:    auth.NewSession(client, s.secrets, config.auth),
		Endpoint:   config.endpoint,
		MaxRetries: config.maxRetries,
		Logger:     logger,

		Version: config.apiVersion,

		RequestsPerMinute: config.requestsPerMinute,
	})
}

func (p *workspaceProvider) DataSources(context.Context) []func() datasource.DataSource {
	return []func() datasource.DataSource{newJobDataSource, newJobsDataSource}
}

func (p *workspaceProvider) Resources(context.Context) []func() resource.Resource {
	return []func() resource.Resource{newJobCompletionResource}
}

// readBlock reads every argument of the provider block as text.
func readBlock(
	ctx context.Context, get func(context.Context, path.Path, any) diag.Diagnostics, diags *diag.Diagnostics,
) map[string]types.String {
	block := make(map[string]types.String, len(arguments))
	for _, a := range arguments {
		switch a.kind {
		case truthArgument:
			var v types.Bool
			diags.Append(get(ctx, a.at(), &v)...)
			block[a.name] = asString(v.IsUnknown(), v.IsNull(), strconv.FormatBool(v.ValueBool()))
		case countArgument:
			var v types.Int64
			diags.Append(get(ctx, a.at(), &v)...)
			block[a.name] = asString(v.IsUnknown(), v.IsNull(), strconv.FormatInt(v.ValueInt64(), 10))
		case textArgument:
			var v types.String
			diags.Append(get(ctx, a.at(), &v)...)
			block[a.name] = v
		}
	}
	return block
}

func asString(unknown, null bool, text string) types.String {
	switch {
	case unknown:
		return types.StringUnknown()
	case null:
		return types.StringNull()
	}
	return types.StringValue(text)
}
