package workspace

import "math/big"

// v1 is the API of ShowJob: GET /v1/{project_id}/job/{job_id}.

func v1Path(projectID, jobID string) string { return "/v1/" + projectID + "/job/" + jobID }

// decodeV1 reads the body of a 200. Its error is what the body is instead of the
// job.
func decodeV1(body []byte, jobID string) (Job, error) {
	job := Job{ID: jobID}
	var (
		id    *string
		found bool
	)
	d := newDecoder(body)
	d.object(func(name []byte) {
		if string(name) != "job" {
			return
		}
		if found = !d.null(); !found {
			return
		}
		d.object(func(name []byte) {
			switch string(name) {
			case "job_id":
				id = d.text()
			case "sub_jobs":
				job.SubJobs = v1SubJobs(d)
			default:
				job.v1Member(d, name)
			}
		})
	})
	if err := d.end(); err != nil || !found {
		return Job{}, noJob(body, err)
	}
	if id != nil && *id != "" && *id != jobID {
		return Job{}, otherJob(*id)
	}
	job.Status = v1Status(job.Code)
	return job, nil
}

func v1SubJobs(d *decoder) (subJobs []SubJob) {
	d.list(func() {
		var sub SubJob
		d.object(func(name []byte) {
			switch string(name) {
			case "job_id":
				sub.ID = d.text()
			case "entities":
				sub.Entities = entities(d)
			default:
				sub.v1Member(d, name)
			}
		})
		sub.Status = v1Status(sub.Code)
		subJobs = append(subJobs, sub)
	})
	return subJobs
}

// v1Member reads what jobs and sub-jobs have in common.
func (t *Task) v1Member(d *decoder, name []byte) {
	switch string(name) {
	case "job_type":
		t.Type = d.number()
	case "job_status":
		t.Code = d.number()
	case "begin_time":
		t.BeginTime = d.instant()
	case "end_time":
		t.EndTime = d.instant()
	case "expected_end_time":
		t.ExpectedEndTime = d.instant()
	case "execute_code":
		t.ExecuteCode = d.text()
	case "execute_message":
		t.ExecuteMessage = d.text()
	}
}

// v1Status gives job_status its meaning. Absence is not 0: that is "failed".
func v1Status(code *big.Float) Status {
	if code == nil {
		return StatusUnknown
	}
	switch i, accuracy := code.Int64(); {
	case accuracy != big.Exact:
		return StatusUnknown
	case i == 0:
		return StatusFailed
	case i == 1:
		return StatusSuccess
	case i == 2:
		return StatusProcessing
	case i == 3:
		return StatusInitializing
	}
	return StatusUnknown
}

// entities reads a list of JobResourceInfo, the same in v1 and v2.
func entities(d *decoder) (found []Entity) {
	d.list(func() {
		var e Entity
		d.object(func(name []byte) {
			switch string(name) {
			case "resource_id":
				e.ResourceID = d.text()
			case "resource_name":
				e.ResourceName = d.text()
			case "cloud_service_type":
				e.CloudServiceType = d.text()
			case "resource_type":
				e.ResourceType = d.text()
			case "resource_spec_code":
				e.ResourceSpecCode = d.text()
			case "spec_type":
				e.SpecType = d.dictionary()
			case "spec_size":
				e.SpecSize = d.number()
			case "measure":
				e.Measure = d.number()
			case "processed_time":
				e.ProcessedTime = d.instant()
			case "is_main_resource":
				e.IsMainResource = d.boolean()
			case "main_resources":
				e.MainResources = mainResources(d)
			case "extend_params":
				e.ExtendParams = d.text()
			case "old_resource_id":
				e.OldResourceID = d.text()
			case "old_cloud_service_type":
				e.OldCloudServiceType = d.text()
			case "old_resource_type":
				e.OldResourceType = d.text()
			}
		})
		found = append(found, e)
	})
	return found
}

// mainResources reads a list of RelativeResource. The API page names it and omits
// its table; the members are the SDK's.
func mainResources(d *decoder) (found []MainResource) {
	d.list(func() {
		var m MainResource
		d.object(func(name []byte) {
			switch string(name) {
			case "relative_resource_id":
				m.ID = d.text()
			case "relative_resource_name":
				m.Name = d.text()
			case "relative_type":
				m.Type = d.number()
			case "relative_cloud_service_type":
				m.CloudServiceType = d.text()
			case "relative_resource_type":
				m.ResourceType = d.text()
			case "extend_params":
				m.ExtendParams = d.text()
			}
		})
		found = append(found, m)
	})
	return found
}
