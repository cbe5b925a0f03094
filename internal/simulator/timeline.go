package simulator

import (
	"fmt"
	"slices"
	"time"
)

type jobKey struct {
	projectID, jobID string
}

// jobState is a job and its clock.
type jobState struct {
	job Job
	// clock is when the job was as old as its Age says; zero: not started.
	clock time.Time
}

// AddJob adds a job. Its clock starts now unless it starts with the first read.
func (s *Simulator) AddJob(job Job) error {
	if job.ProjectID == "" {
		job.ProjectID = s.scenario.Projects[0].ID
	}
	if !s.scenario.knowsProject(job.ProjectID) {
		return fmt.Errorf("job %q: project_id %q is none of the scenario's projects", job.ID, job.ProjectID)
	}
	if job.Operation == "" {
		job.Operation = DefaultOperation
	}
	if err := job.validate(); err != nil {
		return fmt.Errorf("job %q: %w", job.ID, err)
	}

	s.mu.Lock()
	defer s.mu.Unlock()
	key := jobKey{job.ProjectID, job.ID}
	if _, exists := s.jobs[key]; exists {
		return fmt.Errorf("job %q: there is one with this id in project %s already; use another id", job.ID, job.ProjectID)
	}
	state := &jobState{job: job}
	if !job.FromFirstRead {
		state.clock = time.Now()
	}
	s.jobs[key] = state
	return nil
}

// startJobClock is called with s.mu held.
func (s *Simulator) startJobClock(key jobKey) {
	if state, ok := s.jobs[key]; ok && state.clock.IsZero() {
		state.clock = time.Now()
	}
}

// snapshot is a job at one moment, in no particular version of the API. Times
// are by the server's clock; a zero time is none.
type snapshot struct {
	operation string
	phase     Phase
	begin     time.Time
	end       time.Time
	expected  time.Time
	subJobs   []subJobSnapshot
}

type subJobSnapshot struct {
	SubJob
	begin time.Time
	end   time.Time
}

// snapshotOf tells what has become of a job. A job that does not exist, or whose
// first phase has not begun, is not there.
func (s *Simulator) snapshotOf(key jobKey) (snapshot, bool) {
	s.mu.Lock()
	state, ok := s.jobs[key]
	var clock time.Time
	if ok {
		clock = state.clock
	}
	s.mu.Unlock()
	if !ok || clock.IsZero() {
		return snapshot{}, false
	}

	job := state.job
	born := clock.Add(-time.Duration(job.Age))
	age := time.Since(born)
	current := -1
	for i, phase := range job.Phases {
		if time.Duration(phase.After) <= age {
			current = i
		}
	}
	if current < 0 {
		return snapshot{}, false
	}

	at := func(d Duration) time.Time { return s.serverTime(born.Add(time.Duration(d))) }
	snap := snapshot{operation: job.Operation, phase: job.Phases[current], begin: at(0)}
	if job.ExpectedAfter > 0 {
		snap.expected = at(job.ExpectedAfter)
	}
	past := job.Phases[:current+1]
	if ended(snap.phase.Status) {
		since := phaseSince(past, func(p Phase) bool { return p.Raw == nil && p.Status == snap.phase.Status })
		snap.end = at(past[since].After)
	}
	for _, subJob := range snap.phase.SubJobs {
		first := slices.IndexFunc(past, func(p Phase) bool { return findSubJob(p, subJob.ID) != nil })
		sub := subJobSnapshot{SubJob: subJob, begin: at(past[first].After)}
		if ended(subJob.Status) {
			since := phaseSince(past, func(p Phase) bool {
				found := findSubJob(p, subJob.ID)
				return found != nil && found.Status == subJob.Status
			})
			sub.end = at(past[since].After)
		}
		snap.subJobs = append(snap.subJobs, sub)
	}
	return snap, true
}

func ended(status int) bool {
	return status == StatusFailed || status == StatusSuccess
}

// phaseSince is the index of the phase from which on all have held; the last one
// does.
func phaseSince(phases []Phase, holds func(Phase) bool) int {
	since := len(phases) - 1
	for since > 0 && holds(phases[since-1]) {
		since--
	}
	return since
}

func findSubJob(phase Phase, id string) *SubJob {
	for i := range phase.SubJobs {
		if phase.SubJobs[i].ID == id {
			return &phase.SubJobs[i]
		}
	}
	return nil
}
