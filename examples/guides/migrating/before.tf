variable "job_id" {
  type    = string
  default = "575768277444198400"
}

# Before: a loop around curl and jq, on the machine that runs Terraform.
resource "terraform_data" "wait" {
  triggers_replace = [var.job_id]

  provisioner "local-exec" {
    command = <<-EOT
      for _ in $(seq 120); do
        status=$(curl -sf -H "X-Auth-Token: $HW_AUTH_TOKEN" \
          "https://appstream.cn-north-4.myhuaweicloud.com/v1/$HW_PROJECT_ID/job/${var.job_id}" | jq .job.job_status)
        case $status in
          1) exit 0 ;;
          0) exit 1 ;;
        esac
        sleep 30
      done
      exit 1
    EOT
  }
}
