package simulator

import (
	"bytes"
	"encoding/json"
	"reflect"
	"strings"
	"testing"
	"time"
)

// fullScenario has a value in every field.
func fullScenario() Scenario {
	scenario := DefaultScenario()
	scenario.Throttle = &Throttle{Limit: 200, Window: Duration(time.Minute)}
	scenario.ClockSkew = Duration(-90 * time.Second)
	scenario.LooseProjectFilter = true
	scenario.Retired, scenario.RetiredAs = []string{VersionV1}, 410
	scenario.Metadata = &Metadata{Agency: DefaultECSAgencyName, KeyLifetime: seconds(900), RequireToken: true, TokenStatus: 405}
	scenario.Tokens[0].ExpiresIn = seconds(30)
	scenario.Jobs = append(scenario.Jobs, Job{ID: "raw", ProjectID: DefaultProjectID, Operation: "DELETE_SERVER", Phases: []Phase{
		{Raw: json.RawMessage("null")},
		{After: Duration(1500 * time.Millisecond), Raw: json.RawMessage(`{"job_id":575768277444198400}`), RawV2: json.RawMessage("[]")},
		{After: seconds(2), Status: StatusProcessing, SubJobsTotal: 2, SubJobs: []SubJob{{ID: "one", Status: StatusProcessing, StatusV2: "ROLLBACK"}}},
		{After: seconds(3), Status: StatusSuccess, RawV2: json.RawMessage(`{"id":"raw"}`)},
	}})
	scenario.Faults = []Fault{
		{
			Name: "all", On: OperationJob, JobID: "raw", Skip: 1, Times: 2, After: seconds(1), Until: seconds(2),
			Status: 503, Headers: map[string]string{"Retry-After": "7"}, Body: "<html>\n", Delay: seconds(3), Truncate: 5,
			Drip: seconds(6), Gzip: true,
		},
		{Hang: true}, {Reset: true}, {Close: true}, {Oversize: 1 << 40},
	}
	return scenario
}

func TestScenarioRoundTrip(t *testing.T) {
	t.Parallel()
	for name, want := range map[string]Scenario{"empty": {}, "default": DefaultScenario(), "full": fullScenario()} {
		data, err := json.Marshal(want)
		if err != nil {
			t.Fatal(err)
		}
		got, err := ParseScenario(data)
		if err != nil {
			t.Fatalf("%s: %v in %s", name, err, data)
		}
		if !reflect.DeepEqual(got, want) {
			t.Errorf("%s: got %+v, want %+v", name, got, want)
		}
		if _, err := New(got); err != nil {
			t.Errorf("%s: %v", name, err)
		}
	}
}

func TestParseScenarioIsStrict(t *testing.T) {
	t.Parallel()
	for text, want := range map[string]string{
		``:                       "empty",
		`{} {}`:                  "more after",
		`{"regoin":"x"}`:         "regoin",
		`{"clock_skew":3}`:       "clock_skew",
		`{"clock_skew":"3"}`:     "not a duration",
		`{"jobs":[{"id":1}]}`:    "id",
		`{"jobs":[{"ids":"1"}]}`: "ids",
		`{"jobs":[{"id":"1","phases":[{"after":"1s"}]}]}`:                          `no "status"`,
		`{"jobs":[{"id":"1","phases":[{"status":1,"raw":{}}]}]}`:                   `both "status" and "raw"`,
		`{"jobs":[{"id":"1","phases":[{"status":1,"sub_jobs":[{"id":"s"}]}]}]}`:    `sub_jobs[0]: has no "status"`,
		`{"jobs":[{"id":"1","phases":[{"status":1,"sub_jobs":[{"job_id":""}]}]}]}`: "job_id",
		`{"jobs":[{"id":"1","phases":[{"raw_v2":{}}]}]}`:                           `no "status"`,
		`{"agencies":[{"domain":"x"}]}`:                                            "domain",
		`{"metadata":{"token":true}}`:                                              "token",
		`{"faults":[{"status":"503"}]}`:                                            "status",
		`{"faults":[{"state":503}]}`:                                               "state",
		`null x`:                                                                   "more after",
	} {
		if _, err := ParseScenario([]byte(text)); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%s: got %v, want %q", text, err, want)
		}
	}
}

func TestNewRefuses(t *testing.T) {
	t.Parallel()
	phases := []Phase{{Status: 1}}
	for want, scenario := range map[string]Scenario{
		"token_lifetime":           {TokenLifetime: -1},
		"projects[0]: needs":       {Projects: []Project{{ID: "a"}}},
		"projects[1]: its id":      {Projects: []Project{{ID: "a", Name: "a"}, {ID: "a", Name: "b"}}},
		"users[0]":                 {Users: []User{{Name: "a"}}},
		"access_keys[0]":           {AccessKeys: []AccessKey{{Access: "a"}}},
		"access_keys[1]: the same": {AccessKeys: []AccessKey{{Access: "a", Secret: "b"}, {Access: "a", Secret: "c"}}},
		"tokens[0]: needs":         {Tokens: []Token{{}}},
		"tokens[0]: project_id":    {Tokens: []Token{{Token: "a", ProjectID: "b"}}},
		"tokens[0].expires_in":     {Tokens: []Token{{Token: "a", ExpiresIn: -1}}},
		"retired[1]":               {Retired: []string{"v1", "1"}},
		"retired_as":               {RetiredAs: 403},
		"agencies[0]: needs a name": {
			Agencies: []Agency{{DomainID: "a"}},
		},
		"agencies[0]: needs the domain_id": {Agencies: []Agency{{Name: "a", DomainName: "other"}}},
		"agencies[1]: its account has":     {Agencies: []Agency{{Name: "a"}, {Name: "a", DomainID: defaultDomainID}}},
		"agencies[0]: its account is":      {Agencies: []Agency{{Name: "a", Projects: []Project{{ID: "p", Name: "p"}}}}},
		"agencies[0].projects[0]": {
			Projects: []Project{{ID: "p", Name: "p"}},
			Agencies: []Agency{{Name: "a", DomainID: "b", Projects: []Project{{ID: "p", Name: "p"}}}},
		},
		"metadata.agency":       {Metadata: &Metadata{Agency: "a"}},
		"metadata.token_status": {Metadata: &Metadata{TokenStatus: 200}},
		"metadata.key_lifetime": {Metadata: &Metadata{KeyLifetime: -1}},
		"raw is the whole":      {Jobs: []Job{{ID: "a", Phases: []Phase{{Raw: json.RawMessage("{}"), SubJobsTotal: 1}}}}},
		"raw_v2 is not valid":   {Jobs: []Job{{ID: "a", Phases: []Phase{{Status: 1, RawV2: json.RawMessage("{")}}}}},
		"sub_jobs_total": {
			Jobs: []Job{{ID: "a", Phases: []Phase{{Status: 1, SubJobsTotal: 1, RawV2: json.RawMessage("{}")}}}},
		},
		"throttle":                {Throttle: &Throttle{Limit: 1}},
		"jobs[1]":                 {Jobs: []Job{{ID: "a", Phases: phases}, {ID: "a", Phases: phases}}},
		"faults[0]: on":           {Faults: []Fault{{On: "jobs"}}},
		"faults[0]: skip":         {Faults: []Fault{{Skip: -1}}},
		"faults[0]: after":        {Faults: []Fault{{Drip: -1}}},
		"faults[0]: until":        {Faults: []Fault{{After: 2, Until: 1}}},
		"faults[0]: status":       {Faults: []Fault{{Status: 101}}},
		"faults[0]: truncate and": {Faults: []Fault{{Truncate: -1}}},
		"faults[0]: truncate ann": {Faults: []Fault{{Truncate: 1, Oversize: 1}}},
		"faults[0]: hang":         {Faults: []Fault{{Hang: true, Close: true}}},
	} {
		if _, err := New(scenario); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("got %v, want %q", err, want)
		}
	}
	_, err := New(Scenario{Users: []User{{}}, Tokens: []Token{{}}})
	if err == nil || !strings.Contains(err.Error(), "users[0]") || !strings.Contains(err.Error(), "tokens[0]") {
		t.Errorf("got %v, want both problems", err)
	}
}

func TestNewLeavesTheScenarioAlone(t *testing.T) {
	t.Parallel()
	scenario := Scenario{
		Users: []User{{Name: "a", Password: "b"}}, Tokens: []Token{{Token: "c"}},
		Agencies: []Agency{{Name: "d"}}, Metadata: &Metadata{},
	}
	mustNew(t, scenario)
	if scenario.Agencies[0].DomainID != "" || scenario.Metadata.KeyLifetime != 0 {
		t.Errorf("got %+v, %+v", scenario.Agencies, scenario.Metadata)
	}
	if scenario.Users[0].ID != "" || scenario.Tokens[0].ProjectID != "" || scenario.Region != "" {
		t.Errorf("got %+v", scenario)
	}
}

func FuzzParseScenario(f *testing.F) {
	for _, scenario := range []Scenario{{}, DefaultScenario(), fullScenario()} {
		data, err := json.Marshal(scenario)
		if err != nil {
			f.Fatal(err)
		}
		f.Add(data)
	}
	f.Add([]byte(`{"jobs":[{"Phases":[{"RAW":[1, 2]}]}]}`))
	f.Fuzz(func(t *testing.T, data []byte) {
		scenario, err := ParseScenario(data)
		if err != nil {
			return
		}
		if _, err := New(scenario); err != nil {
			return
		}
		first, err := json.Marshal(scenario)
		if err != nil {
			t.Fatal(err)
		}
		again, err := ParseScenario(first)
		if err != nil {
			t.Fatalf("%v in %s", err, first)
		}
		if second, err := json.Marshal(again); err != nil || !bytes.Equal(first, second) {
			t.Errorf("got %s, %v, want %s", second, err, first)
		}
	})
}
