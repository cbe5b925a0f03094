# Reports the job at every plan and apply, and stops nothing.
check "nightly_reinstall" {
  data "workspace_job" "nightly" {
    job_id = "575768277444198510"
  }

  assert {
    condition     = data.workspace_job.nightly.succeeded
    error_message = "The nightly reinstall: ${data.workspace_job.nightly.failure_reason}"
  }
}
