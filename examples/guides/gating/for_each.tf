data "workspace_job" "servers" {
  job_id       = "575768277444198400"
  wait_timeout = "30m"
}

# One for each server: possible because the job is read at plan.
resource "terraform_data" "server" {
  for_each = toset(data.workspace_job.servers.resource_ids)

  input = each.key
}
