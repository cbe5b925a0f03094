# One look at each: jobs that have failed, or still run, are no error.
data "workspace_jobs" "nightly" {
  job_ids = ["575768277444198400", "575768277444198510"]
}

output "nightly" {
  value = {
    failed  = data.workspace_jobs.nightly.failed_job_ids
    pending = data.workspace_jobs.nightly.pending_job_ids
    reasons = { for id, job in data.workspace_jobs.nightly.jobs : id => job.failure_reason if !job.succeeded }
  }
}
