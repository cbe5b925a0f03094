package workspace

import (
	"errors"
	"fmt"
	"time"

	"github.com/go-json-experiment/json/jsontext"

	"terraform.local/huaweicloud/terraform-provider-workspace/internal/transport"
)

// AnswerError is an answer of 200 that does not hold the job.
type AnswerError struct {
	Host string
	// Problem says what the body is instead.
	Problem   string
	RequestID string
}

func (e *AnswerError) Error() string {
	text := fmt.Sprintf("%s answered 200 without the job: %s", e.Host, e.Problem)
	if e.RequestID != "" {
		text += fmt.Sprintf(" (request id %s)", e.RequestID)
	}
	return text
}

// noJob says what a body is that is not an answer with a job. err is that of its
// decoding, if any.
func noJob(body []byte, err error) error {
	problem := transport.ParseProblem(body)
	var (
		syntax *jsontext.SyntacticError
		kind   *kindError
	)
	switch {
	case problem.Found:
		return errors.New("an error instead: " +
			transport.Clean(problem.Code, 64) + ": " + transport.Clean(problem.Message, 1024))
	case err == nil:
		return errors.New("JSON that holds no job")
	case errors.As(err, &syntax) && len(body) > 0 && (body[0] == '{' || body[0] == '['):
		return fmt.Errorf("JSON that is broken or cut short after %d bytes", syntax.ByteOffset)
	case errors.As(err, &kind) && (kind.at != "" || jsontext.Value(body).IsValid()):
		return kind
	}
	return errors.New(transport.Clean(problem.Message, 256))
}

func otherJob(id string) error {
	return fmt.Errorf("another job's id, %q", transport.Clean(id, maxID))
}

// An Outcome says how a read ended that did not bring what was asked for.
type Outcome string

// The outcomes of an Error.
const (
	// OutcomeFailed is a waited job that ended without success.
	OutcomeFailed Outcome = "failed"
	// OutcomeTimedOut is a wait that ran out.
	OutcomeTimedOut Outcome = "timed out"
	// OutcomeInterrupted is a read that its caller ended.
	OutcomeInterrupted Outcome = "interrupted"
	// OutcomeUnreadable is a job that could not be read; Cause says why.
	OutcomeUnreadable Outcome = "unreadable"
)

// Error is a read or a wait that did not bring what was asked for, with all that
// was seen on the way.
type Error struct {
	Outcome Outcome
	JobID   string
	// Timeout is the wait's limit; 0: it was a plain read.
	Timeout time.Duration
	// Elapsed is the time since the read began, Calls the requests for the job in
	// that time.
	Elapsed time.Duration
	Calls   int
	// Last is the job as last seen; nil: never. SinceChange is how long ago its
	// status had changed, as far as this wait has seen it.
	Last        *Job
	SinceChange time.Duration
	// Overdue is how long ago a look was due that had no answer yet: in the queue for
	// the budget of requests, in a pause, or sent.
	Overdue time.Duration
	// Cause is the last error of a request; nil: the last one was answered.
	Cause error
}

func (e *Error) Error() string {
	text := fmt.Sprintf("job %s: %s after %s and %d calls", e.JobID, e.Outcome, e.Elapsed.Round(time.Millisecond), e.Calls)
	if e.Last != nil {
		text += ", " + e.Last.Progress()
	}
	if e.Cause != nil {
		text += ": " + e.Cause.Error()
	}
	return text
}

func (e *Error) Unwrap() error { return e.Cause }

// JobsError is a read of many jobs of which some did not bring what was asked for.
type JobsError struct {
	// Failures are in the order in which the jobs were listed.
	Failures []*Error
	// Total is how many jobs were asked for.
	Total int
}

func (e *JobsError) Error() string {
	return fmt.Sprintf("%d of %d jobs: %v", len(e.Failures), e.Total, e.Failures[0])
}
