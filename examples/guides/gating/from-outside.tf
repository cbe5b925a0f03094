# Set by the pipeline that started the job: TF_VAR_job_id=...
variable "job_id" {
  type        = string
  description = "The job that creates the servers."
  default     = "575768277444198400"
}

resource "workspace_job_completion" "servers" {
  job_id       = var.job_id
  wait_timeout = "1h"
}

resource "terraform_data" "register" {
  input = workspace_job_completion.servers.resource_ids
}
