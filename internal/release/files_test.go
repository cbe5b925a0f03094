// Package release tests what the files of a release have to agree on and no
// compiler sees.
package release

import (
	"bytes"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"testing"
)

const root = "../.."

// built are directories of files that nobody wrote.
var built = []string{".git", ".cache", ".terraform", "bin", "dist"}

// eachFile calls see with every text file of the repository, by its path from the
// root.
func eachFile(t *testing.T, see func(name, text string)) {
	t.Helper()
	count := 0
	err := fs.WalkDir(os.DirFS(root), ".", func(name string, entry fs.DirEntry, err error) error {
		switch {
		case err != nil:
			return err
		case entry.IsDir() && slices.Contains(built, entry.Name()):
			return fs.SkipDir
		case !entry.Type().IsRegular():
			return nil
		}
		text, err := os.ReadFile(filepath.Join(root, name))
		if err == nil && !bytes.ContainsRune(text, 0) {
			count++
			see(name, string(text))
		}
		return err
	})
	if err != nil || count < 50 {
		t.Fatalf("only %d files were read: %v", count, err)
	}
}
