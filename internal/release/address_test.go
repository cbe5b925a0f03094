package release

import (
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"

	"terraform.local/huaweicloud/terraform-provider-workspace/internal/provider"
)

// placeholder is the host of the address until the provider is published. Written
// in two parts, so that this file is not found by its own test.
const placeholder = "terraform" + ".local"

func TestAddressIsTheSameInEveryFile(t *testing.T) {
	t.Parallel()
	goMod, err := os.ReadFile(filepath.Join(root, "go.mod"))
	if err != nil {
		t.Fatal(err)
	}
	first, _, _ := strings.Cut(string(goMod), "\n")
	module := strings.TrimPrefix(first, "module ")
	host, _, _ := strings.Cut(provider.Address, "/")
	kind := provider.Address[strings.LastIndex(provider.Address, "/")+1:]

	// What names this provider: an address with a host, which must have a dot, and
	// the source of a configuration, which may do without one.
	named := regexp.MustCompile(`(https?://)?\b([a-z0-9-]+(?:\.[a-z0-9-]+)+(?::\d+)?/[\w-]+/` + kind + `)(?:[^\w-]|$)`)
	source := regexp.MustCompile(`\bsource\s*=\s*"([^"$]*/` + kind + `)"`)
	left := regexp.MustCompile(regexp.QuoteMeta(placeholder) + `\S*`)
	eachFile(t, func(name, text string) {
		for number, line := range strings.Split(text, "\n") {
			var wrong []string
			// How to change the address is shown by an example.
			for _, match := range named.FindAllStringSubmatch(line, -1) {
				if match[1] == "" && !strings.Contains(line, "TO=") {
					wrong = append(wrong, match[2])
				}
			}
			for _, match := range source.FindAllStringSubmatch(line, -1) {
				wrong = append(wrong, match[1])
			}
			if host != placeholder {
				for _, match := range left.FindAllString(line, -1) {
					if !strings.HasPrefix(match, module) {
						wrong = append(wrong, match)
					}
				}
			}
			for _, address := range wrong {
				if address != provider.Address {
					t.Errorf("%s:%d: %s is not the provider's address %s", name, number+1, address, provider.Address)
				}
			}
		}
	})
}
