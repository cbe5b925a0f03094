terraform {
  required_providers {
    workspace = {
      source = "terraform.local/huaweicloud/workspace"
    }
  }
}

# The credential comes from the environment: HW_ACCESS_KEY and HW_SECRET_KEY.
provider "workspace" {
  region = "cn-north-4"
}
