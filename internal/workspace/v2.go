package workspace

import (
	"encoding/json"
	"net/url"
	"strings"
)

// v2 is the API of ShowJobDetail: GET /v2/{project_id}/job/{job_id}. It says the
// same in other words: an unwrapped object, statuses as words, one resource for
// each sub-job, and reasons in the sub-jobs alone.

func v2URL(endpoint *url.URL, projectID, jobID string) *url.URL {
	u := *endpoint
	u.Path += "/v2/" + projectID + "/job/" + jobID
	return &u
}

// v2Statuses is what the words mean. While a sub-job is rolled back or aborted,
// it goes on.
var v2Statuses = map[string]Status{
	"WAITING":  StatusInitializing,
	"RUNNING":  StatusProcessing,
	"ROLLBACK": StatusProcessing,
	"ABORTING": StatusProcessing,
	"SUCCESS":  StatusSuccess,
	"FAILED":   StatusFailed,
	"ABNORMAL": StatusFailed,
}

type v2Task struct {
	ID           text    `json:"id"`
	JobType      text    `json:"job_type"`
	Status       text    `json:"status"`
	BeginTime    instant `json:"begin_time"`
	EndTime      instant `json:"end_time"`
	ErrorCode    text    `json:"error_code"`
	ErrorMessage text    `json:"error_message"`
}

type v2Job struct {
	v2Task

	SubJobsTotal number         `json:"sub_jobs_total"`
	SubJobs      list[v2SubJob] `json:"sub_jobs"`
}

type v2SubJob struct {
	v2Task

	JobResourceInfo list[wireEntity] `json:"job_resource_info"`
}

// decodeV2 reads the body of a 200. Its error is what the body is instead of the
// job.
func decodeV2(body []byte, jobID string) (Job, error) {
	var answer v2Job
	err := json.Unmarshal(body, &answer)
	if err != nil || answer.ID.value == nil && answer.status() == StatusUnknown {
		return Job{}, noJob(body, err)
	}
	if id := answer.ID.value; id != nil && *id != "" && *id != jobID {
		return Job{}, otherJob(*id)
	}
	job := Job{Task: answer.domain(), ID: jobID}
	if total := answer.SubJobsTotal.value; total != nil {
		count, _ := total.Int64()
		job.SubJobsTotal = int(count)
	}
	for _, sub := range answer.SubJobs.items {
		job.SubJobs = append(job.SubJobs, SubJob{
			Task: sub.domain(), ID: sub.ID.value, Entities: entities(sub.JobResourceInfo),
		})
	}
	return job, nil
}

func (w *v2Task) domain() Task {
	return Task{
		Status: w.status(), Operation: w.JobType.value, Word: w.Status.value,
		BeginTime: w.BeginTime.value, EndTime: w.EndTime.value,
		ExecuteCode: w.ErrorCode.value, ExecuteMessage: w.ErrorMessage.value,
	}
}

func (w *v2Task) status() Status {
	if w.Status.value != nil {
		if status, known := v2Statuses[strings.ToUpper(strings.TrimSpace(*w.Status.value))]; known {
			return status
		}
	}
	return StatusUnknown
}
