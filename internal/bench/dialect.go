package bench

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"io"
	"net/http"
)

const (
	projectID = "29dfe82ada564ac2b927e1ff036d9a9b"

	succeeded  = 1
	processing = 2
)

func (s site) jobURL(jobID string) string {
	return s.endpoint.JoinPath("v1", projectID, "job", jobID).String()
}

func (s site) request(ctx context.Context, jobID string) (*http.Request, error) {
	req, err := http.NewRequestWithContext(ctx, http.MethodGet, s.jobURL(jobID), nil)
	if err == nil {
		req.Header.Set("X-Auth-Token", s.token)
	}
	return req, err
}

type statusError struct{ code int }

func (e *statusError) Error() string { return http.StatusText(e.code) }

// status is the look of those peers that leave it to their user: one GET.
func (s site) status(ctx context.Context, client *http.Client, jobID string) (int, error) {
	req, err := s.request(ctx, jobID)
	if err != nil {
		return 0, err
	}
	resp, err := client.Do(req)
	if err != nil {
		return 0, err
	}
	defer resp.Body.Close() //nolint:errcheck // The body has been read, or is given up.
	body, err := io.ReadAll(resp.Body)
	if err != nil {
		return 0, err
	}
	if resp.StatusCode != http.StatusOK {
		return 0, &statusError{resp.StatusCode}
	}
	status, ok := statusOf(body)
	if !ok {
		return 0, fmt.Errorf("a body that is not a job: %.40q", body)
	}
	return status, nil
}

func statusOf(body []byte) (int, bool) {
	var answer struct {
		Job *struct {
			Status int `json:"job_status"`
		} `json:"job"`
	}
	if json.Unmarshal(body, &answer) != nil || answer.Job == nil {
		return 0, false
	}
	return answer.Job.Status, true
}

// translated is a client for those peers that speak to a service of their own.
// Whatever they ask, the job is asked for; a good answer comes back in the words
// of say, and anything else as it is.
func (s site) translated(jobID string, say func(jobID string, status int) any) *http.Client {
	client := s.client()
	client.Transport = translator{site: s, carrier: client.Transport, jobID: jobID, say: say}
	return client
}

type translator struct {
	site    site
	carrier http.RoundTripper
	jobID   string
	say     func(jobID string, status int) any
}

func (t translator) RoundTrip(asked *http.Request) (*http.Response, error) {
	if asked.Body != nil {
		_ = asked.Body.Close()
	}
	req, err := t.site.request(asked.Context(), t.jobID)
	if err != nil {
		return nil, err
	}
	resp, err := t.carrier.RoundTrip(req)
	if err != nil {
		return nil, err
	}
	resp.Request = asked
	if resp.StatusCode == http.StatusOK {
		resp.ContentLength = -1
		resp.Header.Del("Content-Length")
		resp.Body = &translation{Closer: resp.Body, from: resp.Body, translator: t}
	}
	return resp, nil
}

// translation is a body that is translated once all of it has come, which is
// when its reader has waited for it.
type translation struct {
	io.Closer
	from       io.Reader
	translator translator
	text       *bytes.Reader
	err        error
}

func (t *translation) Read(p []byte) (int, error) {
	if t.text == nil {
		var body []byte
		body, t.err = io.ReadAll(t.from)
		if status, ok := statusOf(body); ok && t.err == nil {
			body, t.err = json.Marshal(t.translator.say(t.translator.jobID, status))
		}
		t.text = bytes.NewReader(body)
	}
	n, err := t.text.Read(p)
	if err != nil && t.err != nil {
		err = t.err
	}
	return n, err
}
