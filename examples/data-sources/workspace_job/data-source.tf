# One look: a job that has failed, or still runs, is no error.
data "workspace_job" "reinstall" {
  job_id = "575768277444198400"
}

output "reinstall" {
  value = {
    status = data.workspace_job.reinstall.status
    reason = data.workspace_job.reinstall.failure_reason
  }
}
