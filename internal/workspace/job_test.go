package workspace

import (
	"fmt"
	"reflect"
	"strings"
	"testing"
)

func TestFailureReason(t *testing.T) {
	t.Parallel()
	many := make([]string, 23)
	for i := range many {
		many[i] = fmt.Sprintf(`{"job_id":"%d","job_status":0}`, i)
	}
	for name, c := range map[string]struct{ job, want string }{
		"success":                       {`"job_status":1,"sub_jobs":[{"job_status":1}]`, ""},
		"no status":                     {``, "in an unknown state"},
		"an undocumented status":        {`"job_status":7`, "in an unknown state (job_status 7)"},
		"initializing, nothing listed":  {`"job_status":3`, "still initializing"},
		"one of three sub-jobs is done": {`"job_status":2,"sub_jobs":[{"job_status":1},{"job_status":2},{"job_status":3}]`, "still processing (1 of 3 sub-jobs done)"},
		"a sub-job has failed already": {
			`"job_status":2,"sub_jobs":[{"job_id":"8","job_status":0,"execute_message":"no room"},{"job_status":2}]`,
			"still processing (1 of 2 sub-jobs done); sub-job 8 failed: no room",
		},
		"no reason at all": {`"job_status":0`, "failed; the service gave no reason"},
		"no reason, and a failed sub-job": {
			`"job_status":0,"execute_code":"","sub_jobs":[{"job_id":"8","job_status":0}]`,
			"failed; the service gave no reason; sub-job 8 failed",
		},
		"the reason is the sub-job's": {
			`"job_status":0,"sub_jobs":[{"job_id":"8","job_status":0,"execute_code":"WKS.1"},{"job_id":"9","job_status":1}]`,
			"failed; sub-job 8 failed: WKS.1",
		},
		"code and message, cleaned": {
			`"job_status":0,"execute_code":"WKS.1","execute_message":" two\nlines \u001b[31mred"`,
			"failed: WKS.1: two lines [31mred",
		},
		"success with a sub-job that is not": {
			`"job_status":1,"sub_jobs":[{"job_id":"8","job_status":0,"execute_message":"x"},{"job_status":2},{"job_id":"9"}]`,
			"reported success, but not all sub-jobs succeeded; sub-job 8 failed: x; sub-job without an id still processing; sub-job 9 in an unknown state",
		},
		"more sub-jobs than fit": {
			`"job_status":0,"sub_jobs":[` + strings.Join(many, ",") + `]`,
			"failed; the service gave no reason; sub-job 0 failed; sub-job 1 failed; sub-job 2 failed; sub-job 3 failed; " +
				"sub-job 4 failed; sub-job 5 failed; sub-job 6 failed; sub-job 7 failed; sub-job 8 failed; sub-job 9 failed; " +
				"sub-job 10 failed; sub-job 11 failed; sub-job 12 failed; sub-job 13 failed; sub-job 14 failed; sub-job 15 failed; " +
				"sub-job 16 failed; sub-job 17 failed; sub-job 18 failed; sub-job 19 failed; and 3 more sub-jobs",
		},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			job := decode(t, `{"job":{`+c.job+`}}`)
			if got := job.FailureReason(); got != c.want {
				t.Errorf("\n got %q\nwant %q", got, c.want)
			}
			if (c.want == "") != job.Succeeded() {
				t.Errorf("succeeded is %v", job.Succeeded())
			}
		})
	}
}

func TestResourceIDs(t *testing.T) {
	t.Parallel()
	job := decode(t, `{"job":{"sub_jobs":[
		{"entities":[{"resource_id":"b"},{"resource_id":""},{"resource_id":"a"}]},
		{"entities":[{"resource_id":"a"},{},{"resource_id":"c"}]}]}}`)
	if got, want := job.ResourceIDs(), []string{"b", "a", "c"}; !reflect.DeepEqual(got, want) {
		t.Errorf("got %v, want %v", got, want)
	}
	if got := (&Job{}).ResourceIDs(); got == nil || len(got) != 0 {
		t.Errorf("without entities: got %#v, want an empty list", got)
	}
}

func TestCheckID(t *testing.T) {
	t.Parallel()
	for id, ok := range map[string]bool{
		"575768277444198400": true, "0f0c3a7e-6b7c-4a9d-9c55-7a1a0b7a1f10": true, "a": true, "...": true, "é": true,
		strings.Repeat("x", 255): true,
		"":                       false, ".": false, "..": false, "a/b": false, "../x": false, `a\b`: false, "a?b": false, "a#b": false,
		"a%2fb": false, "a b": false, "a\tb": false, "a\nb": false, "a\x00b": false, "a\u00a0b": false, "a\x7fb": false, "\xff": false,
		strings.Repeat("x", 256): false,
	} {
		if err := CheckID(id); (err == nil) != ok {
			t.Errorf("%q: got %v", id, err)
		}
	}
}
