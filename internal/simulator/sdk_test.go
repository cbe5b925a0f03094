package simulator

import (
	"crypto/rand"
	"strings"
	"testing"
	"time"

	"github.com/huaweicloud/huaweicloud-sdk-go-v3/core"
	"github.com/huaweicloud/huaweicloud-sdk-go-v3/core/auth/basic"
	"github.com/huaweicloud/huaweicloud-sdk-go-v3/core/config"
	"github.com/huaweicloud/huaweicloud-sdk-go-v3/core/region"
	"github.com/huaweicloud/huaweicloud-sdk-go-v3/core/sdktime"
	workspaceapp "github.com/huaweicloud/huaweicloud-sdk-go-v3/services/workspaceapp/v1"
	"github.com/huaweicloud/huaweicloud-sdk-go-v3/services/workspaceapp/v1/model"
)

func sdkClient(t *testing.T, s *Server, credentials *basic.CredentialsBuilder) *workspaceapp.WorkspaceAppClient {
	t.Helper()
	credential, err := credentials.WithIamEndpointOverride(s.URL).SafeBuild()
	if err != nil {
		t.Fatal(err)
	}
	// Without a user agent the SDK writes a file in the home directory.
	client, err := core.NewHcHttpClientBuilder().
		WithHttpConfig(config.DefaultHttpConfig().WithTimeout(10 * time.Second).WithUserAgent("simulator-test")).
		WithRegion(region.NewRegion(DefaultRegion, s.URL)).
		WithCredential(credential).
		SafeBuild()
	if err != nil {
		t.Fatal(err)
	}
	return workspaceapp.NewWorkspaceAppClient(client)
}

func TestOfficialSDKReadsAJob(t *testing.T) {
	t.Parallel()
	scenario := DefaultScenario()
	key, temporary := scenario.AccessKeys[0], scenario.AccessKeys[1]
	// The SDK remembers projects by access key for as long as the process lives.
	fresh := AccessKey{Access: rand.Text(), Secret: "simulated-secret-key-3"}
	scenario.AccessKeys = append(scenario.AccessKeys, fresh)
	for name, test := range map[string]struct {
		credentials *basic.CredentialsBuilder
		lookups     int
	}{
		"access key": {basic.NewCredentialsBuilder().WithAk(key.Access).WithSk(key.Secret).WithProjectId(DefaultProjectID), 0},
		"temporary key": {basic.NewCredentialsBuilder().WithAk(temporary.Access).WithSk(temporary.Secret).
			WithSecurityToken(temporary.SecurityToken).WithProjectId(DefaultProjectID), 0},
		"project by name": {basic.NewCredentialsBuilder().WithAk(fresh.Access).WithSk(fresh.Secret), 1},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			s := mustStart(t, scenario)
			response, err := sdkClient(t, s, test.credentials).ShowJob(&model.ShowJobRequest{JobId: DefaultJobFailed})
			if err != nil {
				t.Fatal(err)
			}
			checkFailedJob(t, response)
			if s.Count(OperationProjects) != test.lookups || s.Count(OperationJob) != 1 {
				t.Errorf("got %+v", s.Requests())
			}
		})
	}
}

func checkFailedJob(t *testing.T, response *model.ShowJobResponse) {
	t.Helper()
	job := response.Job
	if response.HttpStatusCode != 200 || job == nil || job.SubJobs == nil || len(*job.SubJobs) != 2 {
		t.Fatalf("got %v", response)
	}
	if *job.JobId != DefaultJobFailed || *job.JobType != 1 || *job.JobStatus != StatusFailed ||
		*job.ExecuteCode != "WKS.00129901" || *job.ExecuteMessage != "1 of 2 servers could not be created." || job.ExpectedEndTime != nil {
		t.Errorf("got %v", job)
	}
	if took := time.Time(*job.EndTime).Sub(time.Time(*job.BeginTime)); took != 3*time.Minute {
		t.Errorf("the job took %s", took)
	}
	if age := time.Since(time.Time(*job.BeginTime)); age < time.Hour || age > time.Hour+time.Minute {
		t.Errorf("the job began %s ago", age)
	}
	sub := (*job.SubJobs)[1]
	if *sub.JobStatus != StatusFailed || *sub.JobType != 2 || *sub.ExecuteMessage != "The subnet has no free IP address." {
		t.Errorf("got %v", sub)
	}
	var none *sdktime.SdkTime
	if sub.ExpectedEndTime != none || sub.Entities == nil || len(*sub.Entities) != 1 {
		t.Fatalf("got %v", sub)
	}
	entity := (*sub.Entities)[0]
	if !strings.HasSuffix(*entity.ResourceId, "22") || *entity.SpecSize != 80 || *entity.IsMainResource != 0 ||
		len(*entity.MainResources) != 1 || *(*entity.MainResources)[0].RelativeResourceName != "simulated-group" {
		t.Errorf("got %v", entity)
	}
}

func TestOfficialSDKIsRefused(t *testing.T) {
	t.Parallel()
	scenario := DefaultScenario()
	s := mustStart(t, scenario)
	credentials := basic.NewCredentialsBuilder().WithAk(scenario.AccessKeys[0].Access).WithSk("wrong").WithProjectId(DefaultProjectID)
	_, err := sdkClient(t, s, credentials).ShowJob(&model.ShowJobRequest{JobId: DefaultJobFailed})
	if err == nil || !strings.Contains(err.Error(), "APIGW.0301") || !strings.Contains(err.Error(), "verify aksk signature fail") {
		t.Errorf("got %v", err)
	}
}
