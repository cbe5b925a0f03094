package workspace

import (
	"math/rand/v2"
	"time"
)

// The law of the schedule. A job that has run for long is looked at less often,
// because a late look then costs relatively little:
//
//	age of the job      gap between looks
//	up to 7 s           1 s
//	7 s to 67 s         15 % of the age
//	67 s to 33 min      10 s
//	33 min to 3 h 20    0.5 % of the age
//	above               60 s
//
// and then
//
//	two or more sub-jobs left     × 1.5   the job cannot end before they do
//	the last of several left      ÷ 1.4
//	within 15 % of the expected   ÷ 1.5   the hint is often wrong: it only tightens
//	end
const (
	minGap         = time.Second
	youngShare     = 0.15
	flatGap        = 10 * time.Second
	oldShare       = 0.005
	maxGap         = 60 * time.Second
	severalLeft    = 1.5
	lastLeft       = 1.4
	expected       = 1.5
	expectedWindow = 0.15
	// jitter only shortens, so that the bounds hold.
	jitter = 0.1
)

// Snapshot is what the schedule goes by.
type Snapshot struct {
	// Age is how long the job has been running.
	Age time.Duration
	// SubJobs are listed, Pending of them have not ended.
	SubJobs, Pending int
	// ExpectedAge is the age at which the job is expected to end; 0: not known.
	ExpectedAge time.Duration
}

// Gap is the time from one look to the next, before jitter.
func Gap(s Snapshot) time.Duration {
	age := float64(s.Age)
	gap := min(youngShare*age, max(float64(flatGap), min(float64(maxGap), oldShare*age)))
	gap = max(gap, float64(minGap))
	switch {
	case s.Pending > 1:
		gap *= severalLeft
	case s.Pending == 1 && s.SubJobs > 1:
		gap /= lastLeft
	}
	if off := float64(s.Age - s.ExpectedAge); s.ExpectedAge > 0 &&
		max(off, -off) <= expectedWindow*float64(s.ExpectedAge) {
		gap /= expected
	}
	return time.Duration(max(gap, float64(minGap)))
}

// nextLook is the time until the next look at a job whose wait ends after left:
// after gap, but before the end in any case, early enough for an answer. It is
// negative when the last look has been.
func nextLook(gap, left, roundTrip time.Duration) time.Duration {
	last := left - min(max(2*roundTrip, 100*time.Millisecond), flatGap)
	if last <= 0 {
		return -1
	}
	return min(gap, last)
}

// shorten takes up to a tenth off, so that many waits spread out.
func shorten(d time.Duration) time.Duration {
	return d - time.Duration(rand.Float64()*jitter*float64(d)) //nolint:gosec // No secret.
}

// The pause after a transient fault: 0.25 s, doubled each time up to 8 s.
const (
	firstBackoff = 250 * time.Millisecond
	maxBackoff   = 8 * time.Second
)

// backoff is the pause after so many failures in a row.
func backoff(failures int) time.Duration {
	return min(firstBackoff<<min(failures-1, 10), maxBackoff)
}
