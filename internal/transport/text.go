package transport

import (
	"encoding/base64"
	"encoding/hex"
	"net/url"
	"slices"
	"strings"
	"sync"
	"unicode"
	"unicode/utf8"
)

// Clean makes one line of text that comes from outside: control and invisible
// formatting characters (terminal escapes, line breaks, bidirectional overrides)
// become single spaces, and what exceeds limit characters is cut.
func Clean(text string, limit int) string {
	if len(text) <= limit && strings.IndexFunc(text, func(r rune) bool { return r <= ' ' || r > '~' }) < 0 {
		return text // Codes and ids, which nearly every answer has.
	}
	var b strings.Builder
	space, count := false, 0
	for _, r := range text {
		if r == utf8.RuneError || unicode.IsSpace(r) || !unicode.IsPrint(r) {
			space = count > 0
			continue
		}
		if space && count < limit {
			b.WriteByte(' ')
			count++
		}
		space = false
		if count >= limit {
			return b.String() + "…"
		}
		b.WriteRune(r)
		count++
	}
	return b.String()
}

// minSecret is the shortest text that is masked: shorter ones would blank out
// ordinary words, and no service accepts them as a secret.
const minSecret = 4

// pieceOfSecret is how much of a secret that was cut off may at the most be left.
const pieceOfSecret = 32

// Secrets is the set of texts that must not leave the process. The zero value
// and nil are empty sets. It is safe for concurrent use.
type Secrets struct {
	mu       sync.RWMutex
	known    map[string]bool
	forms    []string
	replacer *strings.Replacer
}

// Add puts values into the set.
func (s *Secrets) Add(values ...string) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.known == nil {
		s.known = make(map[string]bool)
	}
	for _, v := range values {
		if len(v) < minSecret || s.known[v] {
			continue
		}
		s.known[v] = true
		for _, form := range []string{
			v,
			url.QueryEscape(v), url.PathEscape(v),
			base64.RawStdEncoding.EncodeToString([]byte(v)), base64.RawURLEncoding.EncodeToString([]byte(v)),
			hex.EncodeToString([]byte(v)), strings.ToUpper(hex.EncodeToString([]byte(v))),
		} {
			s.forms = append(s.forms, form)
			// A long one may have been cut off: what is left goes piece by piece.
			for piece := range slices.Chunk([]byte(form), pieceOfSecret) {
				if len(form) > pieceOfSecret && len(piece) == pieceOfSecret {
					s.forms = append(s.forms, string(piece))
				}
			}
		}
	}
	// Of two that begin alike the replacer takes the first: it must be the longer.
	slices.SortFunc(s.forms, func(a, b string) int { return len(b) - len(a) })
	pairs := make([]string, 0, 2*len(s.forms))
	for _, form := range s.forms {
		pairs = append(pairs, form, "***")
	}
	s.replacer = strings.NewReplacer(pairs...)
}

// Mask replaces each secret in text, plain or encoded, by asterisks.
func (s *Secrets) Mask(text string) string {
	if s == nil {
		return text
	}
	s.mu.RLock()
	defer s.mu.RUnlock()
	if s.replacer == nil {
		return text
	}
	return s.replacer.Replace(text)
}
