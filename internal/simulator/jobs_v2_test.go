package simulator

import (
	"encoding/json"
	"net/http"
	"testing"
	"testing/synctest"
	"time"
)

const jobV2Path = "/v2/" + DefaultProjectID + "/job/"

func readJobV2(t *testing.T, h http.Handler, id string) jobV2 {
	t.Helper()
	w := call(t, h, http.MethodGet, jobV2Path+id, "", withToken(tokenValue))
	wantStatus(t, w, http.StatusOK)
	return decode[jobV2](t, w.Body.Bytes())
}

func TestVersionsTellTheSame(t *testing.T) {
	t.Parallel()
	words := map[int]string{StatusInitializing: "WAITING", StatusProcessing: "RUNNING", StatusSuccess: "SUCCESS", StatusFailed: "FAILED"}
	synctest.Test(t, func(t *testing.T) {
		s := mustNew(t, DefaultScenario())
		sameTime := func(v1, v2 string) bool {
			if v1 == "" || v2 == "" {
				return v1 == v2
			}
			first, err1 := time.Parse(time.RFC3339, v1)
			second, err2 := time.Parse("2006-01-02T15:04:05.000Z", v2)
			return err1 == nil && err2 == nil && first.Equal(second)
		}
		seen := map[string]bool{}
		for range 5 {
			for _, id := range []string{DefaultJobRunning, DefaultJobSucceeded, DefaultJobFailed, DefaultJobEndless} {
				v2 := readJobV2(t, s, id)
				v1 := readJob(t, s, id)
				seen[v2.Status] = true
				if v2.ID != id || v2.JobType != DefaultOperation || v2.Status != words[v1.JobStatus] ||
					!sameTime(v1.BeginTime, v2.BeginTime) || !sameTime(v1.EndTime, v2.EndTime) ||
					v2.SubJobsTotal != len(v1.SubJobs) || len(v2.SubJobs) != len(v1.SubJobs) {
					t.Fatalf("%+v is not %+v", v2, v1)
				}
				for i, sub := range v2.SubJobs {
					old := v1.SubJobs[i]
					if sub.ID != old.JobID || sub.Status != words[old.JobStatus] || sub.JobType != DefaultOperation ||
						sub.JobID != id || sub.ProjectID != DefaultProjectID || "["+string(sub.JobResourceInfo)+"]" != string(old.Entities) ||
						sub.ErrorCode != old.ExecuteCode || sub.ErrorMessage != old.ExecuteMessage ||
						!sameTime(old.BeginTime, sub.BeginTime) || !sameTime(old.EndTime, sub.EndTime) {
						t.Errorf("%+v is not %+v", sub, old)
					}
				}
			}
			time.Sleep(2 * time.Second)
		}
		for _, word := range words {
			if !seen[word] {
				t.Errorf("no job has been %s", word)
			}
		}
		if s.Count(OperationJob) != 20 || s.Count(OperationJobV2) != 20 {
			t.Errorf("got %d and %d", s.Count(OperationJob), s.Count(OperationJobV2))
		}
	})
}

func TestJobV2OnTheWire(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		time.Sleep(836 * time.Millisecond)
		s := mustNew(t, DefaultScenario())
		for _, job := range []Job{
			{ID: "bare", Phases: []Phase{{Status: StatusInitializing}}},
			{ID: "own", Operation: "REJOIN_DOMAIN", Phases: []Phase{{
				Status: 7, SubJobsTotal: 3,
				SubJobs: []SubJob{
					{ID: "a", Status: StatusFailed, StatusV2: "ABNORMAL", Entities: json.RawMessage(`[{"a":1},{"b":2}]`), ExecuteCode: "WKS.1"},
					{ID: "b", Status: StatusProcessing, StatusV2: "ROLLBACK", Entities: json.RawMessage("null")},
				},
			}}},
			{ID: "raw", Phases: []Phase{{Raw: json.RawMessage(`{"job_id":"raw"}`), RawV2: json.RawMessage(`[ 1 ]`)}}},
			{ID: "raw v2", Phases: []Phase{{Status: StatusSuccess, RawV2: json.RawMessage("null")}}},
			{ID: "raw v1", Phases: []Phase{{Raw: json.RawMessage(`{}`)}}},
		} {
			if err := s.AddJob(job); err != nil {
				t.Fatal(err)
			}
		}
		const sub = `"begin_time":"2000-01-01T00:00:00.836Z"`
		for id, want := range map[string]string{
			"bare": `{"id":"bare","job_type":"CREATE_SERVER",` + sub + `,"status":"WAITING","sub_jobs_total":0,"sub_jobs":[]}`,
			"own": `{"id":"own","job_type":"REJOIN_DOMAIN",` + sub + `,"status":"7","sub_jobs_total":3,"sub_jobs":[` +
				`{"id":"a","job_type":"REJOIN_DOMAIN","job_resource_info":{"a":1},` + sub + `,"end_time":"2000-01-01T00:00:00.836Z","status":"ABNORMAL",` +
				`"error_code":"WKS.1","project_id":"` + DefaultProjectID + `","job_id":"own"},` +
				`{"id":"b","job_type":"REJOIN_DOMAIN",` + sub + `,"status":"ROLLBACK","project_id":"` + DefaultProjectID + `","job_id":"own"}]}`,
			"raw":      `[ 1 ]`,
			"raw%20v2": `null`,
		} {
			w := call(t, s, http.MethodGet, jobV2Path+id, "", withToken(tokenValue))
			if w.Code != http.StatusOK || w.Body.String() != want {
				t.Errorf("got %d %s, want %s", w.Code, w.Body, want)
			}
		}
		wantStatus(t, call(t, s, http.MethodGet, jobV2Path+"raw%20v1", "", withToken(tokenValue)), http.StatusInternalServerError)
		if got := readJob(t, s, "raw%20v2").JobStatus; got != StatusSuccess {
			t.Errorf("version 1 has status %d beside raw_v2", got)
		}
	})
}

func TestJobV2IsGuardedLikeV1(t *testing.T) {
	t.Parallel()
	scenario := DefaultScenario()
	scenario.Throttle = &Throttle{Limit: 2, Window: Duration(time.Hour)}
	s := mustNew(t, scenario)
	wantRefusal(t, call(t, s, http.MethodGet, jobV2Path+DefaultJobEndless, ""), http.StatusUnauthorized, "APIGW.0301", "")
	wantStatus(t, call(t, s, http.MethodPost, jobV2Path+DefaultJobEndless, ""), http.StatusMethodNotAllowed)
	w := call(t, s, http.MethodGet, jobV2Path+"nope", "", withToken(tokenValue))
	if got := decode[gatewayBody](t, w.Body.Bytes()); w.Code != http.StatusNotFound || got.Code != "WKS.00211902" {
		t.Errorf("got %d %+v", w.Code, got)
	}
	readJob(t, s, DefaultJobEndless)
	w = call(t, s, http.MethodGet, jobV2Path+DefaultJobEndless, "", withToken(tokenValue))
	wantRefusal(t, w, http.StatusTooManyRequests, "APIGW.0308", "")
}
