package simulator

import (
	"encoding/json"
	"net/http"
	"strconv"
	"time"
)

// DefaultOperation is the operation of a job that names none.
const DefaultOperation = "CREATE_SERVER"

// jobV2Routes is version 2 of the job API (API reference, "Querying the Job
// Details").
func (s *Simulator) jobV2Routes() []route {
	return []route{{
		operation:        OperationJobV2,
		method:           http.MethodGet,
		path:             "/v2/{project_id}/job/{job_id}",
		version:          VersionV2,
		methodNotAllowed: serviceMethodNotAllowed,
		serve:            s.showJobV2,
	}}
}

func (s *Simulator) showJobV2(x *exchange) reply {
	snap, refusal := s.readJob(x)
	switch {
	case refusal != nil:
		return *refusal
	case snap.phase.RawV2 != nil:
		return reply{status: http.StatusOK, body: snap.phase.RawV2}
	case snap.phase.Raw != nil:
		return plainReply(http.StatusInternalServerError, "simulator: this phase of the job is raw and has no raw_v2")
	}
	return jsonReply(http.StatusOK, snap.asJobV2(jobKey{x.params["project_id"], x.params["job_id"]}))
}

// jobV2 is ShowJobDetailResponse on the wire. It has no code, no message and no
// expected end.
type jobV2 struct {
	ID           string     `json:"id"`
	JobType      string     `json:"job_type"`
	BeginTime    string     `json:"begin_time"`
	EndTime      string     `json:"end_time,omitempty"`
	Status       string     `json:"status"`
	SubJobsTotal int        `json:"sub_jobs_total"`
	SubJobs      []subJobV2 `json:"sub_jobs"`
}

// subJobV2 is JobDetailInfo on the wire.
type subJobV2 struct {
	ID              string          `json:"id"`
	JobType         string          `json:"job_type"`
	JobResourceInfo json.RawMessage `json:"job_resource_info,omitempty"`
	BeginTime       string          `json:"begin_time"`
	EndTime         string          `json:"end_time,omitempty"`
	Status          string          `json:"status"`
	ErrorCode       string          `json:"error_code,omitempty"`
	ErrorMessage    string          `json:"error_message,omitempty"`
	ProjectID       string          `json:"project_id"`
	// JobID is the id of the job that this is a part of.
	JobID string `json:"job_id"`
}

func (snap snapshot) asJobV2(key jobKey) jobV2 {
	job := jobV2{
		ID:           key.jobID,
		JobType:      snap.operation,
		BeginTime:    timeV2(snap.begin),
		EndTime:      timeV2(snap.end),
		Status:       statusV2(snap.phase.Status),
		SubJobsTotal: len(snap.subJobs),
		SubJobs:      []subJobV2{},
	}
	if snap.phase.SubJobsTotal != 0 {
		job.SubJobsTotal = snap.phase.SubJobsTotal
	}
	for _, sub := range snap.subJobs {
		status := sub.StatusV2
		if status == "" {
			status = statusV2(sub.Status)
		}
		job.SubJobs = append(job.SubJobs, subJobV2{
			ID:              sub.ID,
			JobType:         snap.operation,
			JobResourceInfo: firstEntity(sub.Entities),
			BeginTime:       timeV2(sub.begin),
			EndTime:         timeV2(sub.end),
			Status:          status,
			ErrorCode:       sub.ExecuteCode,
			ErrorMessage:    sub.ExecuteMessage,
			ProjectID:       key.projectID,
			JobID:           key.jobID,
		})
	}
	return job
}

// statusV2 is version 2's word for a status of version 1. A number without a
// word is served as text.
func statusV2(status int) string {
	switch status {
	case StatusFailed:
		return "FAILED"
	case StatusSuccess:
		return "SUCCESS"
	case StatusProcessing:
		return "RUNNING"
	case StatusInitializing:
		return "WAITING"
	}
	return strconv.Itoa(status)
}

// firstEntity is the first element of a JSON array, nil if there is none.
func firstEntity(entities json.RawMessage) json.RawMessage {
	var list []json.RawMessage
	if err := json.Unmarshal(entities, &list); err != nil || len(list) == 0 {
		return nil
	}
	return list[0]
}

// timeV2 writes a time with milliseconds, as version 2 does.
func timeV2(t time.Time) string {
	if t.IsZero() {
		return ""
	}
	return t.Format("2006-01-02T15:04:05.000Z07:00")
}
