terraform {
  required_providers {
    workspace = {
      source = "terraform.local/huaweicloud/workspace"
    }
  }
}

# From the environment, so that no file holds them:
#   export HW_ACCESS_KEY=...
#   export HW_SECRET_KEY=...
provider "workspace" {
  region = "cn-north-4"
}
