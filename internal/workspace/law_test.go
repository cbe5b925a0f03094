package workspace_test

import (
	"fmt"
	"io"
	"net/http"
	"net/url"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"pgregory.net/rapid"

	"terraform.local/huaweicloud/terraform-provider-workspace/internal/auth"
	"terraform.local/huaweicloud/terraform-provider-workspace/internal/transport"
	"terraform.local/huaweicloud/terraform-provider-workspace/internal/workspace"
)

// oneJob answers for a job that began at a given time, without a network.
type oneJob struct {
	roundTrip time.Duration
	begin     time.Time
	ends      time.Duration   // of the job, after begin
	subJobs   []time.Duration // the ends of the others
	expected  time.Duration   // 0: not told
	skew      time.Duration   // of the server's clock
	jump      time.Duration   // of the same, when the job is half an hour old
	noDate    bool
	calls     int
	looks     []time.Duration // when the state was sampled, after begin
}

func (o *oneJob) RoundTrip(*http.Request) (*http.Response, error) {
	o.calls++
	<-time.After(o.roundTrip / 2)
	age := time.Since(o.begin)
	o.looks = append(o.looks, age)
	state := func(end time.Duration) string {
		if age < end {
			return "2"
		}
		return "1"
	}
	clock := func(at time.Duration) string { return o.begin.Add(at + o.skew).UTC().Format(time.RFC3339Nano) }
	var subs []string
	for i, end := range o.subJobs {
		subs = append(subs, fmt.Sprintf(`{"job_id":"%d","job_status":%s}`, i, state(end)))
	}
	body := fmt.Sprintf(`{"job":{"job_id":%q,"job_status":%s,"begin_time":%q,"sub_jobs":[%s]`,
		jobID, state(o.ends), clock(0), strings.Join(subs, ","))
	if age >= o.ends {
		body += fmt.Sprintf(`,"end_time":%q`, clock(o.ends))
	}
	if o.expected != 0 {
		body += fmt.Sprintf(`,"expected_end_time":%q`, clock(o.expected))
	}
	resp := &http.Response{
		StatusCode: http.StatusOK, Header: http.Header{}, Body: io.NopCloser(strings.NewReader(body + "}}")),
	}
	if !o.noDate {
		now := time.Now().Add(o.skew)
		if age > 30*time.Minute {
			now = now.Add(o.jump)
		}
		resp.Header.Set("Date", now.UTC().Format(http.TimeFormat))
	}
	<-time.After(o.roundTrip - o.roundTrip/2)
	return resp, nil
}

func (o *oneJob) client() *workspace.Client {
	carrier := transport.New(transport.Options{RoundTripper: o})
	return workspace.New(workspace.Options{
		HTTP:     carrier,
		Endpoint: &url.URL{Scheme: "http", Host: "service.invalid"},
		Session: auth.NewSession(carrier, &transport.Secrets{}, auth.Config{
			Credential: auth.Token{Value: token}, ProjectID: project,
		}),
	})
}

// TestLatencyIsBounded: whatever the job does, however its clock is set and
// whenever the wait begins, its end is seen within the law's bound, and the looks
// are never crowded.
func TestLatencyIsBounded(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(r *rapid.T) {
		seconds := func(name string, least, most int) time.Duration {
			return time.Duration(rapid.IntRange(least*1000, most*1000).Draw(r, name)) * time.Millisecond
		}
		attach := seconds("the wait begins at the age", 0, 7200)
		o := &oneJob{
			roundTrip: seconds("round trip", 0, 5),
			ends:      attach + seconds("left", 0, 7200),
			expected:  seconds("expected", 0, 20000),
			skew:      seconds("skew", -100000, 100000),
			noDate:    rapid.Bool().Draw(r, "no Date"),
		}
		for i := range rapid.IntRange(0, 5).Draw(r, "sub-jobs") {
			share := rapid.Float64Range(0, 1).Draw(r, fmt.Sprintf("sub-job %d ends at", i))
			o.subJobs = append(o.subJobs, time.Duration(share*float64(o.ends)))
		}
		synctest.Test(t, func(t *testing.T) {
			o.begin = time.Now().Add(-attach)
			if _, err := o.client().WaitJob(t.Context(), jobID, workspace.ReadOptions{Timeout: 24 * time.Hour}); err != nil {
				r.Fatal(err)
			}
			late := time.Since(o.begin) - max(o.ends, attach)
			bound := time.Duration(1.5*float64(workspace.Gap(workspace.Snapshot{Age: o.ends}))) + 2*o.roundTrip
			if late > bound {
				r.Errorf("the end of a job of %s was seen %s late; the bound is %s", o.ends, late, bound)
			}
			for i := 1; i < len(o.looks); i++ {
				if gap := o.looks[i] - o.looks[i-1]; gap < 900*time.Millisecond {
					r.Errorf("two looks within %s", gap)
				}
			}
		})
	})
}

// TestAgeIsTheServers: a wait that begins late goes by the job's age, a clock that
// is off does not matter, and one that jumps does no harm.
func TestAgeIsTheServers(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct {
		job   oneJob
		calls int
	}{
		"an old job, from its middle":        {job: oneJob{ends: 40 * time.Minute}, calls: 119},
		"the same, with a clock a day ahead": {job: oneJob{ends: 40 * time.Minute, skew: 24 * time.Hour}, calls: 119},
		"the same, with a clock a day back":  {job: oneJob{ends: 40 * time.Minute, skew: -24 * time.Hour}, calls: 119},
		"without Date, by the wait's own":    {job: oneJob{ends: 40 * time.Minute, noDate: true}, calls: 146},
		"a clock that jumps ahead":           {job: oneJob{ends: 40 * time.Minute, jump: 24 * time.Hour}, calls: 75},
		"a clock that jumps back":            {job: oneJob{ends: 40 * time.Minute, jump: -24 * time.Hour}, calls: 128},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			synctest.Test(t, func(t *testing.T) {
				o := c.job
				o.begin = time.Now().Add(-20 * time.Minute)
				if _, err := o.client().WaitJob(t.Context(), jobID, workspace.ReadOptions{Timeout: time.Hour}); err != nil {
					t.Fatal(err)
				}
				if late := time.Since(o.begin) - o.ends; late > time.Minute {
					t.Errorf("the end was seen %s late", late)
				}
				// Jitter takes up to a tenth off each gap.
				if o.calls < c.calls-8 || o.calls > c.calls+8 {
					t.Errorf("%d calls, want about %d", o.calls, c.calls)
				}
			})
		})
	}
}
