# By the job's id, in the provider's project.
terraform import workspace_job_completion.servers 575768277444198400

# By the project's id and the job's.
terraform import workspace_job_completion.servers 0a1b2c3d4e5f60718293a4b5c6d7e8f9/575768277444198400
