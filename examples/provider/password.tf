terraform {
  required_providers {
    workspace = {
      source = "terraform.local/huaweicloud/workspace"
    }
  }
}

# From the environment, so that no file holds it:
#   export HW_USER_PASSWORD=...
provider "workspace" {
  region      = "cn-north-4"
  user_name   = "terraform"
  domain_name = "example-account"
}
