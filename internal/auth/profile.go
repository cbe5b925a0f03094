package auth

import (
	"encoding/json"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"regexp"
	"strings"
)

// Profile is an entry of KooCLI's configuration file.
type Profile struct {
	Credential Credential
	Region     string
	ProjectID  string
	// Agency is the agency that the credential shall assume; nil: none.
	Agency *Agency
}

// LoadProfile reads a profile of KooCLI's config.json (as its user guide and the
// official provider describe it). An empty path is ~/.hcloud/config.json, an
// empty name the file's current profile. Errors hold nothing of the file but
// names of profiles.
func LoadProfile(path, name string) (Profile, error) {
	text, err := readConfig(path)
	if err != nil {
		return Profile{}, err
	}
	var file struct {
		Current  string     `json:"current"`
		Profiles []cliEntry `json:"profiles"`
	}
	if err := json.Unmarshal(text, &file); err != nil {
		return Profile{}, errors.New("the file is not KooCLI's JSON")
	}
	if name == "" {
		name = file.Current
	}
	var names []string
	for _, entry := range file.Profiles {
		if entry.Name == name && name != "" {
			return entry.profile()
		}
		names = append(names, fmt.Sprintf("%q", entry.Name))
	}
	if name == "" {
		return Profile{}, errors.New("the file names no current profile; name one")
	}
	return Profile{}, fmt.Errorf("the file has no profile %q, only %s", name, strings.Join(names, ", "))
}

func readConfig(path string) ([]byte, error) {
	home, err := os.UserHomeDir()
	if path == "" {
		path = filepath.Join("~", ".hcloud", "config.json")
	}
	if rest, found := strings.CutPrefix(path, "~"); found {
		if err != nil {
			return nil, errors.New("the home directory is not known; give the whole path of the file")
		}
		path = home + rest
	}
	text, err := os.ReadFile(path) //nolint:gosec // The user names the file.
	var failed *os.PathError
	if errors.As(err, &failed) {
		return nil, fmt.Errorf("the file cannot be read: %w", failed.Err)
	}
	return text, err
}

// cliEntry is a profile as KooCLI writes it.
type cliEntry struct {
	Name string `json:"name"`
	Mode string `json:"mode"`
	cliKeys
	Region           string `json:"region"`
	ProjectID        string `json:"projectId"`
	AgencyName       string `json:"agencyName"`
	AgencyDomainID   string `json:"agencyDomainId"`
	AgencyDomainName string `json:"agencyDomainName"`
	SSOAuth          struct {
		STSToken cliKeys `json:"stsToken"`
	} `json:"ssoAuth"`
}

type cliKeys struct {
	AccessKeyID     string `json:"accessKeyId"`
	SecretAccessKey string `json:"secretAccessKey"`
	SecurityToken   string `json:"securityToken"`
}

func (e cliEntry) profile() (Profile, error) {
	p := Profile{Region: e.Region, ProjectID: e.ProjectID}
	keys := e.cliKeys
	switch {
	case strings.EqualFold(e.Mode, "ecsAgency"):
		return p, fmt.Errorf("the profile %q uses the agency of an ECS; set ecs_metadata = true instead", e.Name)
	case strings.EqualFold(e.Mode, "SSO"):
		keys = e.SSOAuth.STSToken
	}
	switch {
	case keys.AccessKeyID == "" || keys.SecretAccessKey == "":
		return p, fmt.Errorf("the profile %q (mode %q) holds no access keys", e.Name, e.Mode)
	case !plainKey.MatchString(keys.AccessKeyID):
		return p, fmt.Errorf("the keys of the profile %q are encrypted; run `hcloud configure set --cli-auth-encrypt=false` "+
			"and configure the profile again, or give the keys in the environment", e.Name)
	}
	p.Credential = AccessKey{keys.AccessKeyID, keys.SecretAccessKey, keys.SecurityToken}
	if e.AgencyName != "" {
		p.Agency = &Agency{Name: e.AgencyName, DomainID: e.AgencyDomainID, DomainName: e.AgencyDomainName}
	}
	return p, nil
}

// plainKey tells an access key, which is 20 letters and digits, from KooCLI's
// cipher text.
var plainKey = regexp.MustCompile(`^[A-Za-z0-9_-]{1,40}$`)
