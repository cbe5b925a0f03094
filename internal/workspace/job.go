package workspace

import (
	"fmt"
	"math/big"
	"strings"

	"terraform.local/huaweicloud/terraform-provider-workspace/internal/transport"
)

// Status is the state of a job or a sub-job, the same for every version of the
// API.
type Status string

// The statuses. A job ends in StatusSuccess or StatusFailed and in no other.
const (
	StatusInitializing Status = "initializing"
	StatusProcessing   Status = "processing"
	StatusSuccess      Status = "success"
	StatusFailed       Status = "failed"
	// StatusUnknown is a code or word that is not documented, or none at all.
	StatusUnknown Status = "unknown"
)

// Terminal reports whether the status is final.
func (s Status) Terminal() bool { return s == StatusSuccess || s == StatusFailed }

// Task is what a job and a sub-job have in common. A nil pointer is a value that
// the service did not give.
type Task struct {
	Status Status
	// Code and Type are the numbers of v1, job_status and job_type.
	Code, Type *big.Float
	// Operation and Word are those of v2, for the kind of job and its status.
	Operation, Word *string
	// The times are RFC 3339, as given.
	BeginTime, EndTime, ExpectedEndTime *string
	ExecuteCode, ExecuteMessage         *string
}

// Job is a job with its sub-jobs (API pages ShowJob and ShowJobDetail).
type Job struct {
	Task

	ID        string
	ProjectID string
	SubJobs   []SubJob
	// SubJobsTotal is how many there are, listed or not; 0: not told.
	SubJobsTotal int
}

// SubJob is a part of a job with the resources that it concerns.
type SubJob struct {
	Task

	ID       *string
	Entities []Entity
}

// Label names the sub-job in texts.
func (s *SubJob) Label() string {
	if s.ID == nil {
		return "without an id"
	}
	return transport.Clean(*s.ID, maxID)
}

// Entity is a resource that a sub-job concerns (JobResourceInfo).
type Entity struct {
	ResourceID          *string
	ResourceName        *string
	CloudServiceType    *string
	ResourceType        *string
	ResourceSpecCode    *string
	SpecType            map[string]string // Values other than strings are JSON text.
	SpecSize            *big.Float
	Measure             *big.Float
	ProcessedTime       *string
	IsMainResource      *bool
	MainResources       []MainResource
	ExtendParams        *string
	OldResourceID       *string
	OldCloudServiceType *string
	OldResourceType     *string
}

// MainResource is a resource that an entity belongs to (RelativeResource).
type MainResource struct {
	ID               *string
	Name             *string
	Type             *big.Float
	CloudServiceType *string
	ResourceType     *string
	ExtendParams     *string
}

// Succeeded reports whether the job and every one of its sub-jobs succeeded. A
// job's own success does not imply that of its sub-jobs.
func (j *Job) Succeeded() bool {
	return j.Status == StatusSuccess && len(j.unsuccessful()) == 0 && j.Unlisted() == 0
}

// Unlisted is how many sub-jobs the service counts but does not show.
func (j *Job) Unlisted() int { return max(j.SubJobsTotal-len(j.SubJobs), 0) }

// Pending returns the sub-jobs that have not ended.
func (j *Job) Pending() []SubJob {
	return j.subJobs(func(s Status) bool { return !s.Terminal() })
}

func (j *Job) unsuccessful() []SubJob {
	return j.subJobs(func(s Status) bool { return s != StatusSuccess })
}

func (j *Job) subJobs(want func(Status) bool) []SubJob {
	var found []SubJob
	for _, sub := range j.SubJobs {
		if want(sub.Status) {
			found = append(found, sub)
		}
	}
	return found
}

// ResourceIDs returns the distinct ids of the resources over all sub-jobs, in the
// order of their first appearance.
func (j *Job) ResourceIDs() []string {
	ids, seen := []string{}, make(map[string]bool)
	for _, sub := range j.SubJobs {
		for _, e := range sub.Entities {
			if e.ResourceID == nil || *e.ResourceID == "" || seen[*e.ResourceID] {
				continue
			}
			seen[*e.ResourceID] = true
			ids = append(ids, *e.ResourceID)
		}
	}
	return ids
}

// maxListed is how many sub-jobs a text names before it only counts them.
const maxListed = 20

// FailureReason says in one line why the job has not succeeded: codes and
// messages of the job and of the sub-jobs at fault, by id. It is empty if, and
// only if, the job succeeded.
func (j *Job) FailureReason() string {
	if j.Succeeded() {
		return ""
	}
	parts := []string{j.Progress()}
	if reason := j.reason(); reason != "" {
		parts[0] += ": " + reason
	}
	at := j.unsuccessful()
	if !j.Status.Terminal() {
		// While the job runs, unfinished sub-jobs are no fault.
		at = j.subJobs(func(s Status) bool { return s == StatusFailed })
	}
	if j.Status.Terminal() && j.Unlisted() > 0 {
		parts = append(parts, fmt.Sprintf("the service lists only %d of %d sub-jobs", len(j.SubJobs), j.SubJobsTotal))
	}
	explained := j.reason() != ""
	for i, sub := range at {
		if i == maxListed {
			parts = append(parts, fmt.Sprintf("and %d more sub-jobs", len(at)-i))
			break
		}
		text := "sub-job " + sub.Label() + " " + sub.phrase()
		if reason := sub.reason(); reason != "" {
			text += ": " + reason
			explained = true
		}
		parts = append(parts, text)
	}
	if j.Status == StatusFailed && !explained {
		parts[0] += "; the service gave no reason"
	}
	return strings.Join(parts, "; ")
}

// Progress says in a few words how far the job is: "still processing (1 of 3
// sub-jobs done)".
func (j *Job) Progress() string {
	text := j.phrase()
	switch {
	case j.Status == StatusSuccess && len(j.unsuccessful()) > 0:
		text = "reported success, but not all sub-jobs succeeded"
	case j.Status == StatusSuccess && j.Unlisted() > 0:
		text = "reported success, but not all sub-jobs are listed"
	case !j.Status.Terminal() && len(j.SubJobs) > 0:
		text += fmt.Sprintf(" (%d of %d sub-jobs done)", len(j.SubJobs)-len(j.Pending()), len(j.SubJobs)+j.Unlisted())
	}
	return text
}

// phrase is the status in words that follow "the job".
func (t *Task) phrase() string {
	switch t.Status {
	case StatusInitializing, StatusProcessing:
		return "still " + string(t.Status)
	case StatusSuccess:
		return "succeeded"
	case StatusFailed:
		return "failed"
	case StatusUnknown:
	}
	switch {
	case t.Code != nil:
		return fmt.Sprintf("in an unknown state (job_status %s)", t.Code.Text('f', -1))
	case t.Word != nil:
		return fmt.Sprintf("in an unknown state (%s)", transport.Clean(*t.Word, 64))
	}
	return "in an unknown state"
}

// reason joins the code and the message that the service gave.
func (t *Task) reason() string {
	var parts []string
	for _, text := range []*string{t.ExecuteCode, t.ExecuteMessage} {
		if text == nil {
			continue
		}
		if clean := transport.Clean(*text, 1024); clean != "" {
			parts = append(parts, clean)
		}
	}
	return strings.Join(parts, ": ")
}
