terraform {
  required_providers {
    workspace = {
      source = "terraform.local/huaweicloud/workspace"
    }
  }
}

# Region, endpoints and credential come from the environment: HW_*.
provider "workspace" {}

# Stands for whatever starts a job and knows its id: another provider, a pipeline,
# a script. The id is unknown until apply, and so the reads below happen there.
resource "terraform_data" "start" {
  input = "575768277444198500"
}

# One look at the job as it begins.
data "workspace_job" "begun" {
  job_id = terraform_data.start.output
}

# The gate: waits until the job has succeeded, and is an error if it does not.
data "workspace_job" "servers" {
  job_id       = data.workspace_job.begun.job_id
  wait_timeout = "2m"
}

# What must not exist before the servers do.
resource "terraform_data" "gated" {
  input = data.workspace_job.servers.resource_ids
}

# Another job, which failed some time ago. Without wait_timeout that is data.
data "workspace_job" "failed" {
  job_id = "575768277444198510"
}

output "status" {
  value = "${data.workspace_job.begun.status}, then ${data.workspace_job.servers.status}"
}

output "sub_jobs" {
  value = [for s in data.workspace_job.servers.sub_jobs : {
    job_id = s.job_id
    status = s.status
    entities = [for e in s.entities :
      "${e.resource_name}: ${e.resource_id}, ${e.resource_spec_code}, ${e.spec_size} GB"
    ]
  }]
}

output "gated_on" {
  value = terraform_data.gated.output
}

output "failure_reason" {
  value = data.workspace_job.failed.failure_reason
}
