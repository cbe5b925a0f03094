# Waits, and takes a failed job as data: the postcondition decides. Unlike an error
# of the read, it lets `destroy` go on.
data "workspace_job" "upgrade" {
  job_id        = "575768277444198400"
  wait_timeout  = "30m"
  allow_failure = true

  lifecycle {
    postcondition {
      condition     = self.succeeded
      error_message = "The upgrade is not complete: ${self.failure_reason}"
    }
  }
}

resource "terraform_data" "announce" {
  input = data.workspace_job.upgrade.end_time
}
