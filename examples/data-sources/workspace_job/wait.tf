# Waits until the job has ended. Ends in an error if the job fails, or still runs
# after half an hour.
data "workspace_job" "create" {
  job_id       = "575768277444198400"
  wait_timeout = "30m"
}

output "servers" {
  value = data.workspace_job.create.resource_ids
}
