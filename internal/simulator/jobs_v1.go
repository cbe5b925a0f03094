package simulator

import (
	"encoding/json"
	"fmt"
	"net/http"
	"slices"
	"time"
)

// jobV1Routes is version 1 of the job API (API reference, "Querying Task
// Execution Statuses (discarded)").
func (s *Simulator) jobV1Routes() []route {
	return []route{{
		operation:        OperationJob,
		method:           http.MethodGet,
		path:             "/v1/{project_id}/job/{job_id}",
		version:          VersionV1,
		methodNotAllowed: serviceMethodNotAllowed,
		serve:            s.showJobV1,
	}}
}

func serviceMethodNotAllowed() reply {
	answer := serviceError(http.StatusMethodNotAllowed, "WKS.00000405", "Method not allowed.")
	answer.header = http.Header{"Allow": {http.MethodGet}}
	return answer
}

func (s *Simulator) showJobV1(x *exchange) reply {
	snap, refusal := s.readJob(x)
	if refusal != nil {
		return *refusal
	}
	if snap.phase.Raw != nil {
		return reply{status: http.StatusOK, body: slices.Concat([]byte(`{"job":`), snap.phase.Raw, []byte(`}`))}
	}
	return jsonReply(http.StatusOK, map[string]jobV1{"job": snap.asJobV1(x.params["job_id"])})
}

// readJob is what all versions of the job API have in common: it finds the job,
// or tells why not.
func (s *Simulator) readJob(x *exchange) (snapshot, *reply) {
	if refusal := s.admitJobCall(x); refusal != nil {
		return snapshot{}, refusal
	}
	snap, ok := s.snapshotOf(jobKey{x.params["project_id"], x.params["job_id"]})
	if !ok {
		answer := serviceError(http.StatusNotFound, "WKS.00211902", "The job does not exist.")
		return snapshot{}, &answer
	}
	return snap, nil
}

// admitJobCall is what the gateway checks before any version of the job API.
func (s *Simulator) admitJobCall(x *exchange) *reply {
	projectID := x.params["project_id"]
	if refused := s.authenticate(x, projectID); refused != nil {
		answer := x.gatewayError(http.StatusUnauthorized, refused.code, refused.message)
		return &answer
	}
	if header := x.request.Header.Get("X-Project-Id"); header != "" && header != projectID {
		answer := x.gatewayError(http.StatusForbidden, "APIGW.0310", "The project is unavailable: X-Project-Id is not the project in the path")
		return &answer
	}
	if !s.scenario.accountHas(x.account, projectID) {
		answer := x.gatewayError(http.StatusForbidden, "APIGW.0310", "The project is unavailable")
		return &answer
	}
	return s.throttle(x)
}

// throttleWindow counts the calls of the window with this number.
type throttleWindow struct {
	number int64
	calls  int
}

func (s *Simulator) throttle(x *exchange) *reply {
	limit := s.scenario.Throttle
	if limit == nil {
		return nil
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	number := int64(time.Since(s.started) / time.Duration(limit.Window))
	if number != s.window.number {
		s.window = throttleWindow{number: number}
	}
	if s.window.calls < limit.Limit {
		s.window.calls++
		return nil
	}
	x.record.Fault = "throttle"
	answer := x.gatewayError(http.StatusTooManyRequests, "APIGW.0308", fmt.Sprintf(
		"The throttling threshold has been reached: policy user over ratelimit,limit:%d,time:%s",
		limit.Limit, windowText(time.Duration(limit.Window))))
	return &answer
}

// windowText writes a window as the gateway does: "1 minute", "5 minute".
func windowText(window time.Duration) string {
	for _, unit := range []struct {
		length time.Duration
		name   string
	}{{24 * time.Hour, "day"}, {time.Hour, "hour"}, {time.Minute, "minute"}, {time.Second, "second"}} {
		if window%unit.length == 0 {
			return fmt.Sprintf("%d %s", window/unit.length, unit.name)
		}
	}
	return fmt.Sprintf("%d millisecond", window.Milliseconds())
}

// jobV1 is JobDetail on the wire.
type jobV1 struct {
	JobID           string     `json:"job_id"`
	JobType         int        `json:"job_type"`
	JobStatus       int        `json:"job_status"`
	SubJobs         []subJobV1 `json:"sub_jobs"`
	BeginTime       string     `json:"begin_time"`
	EndTime         string     `json:"end_time,omitempty"`
	ExpectedEndTime string     `json:"expected_end_time,omitempty"`
	ExecuteCode     string     `json:"execute_code"`
	ExecuteMessage  string     `json:"execute_message"`
}

// subJobV1 is SubJobInfo on the wire. The published sample leaves out the last
// two, and expected_end_time is for jobs only.
type subJobV1 struct {
	JobID          string          `json:"job_id"`
	JobType        int             `json:"job_type"`
	JobStatus      int             `json:"job_status"`
	Entities       json.RawMessage `json:"entities"`
	BeginTime      string          `json:"begin_time"`
	EndTime        string          `json:"end_time,omitempty"`
	ExecuteCode    string          `json:"execute_code,omitempty"`
	ExecuteMessage string          `json:"execute_message,omitempty"`
}

func (snap snapshot) asJobV1(id string) jobV1 {
	job := jobV1{
		JobID:           id,
		JobType:         1,
		JobStatus:       snap.phase.Status,
		SubJobs:         []subJobV1{},
		BeginTime:       timeV1(snap.begin),
		EndTime:         timeV1(snap.end),
		ExpectedEndTime: timeV1(snap.expected),
		ExecuteCode:     snap.phase.ExecuteCode,
		ExecuteMessage:  snap.phase.ExecuteMessage,
	}
	for _, sub := range snap.subJobs {
		entities := sub.Entities
		if entities == nil {
			entities = json.RawMessage("[]")
		}
		job.SubJobs = append(job.SubJobs, subJobV1{
			JobID:          sub.ID,
			JobType:        2,
			JobStatus:      sub.Status,
			Entities:       entities,
			BeginTime:      timeV1(sub.begin),
			EndTime:        timeV1(sub.end),
			ExecuteCode:    sub.ExecuteCode,
			ExecuteMessage: sub.ExecuteMessage,
		})
	}
	return job
}

// timeV1 writes a time without fractions, as version 1 does.
func timeV1(t time.Time) string {
	if t.IsZero() {
		return ""
	}
	return t.Format(time.RFC3339)
}
