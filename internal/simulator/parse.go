package simulator

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"strings"
)

// ParseScenario reads a scenario from JSON. Fields that it does not know are
// errors, and so is a phase or sub-job without a status. It does not check the
// values; [New] does.
func ParseScenario(data []byte) (Scenario, error) {
	var scenario Scenario
	if err := decodeStrict(data, &scenario); err != nil {
		return Scenario{}, fmt.Errorf("reading the scenario: %w", err)
	}
	var shape struct {
		Jobs []jobShape `json:"jobs"`
	}
	if err := json.Unmarshal(data, &shape); err != nil {
		return Scenario{}, fmt.Errorf("reading the scenario: %w", err)
	}
	for i, job := range shape.Jobs {
		if err := job.check(); err != nil {
			return Scenario{}, fmt.Errorf("reading the scenario: jobs[%d] %w", i, err)
		}
	}
	return scenario, nil
}

// ParseJob reads one job from JSON, by the rules of [ParseScenario].
func ParseJob(data []byte) (Job, error) {
	var job Job
	if err := decodeStrict(data, &job); err != nil {
		return Job{}, fmt.Errorf("reading the job: %w", err)
	}
	var shape jobShape
	if err := json.Unmarshal(data, &shape); err != nil {
		return Job{}, fmt.Errorf("reading the job: %w", err)
	}
	if err := shape.check(); err != nil {
		return Job{}, fmt.Errorf("reading the job: %w", err)
	}
	return job, nil
}

func decodeStrict(data []byte, target any) error {
	decoder := json.NewDecoder(bytes.NewReader(data))
	decoder.DisallowUnknownFields()
	if err := decoder.Decode(target); err != nil {
		if errors.Is(err, io.EOF) {
			return errors.New("it is empty; an empty object is {}")
		}
		return err
	}
	if _, err := decoder.Token(); !errors.Is(err, io.EOF) {
		return errors.New("there is more after the end of the JSON object")
	}
	return nil
}

// jobShape tells which keys are there: a status that is missing would otherwise
// read as 0, a failure.
type jobShape struct {
	Phases []map[string]json.RawMessage `json:"phases"`
}

func (j jobShape) check() error {
	for i, phase := range j.Phases {
		status, raw := hasKey(phase, "status"), hasKey(phase, "raw")
		switch {
		case status && raw:
			return fmt.Errorf("phases[%d]: has both \"status\" and \"raw\"; give one of them", i)
		case !status && !raw:
			return fmt.Errorf("phases[%d]: has no \"status\" (0 failed, 1 success, 2 processing, 3 initializing) and no \"raw\"; give one of them", i)
		}
		var subJobs []map[string]json.RawMessage
		if err := json.Unmarshal(valueOf(phase, "sub_jobs"), &subJobs); err != nil {
			return fmt.Errorf("phases[%d].sub_jobs: %w", i, err)
		}
		for k, subJob := range subJobs {
			if !hasKey(subJob, "status") {
				return fmt.Errorf("phases[%d].sub_jobs[%d]: has no \"status\" (0 failed, 1 success, 2 processing, 3 initializing)", i, k)
			}
		}
	}
	return nil
}

// hasKey compares as encoding/json does when it fills a struct.
func hasKey(object map[string]json.RawMessage, name string) bool {
	for key := range object {
		if strings.EqualFold(key, name) {
			return true
		}
	}
	return false
}

func valueOf(object map[string]json.RawMessage, name string) json.RawMessage {
	for key, value := range object {
		if strings.EqualFold(key, name) {
			return value
		}
	}
	return json.RawMessage("null")
}
