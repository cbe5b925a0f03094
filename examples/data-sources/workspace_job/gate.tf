data "workspace_job" "servers" {
  job_id       = "575768277444198400"
  wait_timeout = "30m"
}

# Uses a value of the job, and so is created after its success.
resource "terraform_data" "register" {
  input = data.workspace_job.servers.resource_ids
}

# Uses none, and says that it depends on the job.
resource "terraform_data" "announce" {
  input = "The servers are ready."

  depends_on = [data.workspace_job.servers]
}
