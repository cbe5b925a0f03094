package workspace

import (
	"testing"
	"time"
)

// TestGap is the table at the law, value by value.
func TestGap(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		what string
		seen Snapshot
		want time.Duration
	}{
		{"no age yet", Snapshot{}, time.Second},
		{"an age that makes no sense", Snapshot{Age: -time.Hour}, time.Second},
		{"young", Snapshot{Age: 20 * time.Second}, 3 * time.Second},
		{"a minute", Snapshot{Age: time.Minute}, 9 * time.Second},
		{"the flat part", Snapshot{Age: 10 * time.Minute}, 10 * time.Second},
		{"an hour", Snapshot{Age: time.Hour}, 18 * time.Second},
		{"half a day", Snapshot{Age: 12 * time.Hour}, time.Minute},
		{"several sub-jobs left", Snapshot{Age: time.Minute, SubJobs: 3, Pending: 2}, 13500 * time.Millisecond},
		{"one of several left", Snapshot{Age: 70 * time.Second, SubJobs: 3, Pending: 1}, 10 * time.Second * 10 / 14},
		{"one of one left", Snapshot{Age: time.Minute, SubJobs: 1, Pending: 1}, 9 * time.Second},
		{"none left", Snapshot{Age: time.Minute, SubJobs: 3}, 9 * time.Second},
		{"the end is expected", Snapshot{Age: time.Minute, ExpectedAge: 66 * time.Second}, 6 * time.Second},
		{"the end was expected", Snapshot{Age: time.Minute, ExpectedAge: 54 * time.Second}, 6 * time.Second},
		{"the end is not near", Snapshot{Age: time.Minute, ExpectedAge: 51 * time.Minute}, 9 * time.Second},
		{"an expectation that makes no sense", Snapshot{Age: time.Minute, ExpectedAge: -time.Minute}, 9 * time.Second},
		{"the floor holds", Snapshot{Age: 7 * time.Second, SubJobs: 2, Pending: 1, ExpectedAge: 7 * time.Second}, time.Second},
	} {
		if got := Gap(c.seen); got != c.want {
			t.Errorf("%s: got %s, want %s", c.what, got, c.want)
		}
	}
}

// TestCallsOfTheLaw counts the looks at a job with one sub-job, watched from its
// beginning.
func TestCallsOfTheLaw(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		duration time.Duration
		calls    int
	}{
		{5 * time.Second, 6},
		{30 * time.Second, 19},
		{time.Minute, 24},
		{329 * time.Second, 51},
		{943 * time.Second, 112},
		{time.Hour, 336},
		{12 * time.Hour, 1097},
	} {
		calls, age := 1, time.Duration(0)
		for ; age < c.duration; calls++ {
			age += Gap(Snapshot{Age: age, SubJobs: 1, Pending: 1})
		}
		if calls != c.calls {
			t.Errorf("a job of %s: %d calls, want %d", c.duration, calls, c.calls)
		}
	}
}

func TestNextLook(t *testing.T) {
	t.Parallel()
	const s, ms = time.Second, time.Millisecond
	for _, c := range []struct {
		what                       string
		gap, left, roundTrip, want time.Duration
	}{
		{"far from the deadline", 5 * s, 60 * s, 0, 5 * s},
		{"the last look is just before the deadline", 5 * s, 4 * s, 0, 3900 * ms},
		{"and early enough for a slow answer", 5 * s, 4 * s, s, 2 * s},
		{"but never more than ten seconds early", 30 * s, 60 * s, 40 * s, 30 * s},
		{"after it there is none", 5 * s, 100 * ms, 0, -1},
		{"nor after the deadline", 5 * s, -s, 0, -1},
	} {
		if got := nextLook(c.gap, c.left, c.roundTrip); got != c.want {
			t.Errorf("%s: got %s, want %s", c.what, got, c.want)
		}
	}
}

func TestBackoff(t *testing.T) {
	t.Parallel()
	for failures, want := range map[int]time.Duration{
		1: 250 * time.Millisecond, 2: 500 * time.Millisecond, 5: 4 * time.Second, 6: 8 * time.Second, 1000: 8 * time.Second,
	} {
		if got := backoff(failures); got != want {
			t.Errorf("after %d failures: got %s, want %s", failures, got, want)
		}
	}
}

func TestParseRetryAfter(t *testing.T) {
	t.Parallel()
	date := time.Date(2026, 11, 23, 20, 0, 0, 0, time.UTC)
	for header, want := range map[string]time.Duration{
		"7": 7 * time.Second, " 7 ": 7 * time.Second, "0": 0, "-5": 0,
		"86400":                301 * time.Second,
		"99999999999999999999": 301 * time.Second, "-99999999999999999999": 0, "9223372036854775807": 301 * time.Second, "1.5": -1, "": -1, "soon": -1,
		"Mon, 23 Nov 2026 20:00:07 GMT": 7 * time.Second, "Monday, 23-Nov-26 20:00:07 GMT": 7 * time.Second,
		"Mon Nov 23 20:00:07 2026": 7 * time.Second, "Mon, 23 Nov 2026 19:00:00 GMT": 0,
	} {
		got, ok := parseRetryAfter(header, date)
		if !ok {
			got = -1
		}
		if got != want {
			t.Errorf("%q: got %s, want %s", header, got, want)
		}
	}
	if _, ok := parseRetryAfter("Mon, 23 Nov 2026 20:00:07 GMT", time.Time{}); ok {
		t.Error("a date without the server's clock says nothing")
	}
}
