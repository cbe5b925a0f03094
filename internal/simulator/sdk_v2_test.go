package simulator

import (
	"reflect"
	"strings"
	"testing"
	"time"

	"github.com/huaweicloud/huaweicloud-sdk-go-v3/core/auth/basic"
	"github.com/huaweicloud/huaweicloud-sdk-go-v3/core/sdktime"
	"github.com/huaweicloud/huaweicloud-sdk-go-v3/services/workspaceapp/v1/model"
)

func TestOfficialSDKReadsAJobByV2(t *testing.T) {
	t.Parallel()
	scenario := DefaultScenario()
	s := mustStart(t, scenario)
	key := scenario.AccessKeys[0]
	client := sdkClient(t, s, basic.NewCredentialsBuilder().WithAk(key.Access).WithSk(key.Secret).WithProjectId(DefaultProjectID))

	words := map[int32]string{StatusFailed: "FAILED", StatusSuccess: "SUCCESS", StatusProcessing: "RUNNING"}
	sameSecond := func(a, b *sdktime.SdkTime) bool {
		if a == nil || b == nil {
			return a == b
		}
		return time.Time(*a).Equal(time.Time(*b).Truncate(time.Second))
	}
	for _, id := range []string{DefaultJobSucceeded, DefaultJobFailed, DefaultJobEndless} {
		first, err := client.ShowJob(&model.ShowJobRequest{JobId: id})
		if err != nil {
			t.Fatal(err)
		}
		second, err := client.ShowJobDetail(&model.ShowJobDetailRequest{JobId: id})
		if err != nil {
			t.Fatal(err)
		}
		v1, v2 := first.Job, second
		if v2.HttpStatusCode != 200 || *v2.Id != *v1.JobId || v2.JobType.Value() != DefaultOperation ||
			v2.Status.Value() != words[*v1.JobStatus] || !sameSecond(v1.BeginTime, v2.BeginTime) || !sameSecond(v1.EndTime, v2.EndTime) ||
			int(*v2.SubJobsTotal) != len(*v1.SubJobs) || len(*v2.SubJobs) != len(*v1.SubJobs) {
			t.Fatalf("%v is not %v", v2, v1)
		}
		for i, sub := range *v2.SubJobs {
			old := (*v1.SubJobs)[i]
			if *sub.Id != *old.JobId || sub.Status.Value() != words[*old.JobStatus] || *sub.JobId != id || *sub.ProjectId != DefaultProjectID ||
				!sameSecond(old.BeginTime, sub.BeginTime) || !sameSecond(old.EndTime, sub.EndTime) ||
				!reflect.DeepEqual(*sub.JobResourceInfo, (*old.Entities)[0]) {
				t.Errorf("%v is not %v", sub, old)
			}
			if (sub.ErrorCode == nil) != (old.ExecuteCode == nil) || sub.ErrorCode != nil &&
				(*sub.ErrorCode != *old.ExecuteCode || *sub.ErrorMessage != *old.ExecuteMessage) {
				t.Errorf("%v is not %v", sub, old)
			}
		}
	}
	if s.Count(OperationJob) != 3 || s.Count(OperationJobV2) != 3 || s.Count("") != 6 {
		t.Errorf("got %+v", s.Requests())
	}

	mustRetire(t, s.Simulator, VersionV2)
	_, err := client.ShowJobDetail(&model.ShowJobDetailRequest{JobId: DefaultJobFailed})
	if err == nil || !strings.Contains(err.Error(), "APIGW.0101") {
		t.Errorf("got %v", err)
	}
}
