package release

import (
	"regexp"
	"strings"
	"testing"
)

func TestActionsArePinnedToACommit(t *testing.T) {
	t.Parallel()
	pinned := regexp.MustCompile(`^\s*(- )?uses: [\w-]+/[\w./-]+@[0-9a-f]{40} # v\d+\.\d+\.\d+$`)
	found := 0
	eachFile(t, func(name, text string) {
		if !strings.HasPrefix(name, ".github/workflows/") {
			return
		}
		for number, line := range strings.Split(text, "\n") {
			if !strings.Contains(line, "uses:") {
				continue
			}
			found++
			if !pinned.MatchString(line) {
				t.Errorf("%s:%d: name the commit, and its version in a comment: %s", name, number+1, line)
			}
		}
	})
	if found == 0 {
		t.Error("no workflow uses an action")
	}
}
