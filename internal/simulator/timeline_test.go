package simulator

import (
	"encoding/json"
	"fmt"
	"net/http"
	"strings"
	"testing"
	"testing/synctest"
	"time"
)

func TestTimelineFromFirstRead(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		s := mustNew(t, DefaultScenario())
		time.Sleep(time.Hour)
		first := time.Now().UTC()
		at := func(n int) string { return first.Add(time.Duration(n) * time.Second).Format(time.RFC3339) }

		for second, want := range []struct {
			status int
			subs   string
		}{
			{3, ""}, {3, ""}, {2, "2 3 3"}, {2, "2 3 3"}, {2, "1 2 3"}, {2, "1 2 3"}, {2, "1 1 2"}, {2, "1 1 2"}, {1, "1 1 1"}, {1, "1 1 1"},
		} {
			job := readJob(t, s, DefaultJobRunning)
			var subs []string
			for _, sub := range job.SubJobs {
				subs = append(subs, fmt.Sprint(sub.JobStatus))
			}
			if got := strings.Join(subs, " "); job.JobStatus != want.status || got != want.subs {
				t.Errorf("after %d s: got %d [%s], want %d [%s]", second, job.JobStatus, got, want.status, want.subs)
			}
			if job.JobID != DefaultJobRunning || job.JobType != 1 || job.BeginTime != at(0) || job.ExpectedEndTime != at(9) {
				t.Errorf("after %d s: got %+v", second, job)
			}
			if (job.EndTime != "") != (want.status == 1) {
				t.Errorf("after %d s: end_time is %q", second, job.EndTime)
			}
			time.Sleep(time.Second)
		}

		job := readJob(t, s, DefaultJobRunning)
		if job.EndTime != at(8) || job.ExecuteCode != "0" || job.ExecuteMessage != "success" {
			t.Errorf("got %+v", job)
		}
		for i, sub := range job.SubJobs {
			if sub.JobType != 2 || sub.BeginTime != at(2) || sub.EndTime != at(4+2*i) {
				t.Errorf("sub-job %d: got %+v", i, sub)
			}
			entities := decode[[]map[string]any](t, sub.Entities)
			if len(entities) != 1 || entities[0]["resource_id"] == "" {
				t.Errorf("sub-job %d: got %v", i, entities)
			}
		}
	})
}

func TestOtherDefaultJobs(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		s := mustNew(t, DefaultScenario())
		start := time.Now().UTC()
		at := func(d time.Duration) string { return start.Add(d).Format(time.RFC3339) }

		job := readJob(t, s, DefaultJobSucceeded)
		if job.JobStatus != 1 || job.BeginTime != at(-time.Hour) || job.EndTime != at(-56*time.Minute) || job.ExpectedEndTime != "" {
			t.Errorf("got %+v", job)
		}
		job = readJob(t, s, DefaultJobFailed)
		if job.JobStatus != 0 || job.ExecuteCode == "" || job.ExecuteMessage == "" || job.EndTime != at(-57*time.Minute) ||
			len(job.SubJobs) != 2 || job.SubJobs[0].JobStatus != 1 || job.SubJobs[1].JobStatus != 0 || job.SubJobs[1].ExecuteMessage == "" {
			t.Errorf("got %+v", job)
		}
		time.Sleep(20 * time.Hour)
		job = readJob(t, s, DefaultJobEndless)
		if job.JobStatus != 2 || job.EndTime != "" || job.ExpectedEndTime != at(20*time.Minute) {
			t.Errorf("got %+v", job)
		}
	})
}

func TestRawPhasesAndLateBeginning(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		const odd = `{"job_id" : 575768277444198400, "job_status":"2","x":1e400,"s":"<&>"}`
		s := mustNew(t, DefaultScenario())
		err := s.AddJob(Job{ID: "raw", Phases: []Phase{
			{After: seconds(1), Raw: json.RawMessage(odd)},
			{After: seconds(2), Raw: json.RawMessage("null")},
			{After: seconds(3), Status: 7},
			{After: seconds(4), Status: StatusFailed},
			{After: seconds(5), Status: StatusProcessing},
			{After: seconds(6), Status: StatusFailed},
			{After: seconds(7), Status: StatusFailed, ExecuteMessage: "later"},
		}})
		if err != nil {
			t.Fatal(err)
		}
		start := time.Now().UTC()
		read := func() string {
			return call(t, s, http.MethodGet, jobPath+"raw", "", withToken(tokenValue)).Body.String()
		}
		if got := read(); got != `{"error_code":"WKS.00211902","error_msg":"The job does not exist."}` {
			t.Errorf("got %s", got)
		}
		for _, want := range []string{`{"job":` + odd + `}`, `{"job":null}`} {
			time.Sleep(time.Second)
			if got := read(); got != want {
				t.Errorf("got %s, want %s", got, want)
			}
		}
		time.Sleep(time.Second)
		if job := readJob(t, s, "raw"); job.JobStatus != 7 || job.EndTime != "" {
			t.Errorf("got %+v", job)
		}
		time.Sleep(time.Second)
		if job := readJob(t, s, "raw"); job.JobStatus != 0 || job.EndTime != start.Add(4*time.Second).Format(time.RFC3339) {
			t.Errorf("got %+v", job)
		}
		// Having run again, the job ended later; what follows does not move its end.
		time.Sleep(4 * time.Second)
		if job := readJob(t, s, "raw"); job.ExecuteMessage != "later" || job.EndTime != start.Add(6*time.Second).Format(time.RFC3339) {
			t.Errorf("got %+v", job)
		}
	})
}

func TestAddJobRefuses(t *testing.T) {
	t.Parallel()
	s := mustNew(t, DefaultScenario())
	phases := []Phase{{Status: 1}}
	for name, job := range map[string]Job{
		"exists":     {ID: DefaultJobFailed, Phases: phases},
		"no id":      {Phases: phases},
		"long id":    {ID: strings.Repeat("x", 256), Phases: phases},
		"project":    {ID: "a", ProjectID: "nowhere", Phases: phases},
		"no phases":  {ID: "a"},
		"order":      {ID: "a", Phases: []Phase{{After: 2}, {After: 2}}},
		"negative":   {ID: "a", Age: -1, Phases: phases},
		"raw and":    {ID: "a", Phases: []Phase{{Raw: json.RawMessage(`{}`), Status: 2}}},
		"bad raw":    {ID: "a", Phases: []Phase{{Raw: json.RawMessage(`{`)}}},
		"sub id":     {ID: "a", Phases: []Phase{{SubJobs: []SubJob{{}}}}},
		"sub twice":  {ID: "a", Phases: []Phase{{SubJobs: []SubJob{{ID: "s"}, {ID: "s"}}}}},
		"sub entity": {ID: "a", Phases: []Phase{{SubJobs: []SubJob{{ID: "s", Entities: json.RawMessage("[")}}}}},
	} {
		if err := s.AddJob(job); err == nil {
			t.Errorf("%s: no error", name)
		}
	}
}
