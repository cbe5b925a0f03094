terraform {
  required_providers {
    workspace = {
      source = "terraform.local/huaweicloud/workspace"
    }
  }
}

# The credential that assumes the agency is one of the others, here access keys:
#   export HW_ACCESS_KEY=...
#   export HW_SECRET_KEY=...
provider "workspace" {
  region = "cn-north-4"

  assume_role {
    agency_name = "read-workspace-jobs"
    domain_name = "example-other-account"
    duration    = 3600
  }
}
