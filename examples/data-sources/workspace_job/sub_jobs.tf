data "workspace_job" "batch" {
  job_id = "575768277444198510"
}

# Which servers have failed, and why.
output "failed" {
  value = {
    for s in data.workspace_job.batch.sub_jobs : s.job_id => {
      why     = "${s.execute_code}: ${s.execute_message}"
      servers = s.entities[*].resource_name
    } if s.status == "failed"
  }
}
