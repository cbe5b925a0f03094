package auth_test

import (
	"errors"
	"net/http"
	"net/url"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"terraform.local/huaweicloud/terraform-provider-workspace/internal/auth"
	"terraform.local/huaweicloud/terraform-provider-workspace/internal/simulator"
)

const agencyProject = "47ffe82ada564ac2b927e1ff036d9bbb"

// agencyScenario has an agency in another account, whose project has the same
// name, and an ECS with an agency of the account's own.
func agencyScenario() simulator.Scenario {
	s := scenario()
	s.Agencies = []simulator.Agency{
		{Name: "reader", DomainName: "other", DomainID: "other-id", Projects: []simulator.Project{{ID: agencyProject, Name: region}}},
		{Name: "ecs", DomainName: "account", DomainID: "account-id"},
	}
	s.Metadata = &simulator.Metadata{Agency: "ecs"}
	s.Jobs = append(s.Jobs, simulator.Job{
		ID: jobID, ProjectID: agencyProject, Phases: []simulator.Phase{{Status: simulator.StatusSuccess}},
	})
	return s
}

var sts = &url.URL{Scheme: "https", Host: "sts.invalid"}

func agency(caller auth.Credential, domainName, domainID string) auth.Agency {
	return auth.Agency{
		Caller: caller, Name: "reader", DomainName: domainName, DomainID: domainID, Duration: time.Hour, STS: sts,
	}
}

func TestAgencyIsAssumedByEachCaller(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct {
		credential auth.Agency
		operation  string
	}{
		"keys, by the account's name":           {agency(goodKey, "other", ""), simulator.OperationAgency},
		"keys, by the account's id":             {agency(goodKey, "", "other-id"), simulator.OperationAgencyV5},
		"temporary keys, by the account's id":   {agency(temporaryKey, "", "other-id"), simulator.OperationAgencyV5},
		"a token, by the account's name":        {agency(auth.Token{Value: goodToken}, "other", ""), simulator.OperationAgency},
		"a token, by the account's id":          {agency(auth.Token{Value: goodToken}, "", "other-id"), simulator.OperationAgency},
		"a password, by the account's name":     {agency(goodUser, "other", ""), simulator.OperationAgency},
		"the ECS's keys, by the account's name": {agency(auth.Metadata{Endpoint: sts}, "other", ""), simulator.OperationAgency},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			synctest.Test(t, func(t *testing.T) {
				w := newWorld(t, agencyScenario(), c.credential)
				wantNone(t, times(20, func(int) error { return w.read(t.Context()) })...)
				id, err := w.session.ProjectID(t.Context())
				if err != nil || id != agencyProject {
					t.Errorf("got the project %q (%v), want the one of the agency's account", id, err)
				}
				if got := w.Count(c.operation); got != 1 {
					t.Errorf("%d requests for keys, want one", got)
				}
				// A tenth of an hour before its end, at the most five minutes, it is renewed.
				<-time.After(55*time.Minute - time.Millisecond)
				wantNone(t, w.read(t.Context()))
				if got := w.Count(c.operation); got != 1 {
					t.Errorf("%d requests for keys before it is time", got)
				}
				<-time.After(time.Millisecond)
				wantNone(t, times(20, func(int) error { return w.read(t.Context()) })...)
				if got := w.Count(c.operation); got != 2 {
					t.Errorf("%d requests for keys, want one renewal", got)
				}
				// And when the service wants others.
				w.AddFault(simulator.Fault{
					On: simulator.OperationJob, Times: 1, Status: http.StatusUnauthorized, Body: `{"error_code":"APIGW.0307"}`,
				})
				wantNone(t, w.read(t.Context()))
				if got := w.Count(c.operation); got != 3 {
					t.Errorf("%d requests for keys, want a renewal on a 401", got)
				}
			})
		})
	}
}

func TestDurationOfASessionIsWithinWhatTheVersionAllows(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct {
		caller   auth.Credential
		domainID string
		want     string
	}{
		"v3":                          {goodKey, "", `"duration_seconds":86400`},
		"v5":                          {goodKey, "other-id", `"duration_seconds":43200`},
		"v5, from temporary keys":     {temporaryKey, "other-id", `"duration_seconds":3600`},
		"v3, by id, without any keys": {auth.Token{Value: goodToken}, "other-id", `"duration_seconds":86400`},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			credential := agency(c.caller, "", c.domainID)
			if c.domainID == "" {
				credential.DomainName = "other"
			}
			credential.Duration = auth.MaxAgencyDuration
			w := newWorld(t, agencyScenario(), credential)
			wantNone(t, w.read(t.Context()))
			var body strings.Builder
			for _, r := range w.seen {
				if r.Method == http.MethodPost {
					text := make([]byte, 4096)
					n, _ := r.Body.Read(text)
					body.Write(text[:n])
				}
			}
			if !strings.Contains(body.String(), c.want) {
				t.Errorf("%s does not hold %s", body.String(), c.want)
			}
		})
	}
}

func TestAgencyThatCannotBeAssumed(t *testing.T) {
	t.Parallel()
	t.Run("the caller's keys are wrong", func(t *testing.T) {
		t.Parallel()
		w := newWorld(t, agencyScenario(), agency(auth.AccessKey{Access: "WRONGKEY", Secret: "wrong-secret"}, "other", ""))
		wantRefused(t, auth.KindAccessKey, "APIGW.0301", times(20, func(int) error { return w.read(t.Context()) })...)
		if w.Count("") != 1 {
			t.Errorf("%d requests, want one", w.Count(""))
		}
	})
	t.Run("there is no such agency", func(t *testing.T) {
		t.Parallel()
		credential := agency(goodKey, "other", "")
		credential.Name = "nobody"
		w := newWorld(t, agencyScenario(), credential)
		for _, err := range times(20, func(int) error { return w.read(t.Context()) }) {
			var iam *auth.IAMError
			if !errors.As(err, &iam) || iam.Doing != "assuming the agency" {
				t.Errorf("got %v", err)
			}
		}
		if w.Count("") != 1 {
			t.Errorf("%d requests, want one", w.Count(""))
		}
	})
	t.Run("nothing says where STS is", func(t *testing.T) {
		t.Parallel()
		credential := agency(goodKey, "", "other-id")
		credential.STS = nil
		var setup *auth.SetupError
		if err := newWorld(t, agencyScenario(), credential).read(t.Context()); !errors.As(err, &setup) || setup.Argument != "sts_endpoint" {
			t.Errorf("got %v", err)
		}
	})
}

func TestMetadataGivesKeysWithAndWithoutItsToken(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct {
		metadata simulator.Metadata
		requests int // of keys and tokens, in order to read once
	}{
		"by token":                 {simulator.Metadata{Agency: "ecs", RequireToken: true}, 2},
		"no tokens: 404":           {simulator.Metadata{Agency: "ecs", TokenStatus: 404}, 2},
		"no tokens: 405":           {simulator.Metadata{Agency: "ecs", TokenStatus: 405}, 2},
		"no tokens for now: 503":   {simulator.Metadata{Agency: "ecs", TokenStatus: 503}, 2},
		"keys that end in an hour": {simulator.Metadata{Agency: "ecs", KeyLifetime: seconds(3600)}, 2},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			synctest.Test(t, func(t *testing.T) {
				s := agencyScenario()
				s.Metadata = &c.metadata
				w := newWorld(t, s, auth.Metadata{Endpoint: sts})
				asked := func() int { return w.Count(simulator.OperationMetadataToken) + w.Count(simulator.OperationMetadataKey) }
				wantNone(t, times(20, func(int) error { return w.read(t.Context()) })...)
				if asked() != c.requests {
					t.Errorf("%d requests for metadata, want %d", asked(), c.requests)
				}
				if c.metadata.KeyLifetime > 0 {
					<-time.After(55 * time.Minute)
					wantNone(t, times(20, func(int) error { return w.read(t.Context()) })...)
					if asked() != 2*c.requests {
						t.Errorf("%d requests for metadata, want one renewal", asked())
					}
				}
			})
		})
	}
}

func TestMetadataThatIsNotThere(t *testing.T) {
	t.Parallel()
	t.Run("nobody answers", func(t *testing.T) {
		t.Parallel()
		synctest.Test(t, func(t *testing.T) {
			s := agencyScenario()
			s.Faults = []simulator.Fault{{On: simulator.OperationMetadataToken, Delay: seconds(3600)}}
			w := newWorld(t, s, auth.Metadata{Endpoint: sts})
			start := time.Now()
			for _, err := range times(20, func(int) error { return w.read(t.Context()) }) {
				var setup *auth.SetupError
				if !errors.As(err, &setup) || setup.Argument != "ecs_metadata" {
					t.Errorf("got %v", err)
				}
			}
			if took := time.Since(start); took != 3*time.Second || w.Count("") != 1 {
				t.Errorf("%d requests in %s, want one in 3 s", w.Count(""), took)
			}
		})
	})
	t.Run("the ECS has no agency", func(t *testing.T) {
		t.Parallel()
		s := agencyScenario()
		s.Metadata = &simulator.Metadata{}
		if err := newWorld(t, s, auth.Metadata{Endpoint: sts}).read(t.Context()); err == nil || !strings.Contains(err.Error(), "ECS") {
			t.Errorf("got %v", err)
		}
	})
}

func TestIssuedKeysAreSecrets(t *testing.T) {
	t.Parallel()
	w := newWorld(t, agencyScenario(), agency(goodKey, "other", ""))
	wantNone(t, w.read(t.Context()))
	for _, r := range w.seen {
		if token := r.Header.Get("X-Security-Token"); token != "" {
			if masked := w.secrets.Mask("x" + token + "x"); masked != "x***x" {
				t.Errorf("the security token is shown as %s", masked)
			}
			return
		}
	}
	t.Error("no request was signed by temporary keys")
}

func TestLoadProfile(t *testing.T) {
	t.Parallel()
	const file = `{"current":"one","profiles":[
		{"name":"one","mode":"AKSK","accessKeyId":"AK1","secretAccessKey":"SK1","region":"cn-north-4","projectId":"p-1"},
		{"name":"temporary","mode":"AKSK","accessKeyId":"AK2","secretAccessKey":"SK2","securityToken":"ST2"},
		{"name":"sso","mode":"SSO","accessKeyId":"not-this","secretAccessKey":"nor-this",
			"ssoAuth":{"stsToken":{"accessKeyId":"AK3","secretAccessKey":"SK3","securityToken":"ST3"}}},
		{"name":"agency","mode":"agency","accessKeyId":"AK4","secretAccessKey":"SK4","agencyName":"reader","agencyDomainId":"d-1","agencyDomainName":"d"},
		{"name":"ecs","mode":"ecsAgency"},
		{"name":"empty","mode":"AKSK"},
		{"name":"encrypted","mode":"AKSK","accessKeyId":"b0Jq+7vX5m0rV0Wc2m4kYb1mJ9oZ3mJ1Yw==","secretAccessKey":"s3cret/+=="}]}`
	path := filepath.Join(t.TempDir(), "config.json")
	if err := os.WriteFile(path, []byte(file), 0o600); err != nil {
		t.Fatal(err)
	}
	broken := filepath.Join(t.TempDir(), "broken.json")
	if err := os.WriteFile(broken, []byte(`{"profiles": s3cret`), 0o600); err != nil {
		t.Fatal(err)
	}
	unnamed := filepath.Join(t.TempDir(), "unnamed.json")
	if err := os.WriteFile(unnamed, []byte(`{"profiles":[{"name":""}]}`), 0o600); err != nil {
		t.Fatal(err)
	}
	for name, c := range map[string]struct {
		path, profile string
		want          auth.AccessKey
		says          []string
	}{
		"the current one": {path: path, want: auth.AccessKey{Access: "AK1", Secret: "SK1"}},
		"temporary keys":  {path: path, profile: "temporary", want: auth.AccessKey{Access: "AK2", Secret: "SK2", SecurityToken: "ST2"}},
		"single sign-on":  {path: path, profile: "sso", want: auth.AccessKey{Access: "AK3", Secret: "SK3", SecurityToken: "ST3"}},
		"an agency":       {path: path, profile: "agency", want: auth.AccessKey{Access: "AK4", Secret: "SK4"}},
		"an ECS":          {path: path, profile: "ecs", says: []string{`"ecs"`, "ecs_metadata = true"}},
		"no keys":         {path: path, profile: "empty", says: []string{`"empty"`, "no access keys"}},
		"encrypted":       {path: path, profile: "encrypted", says: []string{`"encrypted"`, "hcloud configure set --cli-auth-encrypt=false"}},
		"unknown":         {path: path, profile: "two", says: []string{`no profile "two"`, `"one"`, `"sso"`}},
		"no file":         {path: path + "x", says: []string{"cannot be read: no such file"}},
		"no JSON":         {path: broken, says: []string{"not KooCLI's JSON"}},
		"no current one":  {path: unnamed, says: []string{"names no current profile"}},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			got, err := auth.LoadProfile(c.path, c.profile)
			if c.says == nil {
				if err != nil || got.Credential != auth.Credential(c.want) {
					t.Errorf("got %#v, %v", got, err)
				}
				return
			}
			if err == nil {
				t.Fatal("got no error")
			}
			for _, text := range c.says {
				if !strings.Contains(err.Error(), text) {
					t.Errorf("%q does not say %q", err, text)
				}
			}
			if strings.Contains(err.Error(), "s3cret") {
				t.Errorf("%q holds what the file held", err)
			}
		})
	}
	one, err := auth.LoadProfile(path, "one")
	if err != nil || one.Region != "cn-north-4" || one.ProjectID != "p-1" || one.Agency != nil {
		t.Errorf("got %+v, %v", one, err)
	}
	two, err := auth.LoadProfile(path, "agency")
	if err != nil || two.Agency == nil || *two.Agency != (auth.Agency{Name: "reader", DomainID: "d-1", DomainName: "d"}) {
		t.Errorf("got %+v, %v", two, err)
	}
}
