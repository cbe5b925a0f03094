# Looks once, and stops what depends on the job unless it has succeeded already.
data "workspace_job" "image" {
  job_id = "575768277444198400"

  lifecycle {
    postcondition {
      condition     = self.succeeded
      error_message = "The image cannot be used: ${self.failure_reason}"
    }
  }
}

resource "terraform_data" "rollout" {
  input = data.workspace_job.image.resource_ids
}
