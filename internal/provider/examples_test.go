package provider

import (
	"fmt"
	"io/fs"
	"maps"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"terraform.local/huaweicloud/terraform-provider-workspace/internal/simulator"
)

// exampleCredentials are what the examples of provider blocks say that the
// environment holds, by file; other files take access keys.
var exampleCredentials = map[string]map[string]string{
	"provider/token.tf":         {"HW_AUTH_TOKEN": canaryToken},
	"provider/password.tf":      {"HW_USER_PASSWORD": canaryPassword},
	"provider/temporary-key.tf": {"HW_ACCESS_KEY": canaryTempAccess, "HW_SECRET_KEY": canaryTempSecret, "HW_SECURITY_TOKEN": canarySecurityToken},
	"provider/profile.tf":       {"HW_PROFILE": "example"},
	"provider/ecs-agency.tf":    {},
}

// exampleService knows the jobs, users and agencies that the examples name.
func exampleService(t *testing.T) *service {
	t.Helper()
	const failed = "575768277444198510"
	sc := scenario([]simulator.Job{
		ended(sampleID, simulator.StatusSuccess), ended("575768277444198500", simulator.StatusSuccess),
		{ID: failed, Phases: []simulator.Phase{{Status: simulator.StatusFailed, SubJobs: []simulator.SubJob{
			{ID: failed + "1", Status: simulator.StatusFailed, ExecuteCode: "WKS.00129901", ExecuteMessage: "No free IP address."},
		}}}},
	})
	sc.Users[0].Name, sc.Users[0].DomainName = "terraform", "example-account"
	sc.Agencies = []simulator.Agency{{
		Name: "read-workspace-jobs", DomainName: "example-other-account", DomainID: "d9d8d7d6d5d4d3d2d1d0dfdedddcdbda",
		Projects: []simulator.Project{{ID: "11111111111111111111111111111111", Name: simulator.DefaultRegion}},
	}, {Name: "of-this-ecs"}}
	sc.Metadata = &simulator.Metadata{Agency: "of-this-ecs"}
	other := ended(sampleID, simulator.StatusSuccess)
	other.ProjectID = sc.Agencies[0].Projects[0].ID
	sc.Jobs = append(sc.Jobs, other)
	s, err := simulator.Start(sc)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = s.Close() })
	return &service{s}
}

func TestEveryExampleCanBePlanned(t *testing.T) {
	t.Parallel()
	root := filepath.Join("..", "..", "examples")
	var files []string
	err := filepath.WalkDir(root, func(path string, entry fs.DirEntry, err error) error {
		if err == nil && !entry.IsDir() && filepath.Ext(path) == ".tf" {
			files = append(files, path)
		}
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
	if len(files) < 6 {
		t.Errorf("there are %d examples: %v", len(files), files)
	}
	// Each is planned alone. None is left out.
	for _, file := range files {
		name := filepath.ToSlash(strings.TrimPrefix(file, root+string(filepath.Separator)))
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			text, err := os.ReadFile(file)
			if err != nil {
				t.Fatal(err)
			}
			s := exampleService(t)
			env := map[string]string{
				"HW_WORKSPACE_ENDPOINT": s.URL, "HW_AUTH_URL": s.URL, "HW_STS_ENDPOINT": s.URL, "HW_METADATA_ENDPOINT": s.URL,
				"HW_REGION_NAME": simulator.DefaultRegion, "HW_REQUESTS_PER_MINUTE": "0",
			}
			credential, own := exampleCredentials[name]
			if !own {
				credential = map[string]string{"HW_ACCESS_KEY": canaryAccess, "HW_SECRET_KEY": canarySecret}
			}
			maps.Copy(env, credential)
			w := newWorkdir(t, env, "")
			if strings.Contains(string(text), "required_providers") {
				w.write("main.tf", "")
			}
			w.write("example.tf", string(text))
			if strings.HasPrefix(name, "provider/") {
				// A provider without anything to do is not asked.
				w.write("probe.tf", fmt.Sprintf("data \"workspace_job\" \"probe\" {\n  job_id = %q\n}\n", sampleID))
			}
			if err := os.Mkdir(filepath.Join(w.dir, ".hcloud"), 0o700); err != nil {
				t.Fatal(err)
			}
			w.write(filepath.Join(".hcloud", "config.json"), fmt.Sprintf(
				`{"profiles":[{"name":"example","mode":"AKSK","accessKeyId":%q,"secretAccessKey":%q,"region":"cn-north-4"}]}`, canaryAccess, canarySecret))
			w.run("plan", "-json", "-input=false").succeeds()
			reads := strings.Contains(string(text), `data "workspace_job`) || strings.HasPrefix(name, "provider/")
			if got := s.Count(simulator.OperationJob); reads != (got > 0) {
				t.Errorf("there were %d requests for jobs", got)
			}
		})
	}
}
