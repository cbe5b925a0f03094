terraform {
  required_providers {
    workspace = {
      source = "terraform.local/huaweicloud/workspace"
    }
  }
}

# Terraform runs on an ECS that has an agency.
provider "workspace" {
  region       = "cn-north-4"
  ecs_metadata = true
}
