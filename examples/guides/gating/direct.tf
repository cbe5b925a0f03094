# Stands for the resource that starts a job and knows its id.
resource "terraform_data" "start" {
  input = "575768277444198400"
}

# Read in apply: Terraform sees that the id belongs to a resource that will change.
data "workspace_job" "direct" {
  job_id       = terraform_data.start.input
  wait_timeout = "30m"
}

locals {
  job_id = terraform_data.start.input
}

# Read at plan, before anything has started: the local hides the resource.
data "workspace_job" "through_a_local" {
  job_id       = local.job_id
  wait_timeout = "30m"
}
