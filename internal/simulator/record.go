package simulator

import (
	"time"
)

// The operations, as [Fault].On, [Request].Operation and [Simulator.Count] name
// them.
const (
	// OperationJob is the query of a job by version 1 of the job API.
	OperationJob = "job"
	// OperationJobV2 is the query of a job by version 2 of the job API.
	OperationJobV2 = "job-v2"
	// OperationToken is the request of a token by password.
	OperationToken = "token"
	// OperationProjects is the list of projects.
	OperationProjects = "projects"
	// OperationAgency is the request of an agency's temporary keys from version 3
	// of IAM.
	OperationAgency = "agency"
	// OperationAgencyV5 is the request of an agency's temporary keys from version
	// 5 of STS.
	OperationAgencyV5 = "agency-v5"
	// OperationMetadataToken is the request of a token for the metadata of an ECS.
	OperationMetadataToken = "metadata-token"
	// OperationMetadataKey is the request of temporary keys from the metadata of
	// an ECS.
	OperationMetadataKey = "metadata-key"
	// OperationUnknown is a request for an address that the simulator does not
	// serve.
	OperationUnknown = "unknown"
)

func operations() []string {
	return []string{
		OperationJob, OperationJobV2, OperationToken, OperationProjects, OperationAgency, OperationAgencyV5,
		OperationMetadataToken, OperationMetadataKey, OperationUnknown,
	}
}

// Credential is a kind of credential.
type Credential string

// The kinds of credentials.
const (
	CredentialToken        Credential = "token"
	CredentialAccessKey    Credential = "access-key"
	CredentialTemporaryKey Credential = "temporary-key"
	CredentialPassword     Credential = "password"
)

// Request is what the simulator remembers of one request. It holds no secret and
// no credential: those are named by their place in the scenario.
type Request struct {
	// Time is when the request arrived, by the clock of the machine without the
	// scenario's skew.
	Time time.Time `json:"time"`
	// RequestID is the X-Request-Id of the answer.
	RequestID string `json:"request_id"`
	Operation string `json:"operation"`
	Method    string `json:"method"`
	// Path is the path as it was sent, without the query.
	Path string `json:"path"`
	// ProjectID is the project in the path, or the one that a token was asked
	// for.
	ProjectID string `json:"project_id,omitempty"`
	JobID     string `json:"job_id,omitempty"`
	// Status is the HTTP status sent; 0 as long as, and if, none was.
	Status int `json:"status"`
	// Fault is the name of the fault that was applied, or "throttle", or
	// "retired".
	Fault string `json:"fault,omitempty"`
	// Credential is the kind of credential that the request came with, "" if
	// with none.
	Credential Credential `json:"credential,omitempty"`
	// Identity is a label of the credential: "token 1", "access key 2" and
	// "user 1" count in the order of the scenario, "issued token 1" and "issued
	// key 1" in the order of issue; "unknown" is none of them.
	Identity string `json:"identity,omitempty"`
}

// Requests returns what has been recorded since the start or the last
// [Simulator.Reset], in the order of arrival.
func (s *Simulator) Requests() []Request {
	s.mu.Lock()
	defer s.mu.Unlock()
	requests := make([]Request, 0, len(s.records))
	for _, record := range s.records {
		requests = append(requests, *record)
	}
	return requests
}

// Count returns the number of recorded requests for an operation, "" being all.
// A request counts from its arrival.
func (s *Simulator) Count(operation string) int {
	s.mu.Lock()
	defer s.mu.Unlock()
	if operation == "" {
		return len(s.records)
	}
	count := 0
	for _, record := range s.records {
		if record.Operation == operation {
			count++
		}
	}
	return count
}

// Reset forgets the recorded requests. Nothing else changes: not the clocks of
// jobs, nor the counts of faults.
func (s *Simulator) Reset() {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.records = nil
}

// OnRequest has observe called with each request when it is over, on the
// request's own goroutine. Call it before the first request.
func (s *Simulator) OnRequest(observe func(Request)) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.observe = observe
}
