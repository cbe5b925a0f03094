terraform {
  required_providers {
    workspace = {
      source = "terraform.local/huaweicloud/workspace"
    }
  }
}

variable "profile" {
  type        = string
  description = "Profile in ~/.hcloud/config.json. Null leaves the choice to HW_PROFILE."
  default     = null
}

# The profile's region and project are used, too, where they are not set here.
provider "workspace" {
  profile = var.profile
}
