terraform {
  required_providers {
    workspace = {
      source = "terraform.local/huaweicloud/workspace"
    }
  }
}

# From the environment, so that no file holds it:
#   export HW_AUTH_TOKEN=...
provider "workspace" {
  region     = "cn-north-4"
  project_id = "0a1b2c3d4e5f60718293a4b5c6d7e8f9"
}
