package workspace

import "strings"

// v2 is the API of ShowJobDetail: GET /v2/{project_id}/job/{job_id}. It says the
// same in other words: an unwrapped object, statuses as words, one resource for
// each sub-job, and reasons in the sub-jobs alone.

func v2Path(projectID, jobID string) string { return "/v2/" + projectID + "/job/" + jobID }

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

// decodeV2 reads the body of a 200. Its error is what the body is instead of the
// job.
func decodeV2(body []byte, jobID string) (Job, error) {
	job := Job{ID: jobID}
	var id *string
	d := newDecoder(body)
	d.object(func(name []byte) {
		switch string(name) {
		case "id":
			id = d.text()
		case "sub_jobs_total":
			if total := d.number(); total != nil {
				count, _ := total.Int64()
				job.SubJobsTotal = int(count)
			}
		case "sub_jobs":
			job.SubJobs = v2SubJobs(d)
		default:
			job.v2Member(d, name)
		}
	})
	job.Status = v2Status(job.Word)
	if err := d.end(); err != nil || id == nil && job.Status == StatusUnknown {
		return Job{}, noJob(body, err)
	}
	if id != nil && *id != "" && *id != jobID {
		return Job{}, otherJob(*id)
	}
	return job, nil
}

func v2SubJobs(d *decoder) (subJobs []SubJob) {
	d.list(func() {
		var sub SubJob
		d.object(func(name []byte) {
			switch string(name) {
			case "id":
				sub.ID = d.text()
			case "job_resource_info":
				sub.Entities = entities(d)
			default:
				sub.v2Member(d, name)
			}
		})
		sub.Status = v2Status(sub.Word)
		subJobs = append(subJobs, sub)
	})
	return subJobs
}

// v2Member reads what jobs and sub-jobs have in common.
func (t *Task) v2Member(d *decoder, name []byte) {
	switch string(name) {
	case "job_type":
		t.Operation = d.text()
	case "status":
		t.Word = d.text()
	case "begin_time":
		t.BeginTime = d.instant()
	case "end_time":
		t.EndTime = d.instant()
	case "error_code":
		t.ExecuteCode = d.text()
	case "error_message":
		t.ExecuteMessage = d.text()
	}
}

func v2Status(word *string) Status {
	if word != nil {
		if status, known := v2Statuses[strings.ToUpper(strings.TrimSpace(*word))]; known {
			return status
		}
	}
	return StatusUnknown
}
