package workspace

import "time"

// The log of a poll: a line for each look, and one that stands out for each
// change. It never holds bodies or messages of the service.

func (p *poll) logLook(l look) {
	log := p.client.log
	if log == nil {
		return
	}
	job := &l.job
	log.Debug(p.ctx, "looked at the job", map[string]any{
		"job_id": p.key.jobID, "status": string(job.Status), "call": p.calls,
		"sub_jobs": len(job.SubJobs), "sub_jobs_pending": len(job.Pending()),
	})
	before := make(map[string]Status)
	if p.last != nil {
		for _, sub := range p.last.SubJobs {
			before[sub.Label()] = sub.Status
		}
	}
	for _, sub := range job.SubJobs {
		if was, known := before[sub.Label()]; p.last != nil && (!known || was != sub.Status) {
			log.Info(p.ctx, "a sub-job's status changed", map[string]any{
				"job_id": p.key.jobID, "sub_job_id": sub.Label(), "status": string(sub.Status), "before": string(was),
			})
		}
	}
	if p.last != nil && p.last.Status == job.Status {
		return
	}
	fields := map[string]any{"job_id": p.key.jobID, "status": string(job.Status), "call": p.calls}
	if p.last != nil {
		fields["before"] = string(p.last.Status)
		date := l.answer.Date()
		if end, ok := parseTime(job.EndTime); ok && job.Status.Terminal() && !date.IsZero() {
			// By the server's clock alone.
			fields["detected_after_ms"] = date.Sub(end).Milliseconds()
		}
	}
	log.Info(p.ctx, "the job's status changed", fields)
}

func (p *poll) logFailure(err error, pause time.Duration, again bool) {
	log := p.client.log
	if log == nil {
		return
	}
	fields := map[string]any{"job_id": p.key.jobID, "call": p.calls, "error": err.Error(), "again": again}
	if again {
		fields["pause_ms"] = pause.Milliseconds()
	}
	log.Warn(p.ctx, "could not read the job", fields)
}
