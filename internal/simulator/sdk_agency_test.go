package simulator

import (
	"testing"
	"time"

	"github.com/huaweicloud/huaweicloud-sdk-go-v3/core"
	"github.com/huaweicloud/huaweicloud-sdk-go-v3/core/auth"
	"github.com/huaweicloud/huaweicloud-sdk-go-v3/core/auth/basic"
	"github.com/huaweicloud/huaweicloud-sdk-go-v3/core/auth/global"
	"github.com/huaweicloud/huaweicloud-sdk-go-v3/core/config"
	"github.com/huaweicloud/huaweicloud-sdk-go-v3/core/region"
	iam "github.com/huaweicloud/huaweicloud-sdk-go-v3/services/iam/v3"
	iammodel "github.com/huaweicloud/huaweicloud-sdk-go-v3/services/iam/v3/model"
	sts "github.com/huaweicloud/huaweicloud-sdk-go-v3/services/sts/v1"
	stsmodel "github.com/huaweicloud/huaweicloud-sdk-go-v3/services/sts/v1/model"
	"github.com/huaweicloud/huaweicloud-sdk-go-v3/services/workspaceapp/v1/model"
)

func sdkCore(t *testing.T, builder *core.HcHttpClientBuilder, s *Server, credential auth.ICredential) *core.HcHttpClient {
	t.Helper()
	client, err := builder.
		WithHttpConfig(config.DefaultHttpConfig().WithTimeout(10 * time.Second).WithUserAgent("simulator-test")).
		WithRegion(region.NewRegion(DefaultRegion, s.URL)).
		WithCredential(credential).
		SafeBuild()
	if err != nil {
		t.Fatal(err)
	}
	return client
}

// checkAgencyKey lets the official SDK find the project with a key, and read the
// job there.
func checkAgencyKey(t *testing.T, s *Server, key AccessKey) {
	t.Helper()
	credentials := basic.NewCredentialsBuilder().WithAk(key.Access).WithSk(key.Secret).WithSecurityToken(key.SecurityToken)
	response, err := sdkClient(t, s, credentials).ShowJobDetail(&model.ShowJobDetailRequest{JobId: DefaultJobOfAgency})
	if err != nil {
		t.Fatal(err)
	}
	if response.Status.Value() != "RUNNING" || *(*response.SubJobs)[0].ProjectId != DefaultAgencyProjectID || s.Count(OperationProjects) != 1 {
		t.Errorf("got %v", response)
	}
}

func TestOfficialSDKAssumesAnAgency(t *testing.T) {
	t.Parallel()
	s := mustStart(t, DefaultScenario())
	own := s.scenario.AccessKeys[0]
	credential, err := global.NewCredentialsBuilder().
		WithAk(own.Access).WithSk(own.Secret).WithDomainId(defaultDomainID).WithIamEndpointOverride(s.URL).SafeBuild()
	if err != nil {
		t.Fatal(err)
	}
	client := iam.NewIamClient(sdkCore(t, iam.IamClientBuilder(), s, credential))
	domain, seconds := DefaultAgencyDomainName, int32(3600)
	response, err := client.CreateTemporaryAccessKeyByAgency(&iammodel.CreateTemporaryAccessKeyByAgencyRequest{
		Body: &iammodel.CreateTemporaryAccessKeyByAgencyRequestBody{Auth: &iammodel.AgencyAuth{Identity: &iammodel.AgencyAuthIdentity{
			Methods: []iammodel.AgencyAuthIdentityMethods{iammodel.GetAgencyAuthIdentityMethodsEnum().ASSUME_ROLE},
			AssumeRole: &iammodel.IdentityAssumerole{
				AgencyName: DefaultAgencyName, DomainName: &domain, DurationSeconds: &seconds,
			},
		}}},
	})
	if err != nil {
		t.Fatal(err)
	}
	expires, err := time.Parse(time.RFC3339, response.Credential.ExpiresAt)
	if left := time.Until(expires); err != nil || response.HttpStatusCode != 201 || left > time.Hour || left < time.Hour-time.Minute {
		t.Errorf("got %v, %v", response, err)
	}
	checkAgencyKey(t, s, AccessKey{
		Access: response.Credential.Access, Secret: response.Credential.Secret, SecurityToken: response.Credential.Securitytoken,
	})
}

func TestOfficialSDKAssumesAnAgencyByV5(t *testing.T) {
	t.Parallel()
	s := mustStart(t, DefaultScenario())
	own := s.scenario.AccessKeys[0]
	credential, err := basic.NewCredentialsBuilder().WithAk(own.Access).WithSk(own.Secret).WithProjectId(DefaultProjectID).SafeBuild()
	if err != nil {
		t.Fatal(err)
	}
	client := sts.NewStsClient(sdkCore(t, sts.StsClientBuilder(), s, credential))
	response, err := client.AssumeAgency(&stsmodel.AssumeAgencyRequest{
		Body: &stsmodel.AssumeAgencyReqBody{AgencyUrn: defaultURN, AgencySessionName: "session"},
	})
	if err != nil {
		t.Fatal(err)
	}
	if left := time.Until(time.Time(*response.Credentials.Expiration)); left > time.Hour || left < time.Hour-time.Minute || response.AssumedAgency.Id == "" {
		t.Errorf("got %v", response)
	}
	checkAgencyKey(t, s, AccessKey{
		Access:        response.Credentials.AccessKeyId,
		Secret:        response.Credentials.SecretAccessKey,
		SecurityToken: response.Credentials.SecurityToken,
	})
}
