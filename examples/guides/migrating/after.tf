variable "job_id" {
  type    = string
  default = "575768277444198400"
}

# After: HW_AUTH_TOKEN and HW_PROJECT_ID are read by the provider.
resource "workspace_job_completion" "wait" {
  job_id       = var.job_id
  wait_timeout = "1h"
}
