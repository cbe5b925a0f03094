package simulator

import (
	"encoding/json"
	"time"
)

// The jobs of [DefaultScenario].
const (
	// DefaultJobRunning goes from initializing through processing to success
	// within 8 seconds of its first read, with three sub-jobs.
	DefaultJobRunning = "575768277444198410"
	// DefaultJobSucceeded ended in success long ago.
	DefaultJobSucceeded = "575768277444198420"
	// DefaultJobFailed ended in failure, as did one of its two sub-jobs.
	DefaultJobFailed = "575768277444198430"
	// DefaultJobEndless is processing and stays so.
	DefaultJobEndless = "575768277444198440"
	// DefaultJobOfAgency goes from processing to success within 4 seconds of its
	// first read. It is in the project [DefaultAgencyProjectID].
	DefaultJobOfAgency = "575768277444198450"
)

// The agency of another account in [DefaultScenario]. That account has one
// project, which is named as the region.
const (
	DefaultAgencyName       = "simulated-agency"
	DefaultAgencyDomainName = "simulated-other-account"
	DefaultAgencyDomainID   = "d1d2d3d4d5d6d7d8d9dadbdcdddedfd0"
	DefaultAgencyProjectID  = "1b2c3d4e5f60718293a4b5c6d7e8f90a"
)

// DefaultECSAgencyName is the agency that the metadata of [DefaultScenario] gives
// keys of. It is one of the users' own account.
const DefaultECSAgencyName = "simulated-ecs-agency"

// DefaultScenario returns a scenario to start from: one credential of each kind,
// all of them made up, an agency of another account, the metadata of an ECS with
// an agency of the same account, and five jobs, one of them in the other account.
func DefaultScenario() Scenario {
	return Scenario{
		Region:   DefaultRegion,
		Projects: []Project{{ID: DefaultProjectID, Name: DefaultRegion}},
		Users: []User{{
			Name:       "simulated-user",
			ID:         "e0e1e2e3e4e5e6e7e8e9eaebecedeeef",
			Password:   "simulated-password-1",
			DomainName: "simulated-account",
			DomainID:   defaultDomainID,
		}},
		AccessKeys: []AccessKey{
			{Access: "SIMULATEDACCESSKEY01", Secret: "simulated-secret-key-0000000000000000001"},
			{Access: "SIMULATEDACCESSKEY02", Secret: "simulated-secret-key-0000000000000000002", SecurityToken: "simulated-security-token-2"},
		},
		Tokens:        []Token{{Token: "simulated-token-of-the-scenario", ProjectID: DefaultProjectID}},
		TokenLifetime: Duration(defaultTokenLifetime),
		Agencies: []Agency{
			{
				Name:       DefaultAgencyName,
				DomainName: DefaultAgencyDomainName,
				DomainID:   DefaultAgencyDomainID,
				Projects:   []Project{{ID: DefaultAgencyProjectID, Name: DefaultRegion}},
			},
			{Name: DefaultECSAgencyName},
		},
		Metadata: &Metadata{Agency: DefaultECSAgencyName},
		Jobs:     []Job{runningJob(), succeededJob(), failedJob(), endlessJob(), jobOfAgency()},
	}
}

func runningJob() Job {
	subJobs := func(first, second, third int) []SubJob {
		subs := []SubJob{
			{ID: "575768277444198411", Status: first, Entities: server("01", true)},
			{ID: "575768277444198412", Status: second, Entities: server("02", false)},
			{ID: "575768277444198413", Status: third, Entities: server("03", false)},
		}
		for i := range subs {
			if subs[i].Status == StatusSuccess {
				subs[i].ExecuteCode, subs[i].ExecuteMessage = "0", "success"
			}
		}
		return subs
	}
	return Job{
		ID:            DefaultJobRunning,
		FromFirstRead: true,
		ExpectedAfter: seconds(9),
		Phases: []Phase{
			{Status: StatusInitializing},
			{After: seconds(2), Status: StatusProcessing, SubJobs: subJobs(StatusProcessing, StatusInitializing, StatusInitializing)},
			{After: seconds(4), Status: StatusProcessing, SubJobs: subJobs(StatusSuccess, StatusProcessing, StatusInitializing)},
			{After: seconds(6), Status: StatusProcessing, SubJobs: subJobs(StatusSuccess, StatusSuccess, StatusProcessing)},
			{After: seconds(8), Status: StatusSuccess, ExecuteCode: "0", ExecuteMessage: "success", SubJobs: subJobs(StatusSuccess, StatusSuccess, StatusSuccess)},
		},
	}
}

func succeededJob() Job {
	return Job{
		ID:  DefaultJobSucceeded,
		Age: Duration(time.Hour),
		Phases: []Phase{
			{Status: StatusProcessing, SubJobs: []SubJob{{ID: "575768277444198421", Status: StatusProcessing, Entities: server("11", true)}}},
			{
				After: Duration(4 * time.Minute), Status: StatusSuccess, ExecuteCode: "0", ExecuteMessage: "success",
				SubJobs: []SubJob{{ID: "575768277444198421", Status: StatusSuccess, ExecuteCode: "0", ExecuteMessage: "success", Entities: server("11", true)}},
			},
		},
	}
}

func failedJob() Job {
	return Job{
		ID:  DefaultJobFailed,
		Age: Duration(time.Hour),
		Phases: []Phase{
			{Status: StatusProcessing, SubJobs: []SubJob{
				{ID: "575768277444198431", Status: StatusProcessing, Entities: server("21", true)},
				{ID: "575768277444198432", Status: StatusProcessing, Entities: server("22", false)},
			}},
			{
				After: Duration(3 * time.Minute), Status: StatusFailed, ExecuteCode: "WKS.00129901", ExecuteMessage: "1 of 2 servers could not be created.",
				SubJobs: []SubJob{
					{ID: "575768277444198431", Status: StatusSuccess, ExecuteCode: "0", ExecuteMessage: "success", Entities: server("21", true)},
					{ID: "575768277444198432", Status: StatusFailed, ExecuteCode: "WKS.00129901", ExecuteMessage: "The subnet has no free IP address.", Entities: server("22", false)},
				},
			},
		},
	}
}

func endlessJob() Job {
	return Job{
		ID:            DefaultJobEndless,
		Age:           Duration(10 * time.Minute),
		ExpectedAfter: Duration(30 * time.Minute),
		Phases: []Phase{{Status: StatusProcessing, SubJobs: []SubJob{
			{ID: "575768277444198441", Status: StatusProcessing, Entities: server("31", true)},
		}}},
	}
}

func jobOfAgency() Job {
	subJobs := func(status int) []SubJob {
		return []SubJob{{ID: "575768277444198451", Status: status, Entities: server("41", true)}}
	}
	return Job{
		ID:            DefaultJobOfAgency,
		ProjectID:     DefaultAgencyProjectID,
		FromFirstRead: true,
		Phases: []Phase{
			{Status: StatusProcessing, SubJobs: subJobs(StatusProcessing)},
			{After: seconds(4), Status: StatusSuccess, ExecuteCode: "0", ExecuteMessage: "success", SubJobs: subJobs(StatusSuccess)},
		},
	}
}

// server is the list of resources of a sub-job that is about one server, with
// the field names of JobResourceInfo.
func server(number string, isMain bool) json.RawMessage {
	mainCode, relatives := "0", `[{"relative_resource_id":"3f0e0c6a-0000-4000-8000-0000000000a1","relative_resource_name":"simulated-group","relative_type":0,`+
		`"relative_cloud_service_type":"hws.service.type.vdi","relative_resource_type":"hws.resource.type.workspace.appstream","extend_params":""}]`
	if isMain {
		mainCode, relatives = "1", "[]"
	}
	return json.RawMessage(`[{"resource_id":"3f0e0c6a-0000-4000-8000-0000000000` + number + `","resource_name":"app-server-` + number + `",` +
		`"cloud_service_type":"hws.service.type.vdi","resource_type":"hws.resource.type.workspace.appstream",` +
		`"resource_spec_code":"workspace.appstream.general.xlarge.2","spec_type":{"shareable":false,"root":true},"spec_size":80,"measure":17,` +
		`"is_main_resource":` + mainCode + `,"main_resources":` + relatives + `,"extend_params":""}]`)
}

func seconds(n int) Duration {
	return Duration(time.Duration(n) * time.Second)
}
