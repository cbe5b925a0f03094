package workspace

import (
	"encoding/json"
	"math/big"
	"reflect"
	"strings"
	"testing"
)

// TestNoJob says of each body without the job what it is instead.
func TestNoJob(t *testing.T) {
	t.Parallel()
	for body, want := range map[string]string{
		`{}`:                                "JSON that holds no job",
		`{"job":null}`:                      "JSON that holds no job",
		`[]`:                                "a JSON array instead of an object",
		`"text"`:                            "a JSON string instead of an object",
		``:                                  "an empty body",
		` `:                                 "an empty body",
		`<html><body>Sign in</body></html>`: "an HTML page instead of JSON",
		`{"job":{"job_id":"1","job_st`:      "JSON that is broken or cut short after 28 bytes",
		`{"job":{}} trailing`:               "JSON that is broken or cut short after 11 bytes",
		`{"job":{}} 5`:                      "JSON that is broken or cut short after 11 bytes",
		`{"error_code":"WKS.1","error_msg":"out\nof order"}`: "an error instead: WKS.1: out of order",
		`{"error":{"code":401,"message":"who?"}}`:            "an error instead: 401: who?",
		`{"job":{"job_id":"2"}}`:                             `another job's id, "2"`,
		`{"job":{"job_id":"2\u001b[31m"}}`:                   `another job's id, "2 [31m"`,
		`{"job":[]}`:                                         `a JSON array where "job" belongs`,
		`{"job":{"sub_jobs":7}}`:                             `a JSON number where "job.sub_jobs" belongs`,
		`no healthy upstream`:                                "no healthy upstream",
		`failure`:                                            "failure",
		`503 Service Unavailable`:                            "503 Service Unavailable",
		`-`:                                                  "-",
		`null`:                                               "JSON that holds no job",
		`[`:                                                  "JSON that is broken or cut short after 1 bytes",
		`{"job":}`:                                           "JSON that is broken or cut short after 7 bytes",
		`{"Job":{"job_id":"1"}}`:                             "JSON that holds no job",
		`{"job":{},"job":null}`:                              "JSON that holds no job",
		`upstream connect error`:                             "upstream connect error",
		`{"job":{"x":` + strings.Repeat("[", 1<<20):                                 "JSON that is broken or cut short after 10010 bytes",
		`{"error_code":"` + strings.Repeat("x", 100) + `","error_msg":"too\tlong"}`: "an error instead: " + strings.Repeat("x", 64) + "…: too long",
	} {
		_, err := decodeV1([]byte(body), "1")
		if err == nil || err.Error() != want {
			t.Errorf("%s:\n got %v\nwant %s", body, err, want)
		}
	}
}

// TestLiberal reads the same value from each of its spellings.
func TestLiberal(t *testing.T) {
	t.Parallel()
	for spelling, want := range map[string]Status{
		`0`: StatusFailed, `"0"`: StatusFailed, `0.0`: StatusFailed,
		`1`: StatusSuccess, `" 1 "`: StatusSuccess, `1e0`: StatusSuccess,
		`2`: StatusProcessing, `3`: StatusInitializing,
		`null`: StatusUnknown, `""`: StatusUnknown, `7`: StatusUnknown, `-1`: StatusUnknown, `0.5`: StatusUnknown,
		`"SUCCESS"`: StatusUnknown, `true`: StatusUnknown, `{}`: StatusUnknown, `[1]`: StatusUnknown,
		`1e999999999`: StatusUnknown, `10000000000000000000001`: StatusUnknown, `"0x1"`: StatusUnknown, `"Inf"`: StatusUnknown,
	} {
		job := decode(t, `{"job":{"job_id":"1","job_status":`+spelling+`}}`)
		if job.Status != want {
			t.Errorf("job_status %s: got %s, want %s", spelling, job.Status, want)
		}
	}
	if job := decode(t, `{"job":{"job_id":"1"}}`); job.Status != StatusUnknown || job.Code != nil {
		t.Errorf("an absent job_status: got %s (%v)", job.Status, job.Code)
	}
	if job := decode(t, `{"job":{"job_id":1}}`); job.ID != "1" {
		t.Errorf("an id as a number: got %q", job.ID)
	}

	if job := decode(t, ` {"j\u006fb" : {"job\u005fstatus" : 1}} `); job.Status != StatusSuccess {
		t.Errorf("escaped names: got %s", job.Status)
	}
	twice := decode(t, `{"job":{"job_status":1,"job_status":0,"execute_message":"a`+"\xff"+`b","execute_code":{"x":"a`+"\xff"+`b"}}}`)
	if twice.Status != StatusFailed || *twice.ExecuteMessage != "a\uFFFDb" || *twice.ExecuteCode != `{"x":"a`+"\uFFFD"+`b"}` {
		t.Errorf("got %s, %q, %q", twice.Status, *twice.ExecuteMessage, *twice.ExecuteCode)
	}

	sub := decode(t, `{"job":{"sub_jobs":[null,{"job_id":575768277481947136,"entities":{"resource_id":12,
		"spec_type":{"k`+"\xff"+`":"v","a":"b","yes":true,"big":9007199254740993,"deep":{"x": [1, 2.50]},"none":null},
		"spec_size":"40.5","is_main_resource":"1","extend_params":{"k": 1},"never_heard_of":[{}],
		"main_resources":[{"relative_type":1},{"relative_resource_name":""}]}}]}}`).SubJobs
	if len(sub) != 1 || *sub[0].ID != "575768277481947136" || len(sub[0].Entities) != 1 {
		t.Fatalf("got %+v", sub)
	}
	e := sub[0].Entities[0]
	want := map[string]string{"k\uFFFD": "v", "a": "b", "yes": "true", "big": "9007199254740993", "deep": `{"x":[1,2.50]}`, "none": "null"}
	if !reflect.DeepEqual(e.SpecType, want) {
		t.Errorf("spec_type: got %v, want %v", e.SpecType, want)
	}
	if *e.ResourceID != "12" || e.SpecSize.Text('f', -1) != "40.5" || !*e.IsMainResource || *e.ExtendParams != `{"k":1}` {
		t.Errorf("got %+v", e)
	}
	if len(e.MainResources) != 2 || e.MainResources[0].Type.Text('f', -1) != "1" || *e.MainResources[1].Name != "" {
		t.Errorf("main_resources: got %+v", e.MainResources)
	}
}

// TestDecodeV2 reads the successor's words.
func TestDecodeV2(t *testing.T) {
	t.Parallel()
	for word, want := range map[string]Status{
		"WAITING": StatusInitializing, "RUNNING": StatusProcessing, "SUCCESS": StatusSuccess, "FAILED": StatusFailed,
		"ABNORMAL": StatusFailed, "ROLLBACK": StatusProcessing, "ABORTING": StatusProcessing,
		"success": StatusSuccess, " Failed ": StatusFailed, "COMPLETE": StatusUnknown, "": StatusUnknown,
	} {
		job, err := decodeV2([]byte(`{"id":"1","status":"`+word+`","sub_jobs":[{"status":"`+word+`"}]}`), "1")
		if err != nil || job.Status != want || job.SubJobs[0].Status != want {
			t.Errorf("%q: got %s and %s (%v), want %s", word, job.Status, job.SubJobs[0].Status, err, want)
		}
	}
	for body, want := range map[string]string{
		`{}`:                                  "JSON that holds no job",
		`null`:                                "JSON that holds no job",
		`{"job":{"job_id":"1"}}`:              "JSON that holds no job",
		`{"id":"2","status":"SUCCESS"}`:       `another job's id, "2"`,
		`[]`:                                  "a JSON array instead of an object",
		`{"error_code":"W","error_msg":"no"}`: "an error instead: W: no",
		`{"status":500,"error":"Internal"}`:   "an error instead: : Internal",
	} {
		if _, err := decodeV2([]byte(body), "1"); err == nil || err.Error() != want {
			t.Errorf("%s:\n got %v\nwant %s", body, err, want)
		}
	}
	job, err := decodeV2([]byte(`{"id":1,"job_type":"CREATE_SERVER","status":"SUCCESS","sub_jobs_total":"2","end_time":"",
		"sub_jobs":[{"id":"8","job_type":"CREATE_SERVER","status":"SUCCESS","error_code":"","error_message":"m",
		"job_resource_info":{"resource_id":"r"}}]}`), "1")
	if err != nil || *job.Operation != "CREATE_SERVER" || job.Code != nil || job.Type != nil || job.EndTime != nil {
		t.Fatalf("got %+v, %v", job, err)
	}
	sub := job.SubJobs[0]
	if *sub.ID != "8" || *sub.ExecuteCode != "" || *sub.ExecuteMessage != "m" || len(sub.Entities) != 1 || *sub.Entities[0].ResourceID != "r" {
		t.Errorf("got %+v", sub)
	}
	const want = "reported success, but not all sub-jobs are listed; the service lists only 1 of 2 sub-jobs"
	if job.Succeeded() || job.FailureReason() != want {
		t.Errorf("succeeded %v, because %q, want %q", job.Succeeded(), job.FailureReason(), want)
	}
}

// TestNumbers keep their last digit.
func TestNumbers(t *testing.T) {
	t.Parallel()
	for text, want := range map[string]string{
		"0.1": "0.1", "9007199254740993": "9007199254740993", "-2.50": "-2.5", "1e3": "1000", "1E-2": "0.01",
		"123456789012345678901234567890.123456789": "123456789012345678901234567890.123456789",
		"": "", "-": "", "1e401": "", "1e-401": "", "0b1": "", "1_0": "", "nan": "", "+1": "1",
		strings.Repeat("9", 151): "",
	} {
		got := ""
		if n := parseNumber(text); n != nil {
			got = n.Text('f', -1)
		}
		if got != want {
			t.Errorf("%q: got %q, want %q", text, got, want)
		}
	}
}

func decode(t *testing.T, body string) Job {
	t.Helper()
	job, err := decodeV1([]byte(body), "1")
	if err != nil {
		t.Fatalf("%s: %v", body, err)
	}
	return job
}

// FuzzDecodeV2 never panics, never takes another job for this one, and never lets
// a job succeed that does not say so.
func FuzzDecodeV2(f *testing.F) {
	for _, seed := range []string{
		`{"id":"1","status":"SUCCESS","sub_jobs_total":1,"sub_jobs":[{"id":"2","status":"FAILED","job_resource_info":{}}]}`,
		`{"id":1,"sub_jobs_total":1e300}`, `{"status":"RUNNING","sub_jobs":{}}`, `{"error":{"code":1}}`, "\xff",
	} {
		f.Add([]byte(seed))
	}
	f.Fuzz(func(t *testing.T, body []byte) {
		job, err := decodeV2(body, "1")
		if err != nil {
			return
		}
		if job.ID != "1" || (job.FailureReason() == "") != job.Succeeded() {
			t.Errorf("id %q, succeeded %v with the reason %q", job.ID, job.Succeeded(), job.FailureReason())
		}
		if job.Status == StatusSuccess && !strings.EqualFold(strings.TrimSpace(*job.Word), "SUCCESS") {
			t.Errorf("status %q became a success", *job.Word)
		}
	})
}

// FuzzDecodeV1 never panics, never takes another job for this one, and never
// lets a job succeed that does not say so.
func FuzzDecodeV1(f *testing.F) {
	for _, seed := range []string{
		`{"job":{"job_id":"1","job_status":1,"sub_jobs":[{"job_id":"2","job_status":0,"entities":[]}]}}`,
		`{"job":{"job_status":"1","begin_time":"","sub_jobs":{"entities":{"spec_type":{"a":[1]}}}}}`,
		`{"error":{"code":1}}`, `[`, `{"job":{"job_status":1e400}}`, "\xff",
	} {
		f.Add([]byte(seed))
	}
	f.Fuzz(func(t *testing.T, body []byte) {
		job, err := decodeV1(body, "1")
		if err != nil {
			if strings.ContainsAny(err.Error(), "\n\x1b") {
				t.Errorf("%q: the error is not one clean line: %q", body, err)
			}
			return
		}
		if job.ID != "1" {
			t.Errorf("got the id %q", job.ID)
		}
		if (job.FailureReason() == "") != job.Succeeded() || strings.ContainsAny(job.FailureReason(), "\n\x1b") {
			t.Errorf("succeeded %v with the reason %q", job.Succeeded(), job.FailureReason())
		}
		if job.Status == StatusSuccess && job.Code.Cmp(big.NewFloat(1)) != 0 {
			t.Errorf("job_status %v became a success", job.Code)
		}
		if !json.Valid(body) {
			t.Errorf("%q is not JSON", body)
		}
	})
}
