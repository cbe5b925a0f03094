package bench

import (
	"context"
	"fmt"
	"math"
	"math/rand/v2"
	"net/url"
	"slices"
	"strconv"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"terraform.local/huaweicloud/terraform-provider-workspace/internal/auth"
)

// seed fixes all jobs: each stack gets the same ones.
const seed = 943

// A distribution is how long jobs take: the duration below which a part of them
// stays.
type distribution struct {
	name, about string
	// jobs and peerJobs are how many are waited for. They are fewer where a job
	// takes many calls.
	jobs, peerJobs int
	quantile       func(part float64) time.Duration
}

func distributions() []distribution {
	return []distribution{
		{"S", "short: uniform, 1 s to 10 s", 4000, 1000, uniform(time.Second, 10*time.Second)},
		{"M", "mixed: log-normal, 95 % within 30 s to 60 min, median 329 s", 4000, 1000, logNormal(30*time.Second, time.Hour)},
		{"C", "the creation of a server: 15 min 43 s ± 20 %", 1000, 400, uniform(943*time.Second*8/10, 943*time.Second*12/10)},
		{"L", "long: log-normal, 95 % within 1 h to 12 h", 200, 50, logNormal(time.Hour, 12*time.Hour)},
	}
}

// The target is set for this distribution with this many sub-jobs and jobs.
const (
	targetDistribution = "M"
	targetSubJobs      = 5
	targetJobs         = 40_000
)

func (d distribution) count(s stack, subJobs int) int {
	switch {
	case s.name != ourName:
		return max(10, int(s.share*float64(d.peerJobs)))
	case d.name == targetDistribution && subJobs == targetSubJobs:
		return targetJobs
	}
	return d.jobs
}

// average is the mean duration between two quantiles.
func (d distribution) average(from, to float64) time.Duration {
	const steps = 32
	var sum time.Duration
	for i := range steps {
		sum += d.quantile(from + (to-from)*(float64(i)+0.5)/steps)
	}
	return sum / steps
}

func uniform(from, to time.Duration) func(float64) time.Duration {
	return func(part float64) time.Duration { return from + time.Duration(part*float64(to-from)) }
}

// logNormal has 95 % of its values between the two.
func logNormal(from, to time.Duration) func(float64) time.Duration {
	low, high := math.Log(float64(from)), math.Log(float64(to))
	return func(part float64) time.Duration {
		deviations := math.Sqrt2 * math.Erfinv(2*part-1)
		return time.Duration(math.Exp((low+high)/2 + deviations*(high-low)/2/1.96))
	}
}

// job is one job of the in-memory service.
type job struct {
	duration time.Duration
	// subJobs run side by side; they end at these ages, the last with the job.
	subJobs []time.Duration
	// attached is the job's age when the wait begins, offset where in a second it
	// begins: the API's times have no fractions.
	attached, offset time.Duration

	begin time.Time
	calls int
	late  time.Duration
}

// subJobSpread is how much the durations of parallel sub-jobs differ (the sigma
// of their logarithm).
const subJobSpread = 0.3

// drawJobs spreads the durations evenly over the distribution: each job stands for
// one of as many equal parts, and takes as long as that part does on average. So
// ten jobs have the mean of forty thousand, and the stacks can be compared although
// they get different numbers.
func drawJobs(d distribution, count, subJobs int) []*job {
	// Sub-jobs have a source of their own, so that the jobs are the same with them.
	r, subs := rand.New(rand.NewPCG(seed, 1)), rand.New(rand.NewPCG(seed, 2)) //nolint:gosec // No secret.
	attached, offset := uniform(500*time.Millisecond, 3*time.Second), uniform(0, time.Second)
	jobs := make([]*job, count)
	for i, part := range r.Perm(count) {
		j := &job{
			duration: d.average(float64(part)/float64(count), float64(part+1)/float64(count)),
			attached: attached(r.Float64()), offset: offset(r.Float64()),
		}
		lengths := make([]float64, subJobs)
		for k := range lengths {
			lengths[k] = math.Exp(subJobSpread * subs.NormFloat64())
		}
		for _, length := range lengths {
			j.subJobs = append(j.subJobs, time.Duration(length/slices.Max(lengths)*float64(j.duration)))
		}
		jobs[i] = j
	}
	return jobs
}

// figures are what one stack made of one kind of jobs.
type figures struct {
	jobs  int
	calls float64 // per job
	// late is the time from a job's end to its detection, or from the wait's
	// beginning where that was later; relative is the same as a part of the job's
	// duration.
	late, late95         time.Duration
	relative, relative95 float64
}

func figuresOf(jobs []*job) figures {
	f := figures{jobs: len(jobs)}
	late, relative := make([]float64, len(jobs)), make([]float64, len(jobs))
	for i, j := range jobs {
		f.calls += float64(j.calls) / float64(len(jobs))
		late[i] = float64(j.late)
		relative[i] = float64(j.late) / float64(j.duration)
	}
	mean, p95 := meanAndP95(late)
	f.late, f.late95 = time.Duration(mean), time.Duration(p95)
	f.relative, f.relative95 = meanAndP95(relative)
	return f
}

func meanAndP95(values []float64) (mean, p95 float64) {
	slices.Sort(values)
	for _, v := range values {
		mean += v / float64(len(values))
	}
	return mean, values[len(values)*95/100]
}

// A cell is one stack and one kind of jobs.
type cell struct {
	stack, distribution string
	subJobs             int
}

// measureSchedules fills the schedule tables.
func measureSchedules(t *testing.T) map[cell]figures {
	jobs := make(map[cell][]*job)
	t.Run("schedules", func(t *testing.T) {
		for _, s := range stacks() {
			for _, d := range distributions() {
				for _, subJobs := range subJobCounts {
					all := drawJobs(d, d.count(s, subJobs), subJobs)
					jobs[cell{s.name, d.name, subJobs}] = all
					for part := range slices.Chunk(all, perBubble) {
						t.Run(fmt.Sprintf("%s/%s/%d sub-jobs", s.name, d.name, subJobs), func(t *testing.T) {
							t.Parallel()
							waitForAll(t, s, part)
						})
					}
				}
			}
		}
	})
	table := make(map[cell]figures)
	for c, all := range jobs {
		if slices.ContainsFunc(all, func(j *job) bool { return j.calls == 0 }) {
			continue // It was not measured.
		}
		table[c] = figuresOf(all)
	}
	return table
}

var subJobCounts = []int{1, targetSubJobs}

const (
	// workers wait for jobs side by side, each for one after the other. All at once
	// would tell the same: the service has no limit.
	workers = 64
	// perBubble is how many jobs share a virtual clock. Bubbles run in parallel.
	perBubble = 5000
	// endless is longer than any job.
	endless = 30 * 24 * time.Hour
)

// waitForAll has a stack wait for jobs in virtual time.
func waitForAll(t *testing.T, s stack, jobs []*job) {
	synctest.Test(t, func(t *testing.T) {
		wait := s.open(site{
			endpoint: &url.URL{Scheme: "http", Host: "service.invalid"},
			carrier:  &service{jobs}, credential: auth.Token{Value: "token"}, token: "token",
			// Thousands of jobs share a client, and each is to be measured as if it were
			// alone.
			requestsPerMinute: 0,
		})
		var (
			all  sync.WaitGroup
			next = make(chan int)
		)
		for range workers {
			all.Go(func() {
				for i := range next {
					if err := jobs[i].follow(t.Context(), strconv.Itoa(i+1), wait); err != nil {
						t.Errorf("%s, job %d: %v", s.name, i+1, err)
					}
				}
			})
		}
		for i := range jobs {
			next <- i
		}
		close(next)
		all.Wait()
	})
}

func (j *job) follow(ctx context.Context, id string, wait waiter) error {
	if err := pause(ctx, j.offset); err != nil {
		return err
	}
	j.begin = time.Now()
	if err := pause(ctx, j.attached); err != nil {
		return err
	}
	if err := wait(ctx, id, endless); err != nil {
		return err
	}
	age := time.Since(j.begin)
	if age < j.duration {
		return fmt.Errorf("%s too early", j.duration-age)
	}
	j.late = age - max(j.duration, j.attached)
	return nil
}
