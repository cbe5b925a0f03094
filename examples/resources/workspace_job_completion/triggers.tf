variable "image_version" {
  type    = string
  default = "2024-06"
}

# Waits anew when the image changes, though the job's id comes from elsewhere.
resource "workspace_job_completion" "reinstall" {
  job_id = "575768277444198400"

  triggers = {
    image = var.image_version
  }
}
