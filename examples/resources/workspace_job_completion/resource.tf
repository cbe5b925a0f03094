# Waits once, in apply. Later plans neither wait nor ask the service.
resource "workspace_job_completion" "servers" {
  job_id       = "575768277444198400"
  wait_timeout = "30m"
}

# Created after the job's success.
resource "terraform_data" "register" {
  input = workspace_job_completion.servers.resource_ids
}
