# Waits for all of them, and goes on with those that have succeeded.
data "workspace_jobs" "servers" {
  job_ids       = ["575768277444198400", "575768277444198510"]
  wait_timeout  = "30m"
  allow_failure = true
}

resource "terraform_data" "register" {
  for_each = { for id, job in data.workspace_jobs.servers.jobs : id => job.resource_ids if job.succeeded }

  input = each.value
}
