package simulator

import (
	"encoding/json"
	"time"
)

// The statuses of a job and of a sub-job in version 1 of the job API (API
// reference, "Querying Task Execution Statuses", field job_status).
const (
	StatusFailed       = 0
	StatusSuccess      = 1
	StatusProcessing   = 2
	StatusInitializing = 3
)

// DefaultRegion is the region of a scenario that names none.
const DefaultRegion = "cn-north-4"

// DefaultProjectID is the id of the project of a scenario that lists none. It
// is made up.
const DefaultProjectID = "0a1b2c3d4e5f60718293a4b5c6d7e8f9"

const (
	defaultDomainID      = "d0d1d2d3d4d5d6d7d8d9dadbdcdddedf"
	defaultTokenLifetime = 24 * time.Hour
)

// Scenario says what a simulator knows and how it behaves. The zero value is a
// service with one project, no jobs and no credentials; [DefaultScenario] has
// some of each.
type Scenario struct {
	// Region names the default project, and the region in the settings to
	// export. Default: [DefaultRegion].
	Region string `json:"region,omitempty"`
	// Projects are the projects of the account that the users, keys and tokens
	// belong to. Default: one that is named as the region, with the id
	// [DefaultProjectID].
	Projects []Project `json:"projects,omitempty"`
	// Users can get tokens by password.
	Users []User `json:"users,omitempty"`
	// AccessKeys are the keys that signatures are checked against.
	AccessKeys []AccessKey `json:"access_keys,omitempty"`
	// Tokens are tokens that have been issued before the simulator started.
	Tokens []Token `json:"tokens,omitempty"`
	// TokenLifetime is how long a token is valid. Default: 24 hours, as IAM's
	// are ("Obtaining a User Token Through Password Authentication").
	TokenLifetime Duration `json:"token_lifetime,omitempty"`
	// Agencies are the agencies whose temporary keys can be had, by every
	// credential.
	Agencies []Agency `json:"agencies,omitempty"`
	// Metadata makes the machine of the simulator an ECS. Default: it is none, and
	// there is no metadata.
	Metadata *Metadata `json:"metadata,omitempty"`
	// Retired are the versions of the job API that have been taken away from the
	// start: [VersionV1], [VersionV2].
	Retired []string `json:"retired,omitempty"`
	// RetiredAs is the HTTP status of a retired version: 404 with the gateway's
	// APIGW.0101, as of an API that does not exist; 410; or 405, with a code of the
	// service. How the service will retire version 1 is not known. Default: 404.
	RetiredAs int `json:"retired_as,omitempty"`
	// Jobs are the jobs that exist from the start.
	Jobs []Job `json:"jobs,omitempty"`
	// Faults are tried in order; the first that matches a request wins.
	Faults []Fault `json:"faults,omitempty"`
	// Throttle limits the job API, both versions together. Default: no limit.
	Throttle *Throttle `json:"throttle,omitempty"`
	// ClockSkew is how far the server's clock is ahead of the real one; negative:
	// behind. It moves the Date header, the times of jobs and tokens, and the
	// window in which a signature is accepted.
	ClockSkew Duration `json:"clock_skew,omitempty"`
	// LooseProjectFilter makes the list of projects answer to the beginning of
	// a name, so that a client that does not compare names exactly is found out:
	// sub-projects are named <region>_<name>.
	LooseProjectFilter bool `json:"loose_project_filter,omitempty"`
}

// Project is an IAM project.
type Project struct {
	ID   string `json:"id"`
	Name string `json:"name"`
}

// User is an IAM user who may get tokens by password.
type User struct {
	Name string `json:"name"`
	// ID defaults to a made-up one that depends on the name alone.
	ID       string `json:"id,omitempty"`
	Password string `json:"password"`
	// DomainName is the name of the account. Required unless the user is only
	// ever named by ID.
	DomainName string `json:"domain_name,omitempty"`
	// DomainID defaults to a made-up one, the same for all.
	DomainID string `json:"domain_id,omitempty"`
}

// AccessKey is an AK/SK pair; with a security token it is a temporary one.
type AccessKey struct {
	Access        string `json:"access"`
	Secret        string `json:"secret"`
	SecurityToken string `json:"security_token,omitempty"`
}

// Token is an IAM token that has been issued already.
type Token struct {
	Token string `json:"token"`
	// ProjectID is the project that the token is for. Default: the first one.
	ProjectID string `json:"project_id,omitempty"`
	// ExpiresIn is the rest of the token's life when the simulator starts.
	// Default: [Scenario.TokenLifetime].
	ExpiresIn Duration `json:"expires_in,omitempty"`
}

// Throttle is a limit of the job API in fixed windows, the first of which begins
// with the simulator. Calls above the limit get a 429 with APIGW.0308 and do not
// count. Calls that a fault answered or whose credential was refused do not
// count either.
type Throttle struct {
	// Limit is the number of calls that one window lets through.
	Limit int `json:"limit"`
	// Window is the length of a window.
	Window Duration `json:"window"`
}

// Job is a job and its timeline.
type Job struct {
	ID string `json:"id"`
	// ProjectID is the project of the job, which may be one of an agency's
	// account. Default: the first one.
	ProjectID string `json:"project_id,omitempty"`
	// Operation is the job_type of the job and its sub-jobs in version 2 (API
	// reference, "Querying the Job Details"); version 1 has none. Default:
	// [DefaultOperation].
	Operation string `json:"operation,omitempty"`
	// FromFirstRead starts the job's clock with the first request that names the
	// job, answered or not; otherwise it starts when the job is added.
	FromFirstRead bool `json:"from_first_read,omitempty"`
	// Age is how old the job already is when its clock starts.
	Age Duration `json:"age,omitempty"`
	// ExpectedAfter, if positive, gives the job an expected_end_time this long
	// after its beginning.
	ExpectedAfter Duration `json:"expected_after,omitempty"`
	// Phases are the states that the job goes through, in order of time. Before
	// the first one begins the job is not found.
	Phases []Phase `json:"phases"`
}

// Phase is the state of a job from a moment on: a status with what belongs to
// it, or the whole job object as raw JSON.
type Phase struct {
	// After is the age of the job at which the phase begins.
	After Duration `json:"after,omitempty"`
	// Status is the job_status. In JSON it must be given unless Raw is: its zero
	// value is a failed job.
	Status         int      `json:"status"`
	ExecuteCode    string   `json:"execute_code,omitempty"`
	ExecuteMessage string   `json:"execute_message,omitempty"`
	SubJobs        []SubJob `json:"sub_jobs,omitempty"`
	// SubJobsTotal is the sub_jobs_total of version 2. Default: the number of
	// SubJobs.
	SubJobsTotal int `json:"sub_jobs_total,omitempty"`
	// Raw is the job object, served verbatim under "job" by version 1. Version 2
	// answers 500 unless there is RawV2.
	Raw json.RawMessage `json:"raw,omitempty"`
	// RawV2 is the whole body that version 2 serves, verbatim. It may stand beside
	// Raw or a Status, which are for version 1 then.
	RawV2 json.RawMessage `json:"raw_v2,omitempty"`
}

// SubJob is the state of one sub-job in one phase.
type SubJob struct {
	ID string `json:"id"`
	// Status must be given in JSON: its zero value is a failed sub-job.
	Status int `json:"status"`
	// StatusV2 is the status in version 2, served as it is, where there are
	// statuses that version 1 cannot tell: ABNORMAL, ROLLBACK, ABORTING. Default:
	// that of Status. Whether the sub-job has an end is up to Status.
	StatusV2       string `json:"status_v2,omitempty"`
	ExecuteCode    string `json:"execute_code,omitempty"`
	ExecuteMessage string `json:"execute_message,omitempty"`
	// Entities is the list of resources as JSON, served as it is by version 1.
	// Version 2 serves the first one, if there is one. Default: [].
	Entities json.RawMessage `json:"entities,omitempty"`
}

// MarshalJSON leaves the status out of a raw phase, which has none.
func (p Phase) MarshalJSON() ([]byte, error) {
	if p.Raw != nil {
		return json.Marshal(struct {
			After Duration        `json:"after,omitempty"`
			Raw   json.RawMessage `json:"raw"`
			RawV2 json.RawMessage `json:"raw_v2,omitempty"`
		}{p.After, p.Raw, p.RawV2})
	}
	type plain Phase
	return json.Marshal(plain(p))
}

// Fault is something that goes wrong with requests of any operation. The first
// fault in order that matches a request is applied to it; a fault whose Skip or
// Times lets the request through leaves it to those after it.
//
// Delay comes first. Then Hang, Reset and Close leave the request without an
// answer. Otherwise, if Status or Body is given, they are the answer; if not, it
// is the regular one. Headers, Truncate, Oversize, Drip and Gzip change the
// answer, whichever it is.
type Fault struct {
	// Name shows in the record of requests. Default: "fault <n>".
	Name string `json:"name,omitempty"`
	// On is the operation that the fault is for, one of the Operation constants;
	// "" is any.
	On string `json:"on,omitempty"`
	// JobID limits the fault to requests for this job.
	JobID string `json:"job_id,omitempty"`
	// Skip is the number of matching requests to let through first.
	Skip int `json:"skip,omitempty"`
	// Times is the number of requests to hit after those; 0 is all.
	Times int `json:"times,omitempty"`
	// After and Until bound the time since the simulator's start in which the
	// fault is there; an Until of 0 is no end.
	After Duration `json:"after,omitempty"`
	Until Duration `json:"until,omitempty"`

	// Status is the HTTP status of the answer, 200 to 599. Default with a Body:
	// 200.
	Status int `json:"status,omitempty"`
	// Headers are set on the answer; an empty value removes the header.
	Headers map[string]string `json:"headers,omitempty"`
	// Body is sent verbatim; together with a Status it may be empty.
	Body string `json:"body,omitempty"`

	// Delay passes before anything is sent.
	Delay Duration `json:"delay,omitempty"`
	// Hang keeps the request waiting until the client gives up.
	Hang bool `json:"hang,omitempty"`
	// Reset ends a TCP connection with RST before any header, any other kind of
	// connection like Close.
	Reset bool `json:"reset,omitempty"`
	// Close ends the connection before any header, which a client sees as EOF. Of
	// its own accord Go's client repeats a GET that meets this, or a reset, on a
	// connection that it has used before: the record then has one request more
	// than the client's user made.
	Close bool `json:"close,omitempty"`
	// Truncate, if positive, ends the connection after so many bytes of a body
	// whose full length has been announced.
	Truncate int `json:"truncate,omitempty"`
	// Oversize puts blanks in front of the body until the whole has so many
	// bytes. It still is the same JSON, and no length is announced.
	Oversize int64 `json:"oversize,omitempty"`
	// Drip is the pause before each byte of the body.
	Drip Duration `json:"drip,omitempty"`
	// Gzip compresses the body, asked for or not; with Oversize it is a small
	// answer that becomes a big one.
	Gzip bool `json:"gzip,omitempty"`
}
