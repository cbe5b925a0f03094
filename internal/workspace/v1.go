package workspace

import (
	"encoding/json"
	"math/big"
	"net/url"
)

// v1 is the API of ShowJob: GET /v1/{project_id}/job/{job_id}.

func v1URL(endpoint *url.URL, projectID, jobID string) *url.URL {
	u := *endpoint
	u.Path += "/v1/" + projectID + "/job/" + jobID
	return &u
}

type v1Answer struct {
	Job *v1Job `json:"job"`
}

type v1Task struct {
	JobID           text    `json:"job_id"`
	JobType         number  `json:"job_type"`
	JobStatus       number  `json:"job_status"`
	BeginTime       instant `json:"begin_time"`
	EndTime         instant `json:"end_time"`
	ExpectedEndTime instant `json:"expected_end_time"`
	ExecuteCode     text    `json:"execute_code"`
	ExecuteMessage  text    `json:"execute_message"`
}

type v1Job struct {
	v1Task

	SubJobs list[v1SubJob] `json:"sub_jobs"`
}

type v1SubJob struct {
	v1Task

	Entities list[wireEntity] `json:"entities"`
}

// decodeV1 reads the body of a 200. Its error is what the body is instead of the
// job.
func decodeV1(body []byte, jobID string) (Job, error) {
	var answer v1Answer
	if err := json.Unmarshal(body, &answer); err != nil || answer.Job == nil {
		return Job{}, noJob(body, err)
	}
	if id := answer.Job.JobID.value; id != nil && *id != "" && *id != jobID {
		return Job{}, otherJob(*id)
	}
	return answer.Job.domain(jobID), nil
}

func (w *v1Job) domain(jobID string) Job {
	job := Job{Task: w.v1Task.domain(), ID: jobID}
	for _, sub := range w.SubJobs.items {
		job.SubJobs = append(job.SubJobs, SubJob{
			Task: sub.domain(), ID: sub.JobID.value, Entities: entities(sub.Entities),
		})
	}
	return job
}

func (w *v1Task) domain() Task {
	return Task{
		Status: v1Status(w.JobStatus.value), Code: w.JobStatus.value, Type: w.JobType.value,
		BeginTime: w.BeginTime.value, EndTime: w.EndTime.value, ExpectedEndTime: w.ExpectedEndTime.value,
		ExecuteCode: w.ExecuteCode.value, ExecuteMessage: w.ExecuteMessage.value,
	}
}

// v1Status gives job_status its meaning. Absence is not 0: that is "failed".
func v1Status(code *big.Float) Status {
	if code == nil || !code.IsInt() {
		return StatusUnknown
	}
	switch code.Text('f', 0) {
	case "0":
		return StatusFailed
	case "1":
		return StatusSuccess
	case "2":
		return StatusProcessing
	case "3":
		return StatusInitializing
	}
	return StatusUnknown
}

// wireEntity is JobResourceInfo, the same in v1 and v2.
type wireEntity struct {
	ResourceID          text                   `json:"resource_id"`
	ResourceName        text                   `json:"resource_name"`
	CloudServiceType    text                   `json:"cloud_service_type"`
	ResourceType        text                   `json:"resource_type"`
	ResourceSpecCode    text                   `json:"resource_spec_code"`
	SpecType            dictionary             `json:"spec_type"`
	SpecSize            number                 `json:"spec_size"`
	Measure             number                 `json:"measure"`
	ProcessedTime       instant                `json:"processed_time"`
	IsMainResource      boolean                `json:"is_main_resource"`
	MainResources       list[wireMainResource] `json:"main_resources"`
	ExtendParams        text                   `json:"extend_params"`
	OldResourceID       text                   `json:"old_resource_id"`
	OldCloudServiceType text                   `json:"old_cloud_service_type"`
	OldResourceType     text                   `json:"old_resource_type"`
}

// wireMainResource is RelativeResource. The API page names it and omits its
// table; the fields are the SDK's.
type wireMainResource struct {
	RelativeResourceID       text   `json:"relative_resource_id"`
	RelativeResourceName     text   `json:"relative_resource_name"`
	RelativeType             number `json:"relative_type"`
	RelativeCloudServiceType text   `json:"relative_cloud_service_type"`
	RelativeResourceType     text   `json:"relative_resource_type"`
	ExtendParams             text   `json:"extend_params"`
}

func entities(wire list[wireEntity]) []Entity {
	var found []Entity
	for _, w := range wire.items {
		e := Entity{
			ResourceID: w.ResourceID.value, ResourceName: w.ResourceName.value,
			CloudServiceType: w.CloudServiceType.value, ResourceType: w.ResourceType.value,
			ResourceSpecCode: w.ResourceSpecCode.value,
			SpecType:         w.SpecType.value, SpecSize: w.SpecSize.value, Measure: w.Measure.value,
			ProcessedTime: w.ProcessedTime.value, IsMainResource: w.IsMainResource.value,
			ExtendParams: w.ExtendParams.value, OldResourceID: w.OldResourceID.value,
			OldCloudServiceType: w.OldCloudServiceType.value, OldResourceType: w.OldResourceType.value,
		}
		for _, m := range w.MainResources.items {
			e.MainResources = append(e.MainResources, MainResource{
				ID: m.RelativeResourceID.value, Name: m.RelativeResourceName.value,
				Type: m.RelativeType.value, CloudServiceType: m.RelativeCloudServiceType.value,
				ResourceType: m.RelativeResourceType.value, ExtendParams: m.ExtendParams.value,
			})
		}
		found = append(found, e)
	}
	return found
}
