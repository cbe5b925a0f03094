# The module under test: registers servers when the job that creates them has
# succeeded.
terraform {
  required_providers {
    workspace = {
      source = "terraform.local/huaweicloud/workspace"
    }
  }
}

variable "job_id" {
  type        = string
  description = "The job that creates the servers."
  default     = "575768277444198400"
}

data "workspace_job" "servers" {
  job_id        = var.job_id
  wait_timeout  = "30m"
  allow_failure = true

  lifecycle {
    postcondition {
      condition     = self.succeeded
      error_message = "There is nothing to register: ${self.failure_reason}"
    }
  }
}

resource "terraform_data" "registration" {
  input = data.workspace_job.servers.resource_ids
}

output "registered" {
  value = terraform_data.registration.output
}
