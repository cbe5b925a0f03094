package provider

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"maps"
	"math/big"
	"net/http"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	tfjson "github.com/hashicorp/terraform-json"
	"github.com/hashicorp/terraform-plugin-testing/helper/resource"
	"github.com/hashicorp/terraform-plugin-testing/knownvalue"
	"github.com/hashicorp/terraform-plugin-testing/statecheck"

	"terraform.local/huaweicloud/terraform-provider-workspace/internal/simulator"
)

// readsPerStep is how often one step of a unitTest reads a data source whose
// arguments are known: in the plan, and in the two plans after apply that look for
// differences. The apply of a saved plan takes the data from the plan, and the
// destroy at the end of the test does not refresh.
const readsPerStep = 3

const sampleID = "575768277444198400"

func TestTheFailedSampleIsDataWithEveryAttribute(t *testing.T) {
	t.Parallel()
	s := start(t, []simulator.Job{as(sampleID, fixture(t, "job-failed.json"))})
	unitTest(t, s.tokenEnv(), resource.TestStep{
		Config: `data "workspace_job" "sample" { job_id = "575768277444198400" }`,
		ConfigStateChecks: []statecheck.StateCheck{exactly("data.workspace_job.sample", values{
			"job_id":            knownvalue.StringExact("575768277444198400"),
			"project_id":        knownvalue.StringExact(simulator.DefaultProjectID),
			"wait_timeout":      knownvalue.Null(),
			"poll_interval":     knownvalue.Null(),
			"allow_failure":     knownvalue.Null(),
			"id":                knownvalue.StringExact("575768277444198400"),
			"status":            knownvalue.StringExact("failed"),
			"job_status":        knownvalue.Int64Exact(0),
			"job_type":          knownvalue.Int64Exact(1),
			"operation":         knownvalue.Null(),
			"terminal":          knownvalue.Bool(true),
			"succeeded":         knownvalue.Bool(false),
			"failure_reason":    knownvalue.StringExact("failed; the service gave no reason; sub-job 575768277481947136 failed"),
			"begin_time":        knownvalue.StringExact("2023-06-06T02:30:06Z"),
			"end_time":          knownvalue.StringExact("2023-06-06T02:45:49Z"),
			"expected_end_time": knownvalue.StringExact("2023-06-06T15:55:57Z"),
			"execute_code":      knownvalue.StringExact(""),
			"execute_message":   knownvalue.StringExact(""),
			"resource_ids":      knownvalue.ListExact([]knownvalue.Check{}),
			"sub_jobs": knownvalue.ListExact([]knownvalue.Check{knownvalue.ObjectExact(values{
				"job_id":            knownvalue.StringExact("575768277481947136"),
				"job_type":          knownvalue.Int64Exact(2),
				"operation":         knownvalue.Null(),
				"job_status":        knownvalue.Int64Exact(0),
				"status":            knownvalue.StringExact("failed"),
				"begin_time":        knownvalue.StringExact("2023-06-06T02:30:06Z"),
				"end_time":          knownvalue.StringExact("2023-06-06T02:45:49Z"),
				"expected_end_time": knownvalue.Null(),
				"execute_code":      knownvalue.Null(),
				"execute_message":   knownvalue.Null(),
				"entities":          knownvalue.ListExact([]knownvalue.Check{}),
			})}),
		})},
	})
	s.wantCount(t, readsPerStep)
}

const filledID = "575768277444198600"

func TestEveryFieldOfTheAPILandsInItsAttribute(t *testing.T) {
	t.Parallel()
	number := func(text string) knownvalue.Check {
		n, _, err := big.ParseFloat(text, 10, 512, big.ToNearestEven)
		if err != nil {
			t.Fatal(err)
		}
		return knownvalue.NumberExact(n)
	}
	s := start(t, []simulator.Job{as(filledID, fixture(t, "job-filled.json"))})
	unitTest(t, s.tokenEnv(), resource.TestStep{
		Config: `data "workspace_job" "filled" { job_id = "575768277444198600" }`,
		ConfigStateChecks: []statecheck.StateCheck{exactly("data.workspace_job.filled", values{
			"job_id":            knownvalue.StringExact("575768277444198600"),
			"project_id":        knownvalue.StringExact(simulator.DefaultProjectID),
			"wait_timeout":      knownvalue.Null(),
			"poll_interval":     knownvalue.Null(),
			"allow_failure":     knownvalue.Null(),
			"id":                knownvalue.StringExact("575768277444198600"),
			"status":            knownvalue.StringExact("success"),
			"job_status":        knownvalue.Int64Exact(1),
			"job_type":          knownvalue.Int64Exact(1),
			"operation":         knownvalue.Null(),
			"terminal":          knownvalue.Bool(true),
			"succeeded":         knownvalue.Bool(true),
			"failure_reason":    knownvalue.StringExact(""),
			"begin_time":        knownvalue.StringExact("2026-01-02T03:04:05Z"),
			"end_time":          knownvalue.StringExact("2026-01-02T11:05:07+08:00"),
			"expected_end_time": knownvalue.StringExact("2026-01-02T03:10:07Z"),
			"execute_code":      knownvalue.StringExact("0"),
			"execute_message":   knownvalue.StringExact("success"),
			"resource_ids":      knownvalue.ListExact([]knownvalue.Check{knownvalue.StringExact("575768277444198602")}),
			"sub_jobs": knownvalue.ListExact([]knownvalue.Check{knownvalue.ObjectExact(values{
				"job_id":            knownvalue.StringExact("575768277444198601"),
				"job_type":          knownvalue.Int64Exact(2),
				"operation":         knownvalue.Null(),
				"job_status":        knownvalue.Int64Exact(1),
				"status":            knownvalue.StringExact("success"),
				"begin_time":        knownvalue.StringExact("2026-01-02T03:04:06Z"),
				"end_time":          knownvalue.StringExact("2026-01-02T03:05:06.836Z"),
				"expected_end_time": knownvalue.StringExact("2026-01-02T03:10:06Z"),
				"execute_code":      knownvalue.StringExact("0"),
				"execute_message":   knownvalue.StringExact("sub-job done"),
				"entities": knownvalue.ListExact([]knownvalue.Check{knownvalue.ObjectExact(values{
					"resource_id":        knownvalue.StringExact("575768277444198602"),
					"resource_name":      knownvalue.StringExact("app-server-01"),
					"cloud_service_type": knownvalue.StringExact("hws.service.type.vdi"),
					"resource_type":      knownvalue.StringExact("hws.resource.type.workspace.appstream"),
					"resource_spec_code": knownvalue.StringExact("workspace.appstream.general.xlarge.2"),
					"spec_type": knownvalue.MapExact(values{
						"shareable": knownvalue.StringExact("false"),
						"root":      knownvalue.StringExact("true"),
						"quota":     knownvalue.StringExact("9007199254740993"),
						"share":     knownvalue.StringExact("0.1"),
						"label":     knownvalue.StringExact("gold"),
						"volume":    knownvalue.StringExact(`{"type":"SAS","sizes":[40,80]}`),
					}),
					"spec_size":        number("40.5"),
					"measure":          knownvalue.Int64Exact(17),
					"processed_time":   knownvalue.StringExact("2026-01-02T03:05:00Z"),
					"is_main_resource": knownvalue.Bool(true),
					"main_resources": knownvalue.ListExact([]knownvalue.Check{
						knownvalue.ObjectExact(values{
							"relative_resource_id":        knownvalue.StringExact("9007199254740993"),
							"relative_resource_name":      knownvalue.StringExact("ecs-01"),
							"relative_type":               knownvalue.Int64Exact(0),
							"relative_cloud_service_type": knownvalue.StringExact("hws.service.type.ec2"),
							"relative_resource_type":      knownvalue.StringExact("hws.resource.type.vm"),
							"extend_params":               knownvalue.StringExact("zone:a"),
						}),
						knownvalue.ObjectExact(values{
							"relative_resource_id":        knownvalue.StringExact("3f0e0c6a-0000-4000-8000-0000000000a2"),
							"relative_resource_name":      knownvalue.StringExact("evs-01"),
							"relative_type":               knownvalue.Int64Exact(1),
							"relative_cloud_service_type": knownvalue.StringExact("hws.service.type.ebs"),
							"relative_resource_type":      knownvalue.StringExact("hws.resource.type.volume"),
							"extend_params":               knownvalue.StringExact("zone:b"),
						}),
					}),
					"extend_params":          knownvalue.StringExact("2027-01-02T03:04:05Z"),
					"old_resource_id":        knownvalue.StringExact("3f0e0c6a-0000-4000-8000-0000000000b1"),
					"old_cloud_service_type": knownvalue.StringExact("hws.service.type.bms"),
					"old_resource_type":      knownvalue.StringExact("hws.resource.type.pm"),
				})}),
			})}),
		})},
	})
	s.wantCount(t, readsPerStep)
}

// A kind of field says what becomes of it when the service gives it empty. Absent
// and null are null, and for lists [], whatever the kind.
type kind struct{ empty, fromEmpty, fromNull any }

var (
	aString = kind{empty: "", fromEmpty: ""}
	aTime   = kind{empty: ""}
	aNumber = kind{empty: ""}
	aBool   = kind{empty: ""}
	aMap    = kind{empty: map[string]any{}, fromEmpty: map[string]any{}}
	aList   = kind{empty: []any{}, fromEmpty: []any{}, fromNull: []any{}}
)

// levels are the objects of an answer, with the place of each in the filled job and
// all of its fields.
var levels = []struct {
	name   string
	place  []any
	fields map[string]kind
}{
	{"job", nil, map[string]kind{
		"job_type": aNumber, "job_status": aNumber, "sub_jobs": aList, "begin_time": aTime, "end_time": aTime,
		"expected_end_time": aTime, "execute_code": aString, "execute_message": aString,
		// The id of the job is the one that was asked for.
		"job_id": {empty: "", fromEmpty: filledID, fromNull: filledID},
	}},
	{"sub_job", []any{"sub_jobs", 0}, map[string]kind{
		"job_id": aString, "job_type": aNumber, "job_status": aNumber, "entities": aList, "begin_time": aTime,
		"end_time": aTime, "expected_end_time": aTime, "execute_code": aString, "execute_message": aString,
	}},
	{"entity", []any{"sub_jobs", 0, "entities", 0}, map[string]kind{
		"resource_id": aString, "resource_name": aString, "cloud_service_type": aString, "resource_type": aString,
		"resource_spec_code": aString, "spec_type": aMap, "spec_size": aNumber, "measure": aNumber, "processed_time": aTime,
		"is_main_resource": aBool, "main_resources": aList, "extend_params": aString, "old_resource_id": aString,
		"old_cloud_service_type": aString, "old_resource_type": aString,
	}},
	{"main_resource", []any{"sub_jobs", 0, "entities", 0, "main_resources", 1}, map[string]kind{
		"relative_resource_id": aString, "relative_resource_name": aString, "relative_type": aNumber,
		"relative_cloud_service_type": aString, "relative_resource_type": aString, "extend_params": aString,
	}},
}

// What follows from a field that is not there, beside its own attribute.
var consequences = map[string]func(job map[string]any){
	"job.job_status": func(job map[string]any) {
		job["status"], job["terminal"], job["succeeded"] = "unknown", false, false
		job["failure_reason"] = "in an unknown state (1 of 1 sub-jobs done): 0: success"
	},
	"sub_job.job_status": func(job map[string]any) {
		at(job, "sub_jobs", 0)["status"] = "unknown"
		job["succeeded"] = false
		job["failure_reason"] = "reported success, but not all sub-jobs succeeded: 0: success; " +
			"sub-job 575768277444198601 in an unknown state: 0: sub-job done"
	},
	"job.sub_jobs":       noResources,
	"sub_job.entities":   noResources,
	"entity.resource_id": noResources,
}

func noResources(job map[string]any) { job["resource_ids"] = []any{} }

func TestFieldsThatAreAbsentNullOrEmptyAreNoError(t *testing.T) {
	t.Parallel()
	// Each variant is a job of its own, all read in one configuration: the filled job
	// with one field changed, and then exactly that attribute, and what follows from
	// it, may differ.
	jobs := []simulator.Job{as(filledID, filledJob(t))}
	wants := map[string]func(job map[string]any){filledID: func(map[string]any) {}}
	for _, level := range levels {
		if want := slices.Sorted(maps.Keys(at(filledJob(t), level.place...))); !slices.Equal(slices.Sorted(maps.Keys(level.fields)), want) {
			t.Fatalf("the fields of %s in this test are not those of the fixture: %v", level.name, want)
		}
		for field, kind := range level.fields {
			for variant, change := range map[string]func(object map[string]any) (want any){
				"absent": func(object map[string]any) any { delete(object, field); return kind.fromNull },
				"null":   func(object map[string]any) any { object[field] = nil; return kind.fromNull },
				"empty":  func(object map[string]any) any { object[field] = kind.empty; return kind.fromEmpty },
			} {
				id := fmt.Sprintf("%s.%s.%s", level.name, field, variant)
				job := filledJob(t)
				if level.name+field != "jobjob_id" {
					job["job_id"] = id
				}
				want := change(at(job, level.place...))
				jobs = append(jobs, as(id, job))
				wants[id] = func(job map[string]any) {
					at(job, level.place...)[field] = want
					job["id"], job["job_id"] = id, id
					if follow := consequences[level.name+"."+field]; follow != nil {
						follow(job)
					}
				}
			}
		}
	}
	if len(jobs) != 1+3*(9+9+15+6) {
		t.Fatalf("there are %d variants", len(jobs)-1)
	}
	s := start(t, jobs)
	ids, err := json.Marshal(slices.Sorted(maps.Keys(wants)))
	if err != nil {
		t.Fatal(err)
	}
	unitTest(t, s.tokenEnv(), resource.TestStep{
		Config: fmt.Sprintf("data \"workspace_job\" \"each\" {\n  count  = %d\n  job_id = %s[count.index]\n}", len(wants), ids),
		ConfigStateChecks: []statecheck.StateCheck{stateCheck(func(state *tfjson.State) error {
			read := make(map[string]map[string]any)
			for _, r := range state.Values.RootModule.Resources {
				id, _ := r.AttributeValues["id"].(string)
				read[id] = r.AttributeValues
			}
			for id, change := range wants {
				want := clone(read[filledID])
				change(want)
				if diff := cmp.Diff(want, read[id]); diff != "" {
					t.Errorf("%s (- want, + got):\n%s", id, diff)
				}
			}
			return nil
		})},
	})
	s.wantCount(t, readsPerStep*len(jobs))
}

func TestAnAnswerWithoutTheJobSaysWhatItIs(t *testing.T) {
	t.Parallel()
	const jobID = "575768277444198900"
	cases := map[string]struct {
		body, want string
		cut        int
	}{
		"empty_object": {body: `{}`, want: "JSON that holds no job"},
		"null":         {body: `{"job":null}`, want: "JSON that holds no job"},
		"array":        {body: `[]`, want: "a JSON array instead of an object"},
		"text":         {body: `"job"`, want: "a JSON string instead of an object"},
		"job_as_array": {body: `{"job":[]}`, want: `a JSON array where "job" belongs`},
		"error":        {body: `{"error_code":"WKS.00129901","error_msg":"Out of order."}`, want: "an error instead: WKS.00129901: Out of order."},
		"keystone":     {body: `{"error":{"code":500,"message":"Out of order."}}`, want: "an error instead: 500: Out of order."},
		"other_job":    {body: `{"job":{"job_id":"575768277444198999","job_status":1}}`, want: `another job's id, "575768277444198999"`},
		"html":         {body: "<html><body>Welcome</body></html>", want: "an HTML page instead of JSON"},
		"half":         {body: `{"job":{"job_id":"575768277444198900","job_st`, want: "JSON that is broken or cut short after 45 bytes"},
		"blank":        {body: " ", want: "an empty body"},
		"plain":        {body: "It works!", want: "It works!"},
		"cut_short":    {body: `{"job":{"job_id":"575768277444198900"}}`, cut: 20, want: "answer cut short"},
		"missing_job":  {body: ``, want: "404 Not Found, WKS.00211902"},
	}
	var jobs []simulator.Job
	var faults []simulator.Fault
	var config strings.Builder
	for name, c := range cases {
		id := jobID + "-" + name
		body := strings.ReplaceAll(c.body, jobID, id)
		if name != "missing_job" {
			faults = append(faults, simulator.Fault{JobID: id, Status: http.StatusOK, Body: body, Truncate: c.cut})
		}
		fmt.Fprintf(&config, "data \"workspace_job\" %q {\n  job_id = %q\n}\n", name, id)
	}
	s := start(t, jobs, faults...)
	w := newWorkdir(t, s.tokenEnv("HW_MAX_RETRIES", "0"), config.String())
	o := w.run("plan", "-json", "-input=false").fails()
	for name, c := range cases {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			d := o.problem("data.workspace_job." + name)
			id := jobID + "-" + name
			requestID := ""
			for _, r := range s.Requests() {
				if r.JobID == id {
					requestID = r.RequestID
				}
			}
			want := c.want
			if name == "half" {
				want = fmt.Sprintf("JSON that is broken or cut short after %d bytes", len(c.body)+len(id)-len(jobID))
			}
			wantTexts(t, d, want, "Job "+id+" could not be read")
			if name != "cut_short" { // It ended before it was an answer.
				wantTexts(t, d, "(request id "+requestID+")")
			}
		})
	}
	// max_retries = 0: one request each.
	s.wantCount(t, len(cases))
}

// values are what attributes shall be, by name.
type values = map[string]knownvalue.Check

type stateCheck func(*tfjson.State) error

func (c stateCheck) CheckState(_ context.Context, req statecheck.CheckStateRequest, resp *statecheck.CheckStateResponse) {
	resp.Error = c(req.State)
}

// exactly checks every attribute of a resource, and that there are no others.
func exactly(address string, want values) statecheck.StateCheck {
	return stateCheck(func(state *tfjson.State) error {
		for _, r := range state.Values.RootModule.Resources {
			if r.Address == address {
				return knownvalue.ObjectExact(want).CheckValue(r.AttributeValues)
			}
		}
		return fmt.Errorf("%s is not in the state", address)
	})
}

// filledJob is the filled job as the service gives it, for a change.
func filledJob(t *testing.T) map[string]any {
	t.Helper()
	decoder := json.NewDecoder(bytes.NewReader(fixture(t, "job-filled.json")))
	decoder.UseNumber()
	var job map[string]any
	if err := decoder.Decode(&job); err != nil {
		t.Fatal(err)
	}
	return job
}

// at returns the object at a place within another.
func at(object map[string]any, place ...any) map[string]any {
	for i := 0; i < len(place); i += 2 {
		name, _ := place[i].(string)
		index, _ := place[i+1].(int)
		list, _ := object[name].([]any)
		object, _ = list[index].(map[string]any)
	}
	return object
}

func clone(object map[string]any) map[string]any {
	copied, _ := deepCopy(object).(map[string]any)
	return copied
}

func deepCopy(value any) any {
	switch value := value.(type) {
	case map[string]any:
		copied := make(map[string]any, len(value))
		for key, element := range value {
			copied[key] = deepCopy(element)
		}
		return copied
	case []any:
		copied := make([]any, len(value))
		for i, element := range value {
			copied[i] = deepCopy(element)
		}
		return copied
	}
	return value
}
