package transport_test

import (
	"encoding/base64"
	"encoding/hex"
	"fmt"
	"net/url"
	"strings"
	"sync"
	"testing"
	"unicode"
	"unicode/utf8"

	"terraform.local/huaweicloud/terraform-provider-workspace/internal/transport"
)

func TestCleanMakesOneLine(t *testing.T) {
	t.Parallel()
	for name, tc := range map[string]struct {
		text  string
		limit int
		want  string
	}{
		"nothing":                    {"", 10, ""},
		"plain":                      {"execute fail!", 20, "execute fail!"},
		"other scripts":              {"任务失败 é", 20, "任务失败 é"},
		"line breaks":                {"a\r\nb\nc\u2028d\u2029e\u0085f\vg", 20, "a b c d e f g"},
		"tabs and blanks":            {"a\t\t  b\u00a0c\u3000d", 20, "a b c d"},
		"white space around":         {"\n a \n", 20, "a"},
		"colours of a terminal":      {"\x1b[31mred\x1b[0m", 20, "[31mred [0m"},
		"title of a terminal":        {"\x1b]0;title\x07", 20, "]0;title"},
		"control sequence in 8 bits": {"a\u009b31mb", 20, "a 31mb"},
		"back space":                 {"ab\b\bcd\x7f", 20, "ab cd"},
		"bidirectional override":     {"a\u202eb\u202cc\u2066d\u2069e\u200ff", 20, "a b c d e f"},
		"invisible characters":       {"a\u200bb\u200dc\ufeffd\u00ade", 20, "a b c d e"},
		"tags":                       {"a\U000e0041b", 20, "a b"},
		"NUL":                        {"a\x00\x00b", 20, "a b"},
		"invalid UTF-8":              {"a\xff\xfeb\xc3", 20, "a b"},
		"replacement character":      {"a\ufffdb", 20, "a b"},
		"private use":                {"a\ue000b", 20, "a b"},
		"only what is not shown":     {"\x00\n\x1b", 20, ""},
		"as long as the limit":       {"abcde", 5, "abcde"},
		"longer than the limit":      {"abcdef", 5, "abcde…"},
		"cut by characters":          {"äöüß任務", 5, "äöüß任…"},
		"cut at a space":             {"abcd efg", 5, "abcd …"},
		"cut before a space":         {"abcde fg", 5, "abcde…"},
		"space at the end is no cut": {"abcde\n\n", 5, "abcde"},
		"limit of one":               {"ab", 1, "a…"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			if got := transport.Clean(tc.text, tc.limit); got != tc.want {
				t.Errorf("got %q, want %q", got, tc.want)
			}
		})
	}
}

// checkClean checks what holds for any text.
func checkClean(t *testing.T, text string, limit int) {
	t.Helper()
	got := transport.Clean(text, limit)
	if n := utf8.RuneCountInString(got); n > limit+1 || n == limit+1 && !strings.HasSuffix(got, "…") {
		t.Errorf("%q gave %d characters of at most %d: %q", text, n, limit, got)
	}
	if !utf8.ValidString(got) {
		t.Errorf("%q gave %q", text, got)
	}
	for _, r := range got {
		if r != ' ' && (unicode.IsSpace(r) || unicode.IsControl(r) || unicode.Is(unicode.Cf, r) || !unicode.IsPrint(r)) {
			t.Errorf("%q gave %q, which holds %U", text, got, r)
		}
	}
	if strings.Contains(got, "  ") || strings.HasPrefix(got, " ") || strings.HasSuffix(got, " ") {
		t.Errorf("%q gave %q", text, got)
	}
	if again := transport.Clean(got, limit+1); again != got {
		t.Errorf("%q gave %q, and that gives %q", text, got, again)
	}
}

func FuzzClean(f *testing.F) {
	for _, seed := range []string{"", "a b", "\x1b[31m\r\n", "a\u202eb", "\xff\x00é", "任务 失败", strings.Repeat("x ", 100)} {
		f.Add(seed, 8)
	}
	f.Fuzz(func(t *testing.T, text string, limit int) {
		checkClean(t, text, max(1, limit%300))
	})
}

func TestSecretIsMaskedInEveryForm(t *testing.T) {
	t.Parallel()
	const secret = "p@ss/w+rd =?ü~%"
	raw := []byte(secret)
	s := &transport.Secrets{}
	s.Add(secret)
	for name, form := range map[string]string{
		"plain":                   secret,
		"in a query":              url.QueryEscape(secret),
		"in a path":               url.PathEscape(secret),
		"base64":                  base64.StdEncoding.EncodeToString(raw),
		"base64 without padding":  base64.RawStdEncoding.EncodeToString(raw),
		"base64 of URLs":          base64.URLEncoding.EncodeToString(raw),
		"the same, no padding":    base64.RawURLEncoding.EncodeToString(raw),
		"hexadecimal":             hex.EncodeToString(raw),
		"hexadecimal in capitals": fmt.Sprintf("%X", raw),
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			// The padding of base64 may stay.
			got := strings.ReplaceAll(s.Mask("before "+form+", after "+form), "=", "")
			if got != "before ***, after ***" {
				t.Errorf("got %q", got)
			}
		})
	}
}

func TestSecretThatBeginsAsAnotherIsMaskedWhole(t *testing.T) {
	t.Parallel()
	for name, order := range map[string][]string{
		"short one first": {"secret", "secret-and-more"},
		"long one first":  {"secret-and-more", "secret"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			s := &transport.Secrets{}
			for _, secret := range order {
				s.Add(secret)
			}
			if got := s.Mask("secret-and-more, secret, x-secret-and-more-x"); got != "***, ***, x-***-x" {
				t.Errorf("got %q", got)
			}
		})
	}
}

func TestSecretsLeaveOtherTextAsItIs(t *testing.T) {
	t.Parallel()
	s := &transport.Secrets{}
	s.Add("", "a", "abc", "four")
	if got := s.Mask("a and abc are too short to be masked, four is not"); got != "a and abc are too short to be masked, *** is not" {
		t.Errorf("got %q", got)
	}
	for name, empty := range map[string]*transport.Secrets{"nil": nil, "zero": {}} {
		if got := empty.Mask("text\x00"); got != "text\x00" {
			t.Errorf("%s: got %q", name, got)
		}
	}
	s = &transport.Secrets{}
	s.Add()
	s.Add("abc")
	if got := s.Mask("abc"); got != "abc" {
		t.Errorf("got %q", got)
	}
}

func TestSecretsAreSafeForConcurrentUse(t *testing.T) {
	t.Parallel()
	s := &transport.Secrets{}
	s.Add("first-secret")
	var wg sync.WaitGroup
	for i := range 16 {
		own := fmt.Sprintf("secret-of-%d.", i)
		wg.Go(func() {
			for range 20 {
				s.Add(own)
				if got := s.Mask("first-secret, " + own); got != "***, ***" {
					t.Errorf("got %q", got)
				}
			}
		})
	}
	wg.Wait()
}

func TestSecretThatWasCutOffIsMaskedButForTheRest(t *testing.T) {
	t.Parallel()
	var secrets transport.Secrets
	long := strings.Repeat("0123456789abcdefghijklmnopqrstuvwxyz-", 80)
	secrets.Add(long)
	for _, cut := range []int{33, 256, 1024, len(long) - 1} {
		masked := secrets.Mask("sent " + transport.Clean(long, cut))
		if rest := strings.TrimRight(strings.ReplaceAll(masked[len("sent "):], "*", ""), "…"); len(rest) >= 32 {
			t.Errorf("cut at %d, %d characters are left: %s", cut, len(rest), rest)
		}
	}
	if got := secrets.Mask(long); got != "***" {
		t.Errorf("the whole is masked as %s", got)
	}
}
