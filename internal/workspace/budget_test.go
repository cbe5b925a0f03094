package workspace

import (
	"math"
	"net/http"
	"testing"
	"testing/synctest"
	"time"

	"terraform.local/huaweicloud/terraform-provider-workspace/internal/transport"
)

func TestParseLimit(t *testing.T) {
	t.Parallel()
	for message, want := range map[string]struct {
		limit  float64
		window time.Duration
	}{
		"The throttling threshold has been reached: policy user over ratelimit,limit:200,time:1 minute": {200, time.Minute},
		"policy user over ratelimit,limit:200,time:5 minute":                                            {200, 5 * time.Minute},
		"policy ip over ratelimit,limit:5,time:1 second":                                                {5, time.Second},
		"limit: 10 , time: 2 hours":                                                                     {10, 2 * time.Hour},
		"limit:3,time:1 day":                                                                            {3, 24 * time.Hour},
		"limit:0,time:1 minute":                                                                         {},
		"limit:5,time:0 minute":                                                                         {},
		"limit:5,time:1 week":                                                                           {},
		"limit:-5,time:1 minute":                                                                        {},
		"limit:99999999999,time:1 minute":                                                               {},
		"limit:5,time:999999999 day":                                                                    {},
		"The throttling threshold was reached":                                                          {},
		"":                                                                                              {},
	} {
		limit, window, ok := parseLimit(message)
		if limit != want.limit || window != want.window || ok != (want.limit > 0) {
			t.Errorf("%q: got %v in %s (%v), want %v in %s", message, limit, window, ok, want.limit, want.window)
		}
	}
}

func FuzzParseLimit(f *testing.F) {
	f.Add("policy user over ratelimit,limit:200,time:1 minute")
	f.Add("limit:999999999,time:999999999 hour")
	f.Fuzz(func(t *testing.T, message string) {
		limit, window, ok := parseLimit(message)
		if ok != (limit > 0 && window > 0) || !ok && (limit != 0 || window != 0) || math.IsInf(limit, 0) {
			t.Errorf("%q: got %v in %s (%v)", message, limit, window, ok)
		}
	})
}

func FuzzParseRetryAfter(f *testing.F) {
	f.Add("7", "Mon, 23 Nov 2026 20:00:07 GMT")
	f.Add("Mon, 23 Nov 2026 20:00:07 GMT", "Mon Nov 23 20:00:07 2026")
	f.Add("-9223372036854775809", "")
	f.Fuzz(func(t *testing.T, header, date string) {
		at, err := http.ParseTime(date)
		if err != nil {
			at = time.Time{}
		}
		if pause, _ := parseRetryAfter(header, at); pause < 0 {
			t.Errorf("%q at %q: a pause of %s", header, date, pause)
		}
	})
}

// TestThrottle: what a 429 does to the pause and the rate that all share.
func TestThrottle(t *testing.T) {
	t.Parallel()
	const s = time.Second
	tells := "limit:200,time:1 minute"
	for name, c := range map[string]struct {
		perMinute  int
		message    string
		retryAfter string
		pause      time.Duration
		perSecond  float64
		burst      int
	}{
		"a limit is learned":                     {0, tells, "", 30 * s, 160.0 / 60, 20},
		"a higher one than ours changes nothing": {60, tells, "", 30 * s, 1, 20},
		"a small window is a short pause":        {0, "limit:5,time:1 second", "", 2 * s, 4, 1},
		"without a limit the rate is halved":     {160, "slow down", "", 5 * s, 160.0 / 120, 1},
		"and guessed, where there was none":      {0, "slow down", "", 5 * s, 5, 1},
		"Retry-After decides the pause":          {160, tells, "7", 7 * s, 160.0 / 60, 20},
		"up to five minutes":                     {160, tells, "86400", 300 * s, 160.0 / 60, 20},
		"a negative one says nothing":            {160, tells, "-7", 30 * s, 160.0 / 60, 20},
		"nor does a zero":                        {160, tells, "0", 30 * s, 160.0 / 60, 20},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			synctest.Test(t, func(t *testing.T) {
				b := newBudget(c.perMinute)
				refusal := &transport.StatusError{
					Status: http.StatusTooManyRequests, Message: c.message, RetryAfter: c.retryAfter,
				}
				start := time.Now()
				var places []*ticket
				for range 3 { // What was under way together counts once.
					place, err := b.acquire(t.Context(), start, 0)
					if err != nil {
						t.Fatal(err)
					}
					places = append(places, place)
				}
				time.AfterFunc(s, func() {
					for _, place := range places {
						b.release(place, refusal)
					}
				})
				<-time.After(s)
				synctest.Wait()
				if _, err := b.acquire(t.Context(), start, c.pause-1); c.pause > 0 && err != error(refusal) { //nolint:errorlint // The same one.
					t.Errorf("without patience: got %v, want the refusal", err)
				}
				if c.pause > 0 {
					if _, err := b.acquire(t.Context(), start, c.pause); err != nil || time.Since(start) != s+c.pause {
						t.Errorf("admitted after %s with %v, want a pause of %s", time.Since(start)-s, err, c.pause)
					}
				}
				if got := float64(b.bucket.Limit()); math.Abs(got-c.perSecond) > 1e-9 || b.bucket.Burst() != c.burst {
					t.Errorf("%v a second, burst %d; want %v, %d", got, b.bucket.Burst(), c.perSecond, c.burst)
				}
			})
		})
	}
}

// TestGuessedRateGrowsBack step by step, up to ours.
func TestGuessedRateGrowsBack(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		b := newBudget(60)
		ask := func(answer error) {
			place, err := b.acquire(t.Context(), time.Now(), time.Hour)
			if err != nil {
				t.Fatal(err)
			}
			b.release(place, answer)
		}
		ask(&transport.StatusError{Status: http.StatusTooManyRequests})
		for step, want := range []float64{0.5, 0.6, 0.7, 0.8, 0.9, 1, 1} {
			if got := float64(b.bucket.Limit()); math.Abs(got-want) > 1e-9 {
				t.Errorf("after %d answers: %v a second, want %v", step*recoveryAfter, got, want)
			}
			for range recoveryAfter {
				ask(nil)
			}
		}
	})
}

// TestWorkers bounds what is under way, and lets the most overdue go first.
func TestWorkers(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		b := newBudget(0)
		now := time.Now()
		var held []*ticket
		for range workers {
			place, err := b.acquire(t.Context(), now, 0)
			if err != nil {
				t.Fatal(err)
			}
			held = append(held, place)
		}
		var order []int
		for _, overdue := range []int{1, 3, 2} {
			go func() {
				place, err := b.acquire(t.Context(), now.Add(-time.Duration(overdue)*time.Second), 0)
				if err != nil {
					t.Error(err)
				}
				order = append(order, overdue)
				b.release(place, nil)
			}()
		}
		synctest.Wait()
		if len(order) != 0 {
			t.Errorf("%d more than %d requests under way", len(order), workers)
		}
		b.release(held[0], nil)
		synctest.Wait()
		if len(order) != 3 || order[0] != 3 || order[1] != 2 || order[2] != 1 {
			t.Errorf("admitted in the order %v, want the most overdue first", order)
		}
	})
}
