package workspace_test

import (
	"encoding/json"
	"errors"
	"net/http"
	"testing"
	"testing/synctest"
	"time"

	"terraform.local/huaweicloud/terraform-provider-workspace/internal/auth"
	"terraform.local/huaweicloud/terraform-provider-workspace/internal/simulator"
	"terraform.local/huaweicloud/terraform-provider-workspace/internal/transport"
	"terraform.local/huaweicloud/terraform-provider-workspace/internal/workspace"
)

func speaking(v workspace.Version) func(*settings) {
	return func(s *settings) { s.Version = v }
}

// TestBothVersionsTellTheSame of a job at each moment of its life.
func TestBothVersionsTellTheSame(t *testing.T) {
	t.Parallel()
	entity := json.RawMessage(`[{"resource_id":"r-1","resource_name":"one"}]`)
	scenario := job(
		at(0, initializing, simulator.SubJob{ID: "8", Status: initializing, Entities: entity}),
		at(time.Second, processing, simulator.SubJob{ID: "8", Status: processing, Entities: entity}, sub("9", processing)),
		at(2*time.Second, failed, simulator.SubJob{ID: "8", Status: success, Entities: entity},
			simulator.SubJob{ID: "9", Status: failed, ExecuteCode: "WKS.1", ExecuteMessage: "no room"}),
	)
	synctest.Test(t, func(t *testing.T) {
		v1, v2 := newBubble(t, scenario, speaking(workspace.V1)), newBubble(t, scenario, speaking(workspace.V2))
		for second := range 3 {
			o := workspace.ReadOptions{}
			if second == 2 {
				o = workspace.ReadOptions{Timeout: time.Hour, AllowFailure: true}
			}
			one, err1 := v1.client.WaitJob(t.Context(), jobID, o)
			two, err2 := v2.client.WaitJob(t.Context(), jobID, o)
			if err1 != nil || err2 != nil {
				t.Fatal(err1, err2)
			}
			if one.Status != two.Status || one.FailureReason() != two.FailureReason() || one.Succeeded() != two.Succeeded() ||
				len(one.SubJobs) != len(two.SubJobs) || len(one.ResourceIDs()) != 1 || one.ResourceIDs()[0] != two.ResourceIDs()[0] ||
				!sameInstant(t, one.BeginTime, two.BeginTime) || !sameInstant(t, one.EndTime, two.EndTime) {
				t.Errorf("after %d s: v1 tells %+v, v2 tells %+v", second, one, two)
			}
			for i := range one.SubJobs {
				if *one.SubJobs[i].ID != *two.SubJobs[i].ID || one.SubJobs[i].Status != two.SubJobs[i].Status {
					t.Errorf("sub-job %d: v1 tells %+v, v2 tells %+v", i, one.SubJobs[i], two.SubJobs[i])
				}
			}
			<-time.After(time.Second)
		}
		if v1.Count(simulator.OperationJobV2) != 0 || v2.Count(simulator.OperationJob) != 0 {
			t.Error("a version that was not asked for was used")
		}
	})
}

func sameInstant(t *testing.T, a, b *string) bool {
	t.Helper()
	if a == nil || b == nil {
		return a == b
	}
	one, err1 := time.Parse(time.RFC3339, *a)
	two, err2 := time.Parse(time.RFC3339, *b)
	return err1 == nil && err2 == nil && one.Equal(two)
}

// TestSwitch from v1 to v2: only where it was left open, v1 does not exist, and
// v2 does.
func TestSwitch(t *testing.T) {
	t.Parallel()
	gone := `{"error_code":"APIGW.0101","error_msg":"The API does not exist"}`
	for name, c := range map[string]struct {
		version  workspace.Version
		faults   []simulator.Fault
		v1, v2   int // requests of two reads
		ok       bool
		switched bool
	}{
		"v1 exists": {v1: 2, ok: true},
		"v1 does not exist": {
			faults: []simulator.Fault{{On: simulator.OperationJob, Status: 404, Body: gone}},
			v1:     1, v2: 2, ok: true, switched: true,
		},
		"v1 is gone, by 410": {
			faults: []simulator.Fault{{On: simulator.OperationJob, Status: 410}},
			v1:     1, v2: 2, ok: true, switched: true,
		},
		"v1 is gone, by 405": {
			faults: []simulator.Fault{{On: simulator.OperationJob, Status: 405, Body: `{"error_code":"WKS.00000405"}`}},
			v1:     1, v2: 2, ok: true, switched: true,
		},
		"405 is a quota": {
			faults: []simulator.Fault{{On: simulator.OperationJob, Status: 405, Body: `{"error_code":"APIGW.0501"}`}},
			v1:     2,
		},
		"v2 does not know the job": {
			faults: []simulator.Fault{
				{On: simulator.OperationJob, Status: 404, Body: gone},
				{On: simulator.OperationJobV2, Status: 404, Body: `{"error_code":"WKS.00211902"}`},
			},
			v1: 1, v2: 2, switched: true,
		},
		"neither exists": {faults: []simulator.Fault{{Status: 404, Body: gone}}, v1: 2, v2: 2},
		"v1 does not know the job": {
			faults: []simulator.Fault{{On: simulator.OperationJob, Status: 404, Body: `{"error_code":"WKS.00211902"}`}},
			v1:     2,
		},
		"v2 is no job API": {
			faults: []simulator.Fault{
				{On: simulator.OperationJob, Status: 404, Body: gone},
				{On: simulator.OperationJobV2, Body: `<html>`},
			},
			v1: 2, v2: 2,
		},
		"v1 was asked for": {
			version: workspace.V1, faults: []simulator.Fault{{On: simulator.OperationJob, Status: 404, Body: gone}},
			v1: 2,
		},
		"v2 was asked for": {version: workspace.V2, v2: 2, ok: true},
		"v2 was asked for, and is gone": {
			version: workspace.V2, faults: []simulator.Fault{{On: simulator.OperationJobV2, Status: 404, Body: gone}},
			v2: 2,
		},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			synctest.Test(t, func(t *testing.T) {
				b := newBubble(t, job(at(0, success)), func(s *settings) { s.Version, s.MaxRetries = c.version, 0 })
				for _, fault := range c.faults {
					b.AddFault(fault)
				}
				for range 2 {
					if _, err := b.client.WaitJob(t.Context(), jobID, workspace.ReadOptions{}); (err == nil) != c.ok {
						t.Errorf("got %v", err)
					}
				}
				if v1, v2 := b.Count(simulator.OperationJob), b.Count(simulator.OperationJobV2); v1 != c.v1 || v2 != c.v2 {
					t.Errorf("%d requests to v1 and %d to v2, want %d and %d", v1, v2, c.v1, c.v2)
				}
				if b.client.SwitchedVersion() != c.switched || b.client.SwitchedVersion() {
					t.Error("the switch is not told once")
				}
			})
		})
	}
}

// TestRetiredInTheMiddle: waits go on over v2, those of others, too.
func TestRetiredInTheMiddle(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		scenario, ids := jobs(5, func(int) time.Duration { return time.Minute })
		b := newBubble(t, scenario, signedInBy(auth.Password{UserName: "reader", DomainName: "account", Password: password}))
		time.AfterFunc(30*time.Second, func() {
			b.AddFault(simulator.Fault{On: simulator.OperationJob, Status: http.StatusNotFound, Body: `{"error_code":"APIGW.0101"}`})
			// The first try of the successor meets a blip, which must end no wait.
			b.AddFault(simulator.Fault{On: simulator.OperationJobV2, Status: http.StatusBadGateway, Times: 1})
		})
		if failures := b.all(t.Context(), ids, workspace.ReadOptions{Timeout: time.Hour}); len(failures) > 0 {
			t.Error(failures)
		}
		if late := time.Since(b.start) - time.Minute; late > 10*time.Second {
			t.Errorf("the end was seen %s late", late)
		}
		if !b.client.SwitchedVersion() {
			t.Error("the switch is not told")
		}
	})
}

// TestWrongEndpoint names v1's answer, and is no missing job.
func TestWrongEndpoint(t *testing.T) {
	t.Parallel()
	for mode, timeout := range map[string]time.Duration{"waiting": time.Hour, "reading": 0} {
		t.Run(mode, func(t *testing.T) {
			t.Parallel()
			synctest.Test(t, func(t *testing.T) {
				b := newBubble(t, job(at(0, success)), nil)
				b.AddFault(simulator.Fault{Status: http.StatusNotFound, Body: `{"error_code":"APIGW.0101"}`})
				_, err := b.client.WaitJob(t.Context(), jobID, workspace.ReadOptions{Timeout: timeout})
				_ = wantError(t, err, workspace.OutcomeUnreadable)
				var status *transport.StatusError
				if !errors.As(err, &status) || status.Code != "APIGW.0101" || time.Since(b.start) != 0 {
					t.Errorf("got %v after %s", err, time.Since(b.start))
				}
			})
		})
	}
}
