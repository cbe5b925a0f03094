# Waits for all of them side by side. Ends in one error that names every job that
# failed, or still runs after half an hour.
data "workspace_jobs" "servers" {
  job_ids      = ["575768277444198400", "575768277444198500"]
  wait_timeout = "30m"
}

# Created after the last of them has succeeded.
resource "terraform_data" "register" {
  input = data.workspace_jobs.servers.resource_ids
}
