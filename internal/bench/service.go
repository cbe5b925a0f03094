package bench

import (
	"bytes"
	"context"
	"fmt"
	"io"
	"net/http"
	"path"
	"strconv"
	"time"
)

// roundTrip is the time of one call. The job's state is that of half-way.
const roundTrip = 120 * time.Millisecond

// hintFactor is how much too late a job says that it will end: the one sample of
// the API's documentation was expected after 51 times what it took.
const hintFactor = 51

// service answers for the jobs of a schedule table as version 1 of the API does,
// without connections, so that millions of calls are cheap.
type service struct{ jobs []*job }

func (s *service) RoundTrip(req *http.Request) (*http.Response, error) {
	if req.Body != nil {
		_ = req.Body.Close()
	}
	number, err := strconv.Atoi(path.Base(req.URL.Path))
	if err != nil || number < 1 || number > len(s.jobs) {
		return nil, fmt.Errorf("the bench asked for %s", req.URL.Path)
	}
	j := s.jobs[number-1]
	j.calls++
	// What will be half-way is known now; one timer is cheaper than two.
	sampled := time.Now().Add(roundTrip / 2)
	if err := pause(req.Context(), roundTrip); err != nil {
		return nil, err
	}
	body := j.answer(number, sampled)
	return &http.Response{
		StatusCode: http.StatusOK, Proto: "HTTP/1.1", ProtoMajor: 1, ProtoMinor: 1, Request: req,
		Header: http.Header{
			"Content-Type": {"application/json"}, "Date": {sampled.UTC().Format(http.TimeFormat)},
		},
		Body: io.NopCloser(bytes.NewReader(body)), ContentLength: int64(len(body)),
	}, nil
}

func (j *job) answer(number int, now time.Time) []byte {
	age := now.Sub(j.begin)
	body := fmt.Appendf(make([]byte, 0, 1024), `{"job":{"job_id":"%d","job_type":1,`, number)
	body = j.task(body, age, j.duration)
	body = fmt.Appendf(body, `,"expected_end_time":%q,"execute_code":"","execute_message":"","sub_jobs":[`,
		j.at(hintFactor*j.duration))
	for i, end := range j.subJobs {
		if i > 0 {
			body = append(body, ',')
		}
		body = fmt.Appendf(body, `{"job_id":"%d-%d","job_type":2,"entities":[],`, number, i+1)
		body = append(j.task(body, age, end), '}')
	}
	return append(body, "]}}"...)
}

// task writes what jobs and sub-jobs have in common.
func (j *job) task(body []byte, age, end time.Duration) []byte {
	body = fmt.Appendf(body, `"begin_time":%q,`, j.at(0))
	if age < end {
		return fmt.Appendf(body, `"job_status":%d`, processing)
	}
	return fmt.Appendf(body, `"job_status":%d,"end_time":%q`, succeeded, j.at(end))
}

// at writes a time as the API does: in whole seconds.
func (j *job) at(age time.Duration) string {
	return j.begin.Add(age).UTC().Format(time.RFC3339)
}

func pause(ctx context.Context, d time.Duration) error {
	timer := time.NewTimer(d)
	defer timer.Stop()
	select {
	case <-timer.C:
		return nil
	case <-ctx.Done():
		return ctx.Err()
	}
}
