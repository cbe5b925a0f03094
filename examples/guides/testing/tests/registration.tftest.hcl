# The provider's settings and credential come from the environment: test.sh takes
# them from the simulator.

run "registers_the_servers_when_the_job_has_succeeded" {
  variables {
    job_id = "575768277444198600"
  }

  assert {
    condition     = join(" ", output.registered) == "8c1f2a40-0000-4000-8000-000000000001"
    error_message = "Registered: ${jsonencode(output.registered)}"
  }
}

run "stops_when_the_job_has_failed" {
  command = plan

  variables {
    job_id = "575768277444198610"
  }

  expect_failures = [data.workspace_job.servers]
}

run "outlasts_a_disturbance_of_the_service" {
  variables {
    job_id = "575768277444198620"
  }

  assert {
    condition     = data.workspace_job.servers.succeeded
    error_message = data.workspace_job.servers.failure_reason
  }
}
