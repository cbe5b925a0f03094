package transport_test

import (
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/tls"
	"crypto/x509"
	"encoding/base64"
	"encoding/pem"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"terraform.local/huaweicloud/terraform-provider-workspace/internal/transport"
)

// certificate is the PEM of a server's certificate, which is its own authority.
func certificate(s *httptest.Server) string {
	return string(pem.EncodeToMemory(&pem.Block{Type: "CERTIFICATE", Bytes: s.Certificate().Raw}))
}

func trusting(t *testing.T, s *httptest.Server) *x509.CertPool {
	t.Helper()
	pool, err := transport.LoadAuthorities(certificate(s))
	if err != nil {
		t.Fatal(err)
	}
	return pool
}

// file writes a file and returns its name.
func file(t *testing.T, text string) string {
	t.Helper()
	name := filepath.Join(t.TempDir(), "authorities.pem")
	if err := os.WriteFile(name, []byte(text), 0o600); err != nil {
		t.Fatal(err)
	}
	return name
}

func TestAuthoritiesMakeAServerTrusted(t *testing.T) {
	t.Parallel()
	s := serveTLS(t, answer(http.StatusOK, "{}"), nil)
	text := certificate(s)
	for name, given := range map[string]string{
		"PEM text":                      text,
		"PEM text between other words":  "the authority:\n" + text + "that was all\n",
		"file":                          file(t, text),
		"file of several, one repeated": file(t, text+"\n"+text),
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			pool, err := transport.LoadAuthorities(given)
			if err != nil {
				t.Fatal(err)
			}
			c := newClient(t, transport.Options{TLS: transport.TLS{RootCAs: pool}})
			if _, err := c.Do(t.Context(), get(t, s.URL), nil); err != nil {
				t.Error(err)
			}
		})
	}
}

func TestInsecureAcceptsAnyCertificate(t *testing.T) {
	t.Parallel()
	s := serveTLS(t, func(w http.ResponseWriter, r *http.Request) {
		if r.TLS.Version < tls.VersionTLS12 {
			w.WriteHeader(http.StatusBadRequest)
		}
	}, nil)
	c := newClient(t, transport.Options{TLS: transport.TLS{Insecure: true}})
	if _, err := c.Do(t.Context(), get(t, s.URL), nil); err != nil {
		t.Error(err)
	}
}

func TestTLS12IsEnough(t *testing.T) {
	t.Parallel()
	s := serveTLS(t, answer(http.StatusOK, "{}"), func(c *tls.Config) { c.MaxVersion = tls.VersionTLS12 })
	c := newClient(t, transport.Options{TLS: transport.TLS{RootCAs: trusting(t, s)}})
	if _, err := c.Do(t.Context(), get(t, s.URL), nil); err != nil {
		t.Error(err)
	}
}

func TestAuthoritiesThatCannotBeUsedAreNamedWithoutTheirText(t *testing.T) {
	t.Parallel()
	inPEM := base64.StdEncoding.EncodeToString([]byte("s3cret"))
	key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	der, err := x509.MarshalPKCS8PrivateKey(key)
	if err != nil {
		t.Fatal(err)
	}
	private := string(pem.EncodeToMemory(&pem.Block{Type: "PRIVATE KEY", Bytes: der}))
	secret := base64.StdEncoding.EncodeToString(der)[:20]
	good := certificate(serveTLS(t, answer(http.StatusOK, "{}"), nil))
	missing := filepath.Join(t.TempDir(), "s3cret", "missing.pem")
	const noCertificate = "it holds no PEM certificate"
	for name, tc := range map[string]struct{ given, want string }{
		"file that is missing":            {missing, "the file cannot be read: no such file or directory"},
		"folder":                          {t.TempDir(), "the file cannot be read: is a directory"},
		"secret in place of a name":       {"s3cret", "the file cannot be read: no such file or directory"},
		"name that no file can have":      {"s3cret\x00", "the file cannot be read: invalid argument"},
		"file that is not PEM":            {file(t, "s3cret"), noCertificate},
		"file that is empty":              {file(t, ""), noCertificate},
		"PEM without an end":              {"-----BEGIN CERTIFICATE-----\ns3cret", noCertificate},
		"PEM of bytes that are no cert":   {pemOf("CERTIFICATE"), "its PEM block 1 is not a certificate"},
		"PEM of another kind":             {pemOf("CERTIFICATE REQUEST"), "its PEM block 1 is not a certificate"},
		"second block that is no cert":    {good + pemOf("CERTIFICATE"), "its PEM block 2 is not a certificate"},
		"private key in the text":         {private, "it holds a private key; give certificates only"},
		"private key after a certificate": {good + private, "it holds a private key; give certificates only"},
		"private key in a file":           {file(t, good+private), "it holds a private key; give certificates only"},
		"RSA private key":                 {pemOf("RSA PRIVATE KEY"), "it holds a private key; give certificates only"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			pool, err := transport.LoadAuthorities(tc.given)
			if pool != nil || err == nil || err.Error() != tc.want {
				t.Fatalf("got %v, %v, want %q", pool, err, tc.want)
			}
			if text := err.Error(); strings.Contains(text, "s3cret") || strings.Contains(text, inPEM) || strings.Contains(text, secret) {
				t.Errorf("the error holds what was given: %s", text)
			}
		})
	}
}

// pemOf is a PEM block whose content is none of its kind.
func pemOf(kind string) string {
	return string(pem.EncodeToMemory(&pem.Block{Type: kind, Bytes: []byte("s3cret")}))
}

//nolint:paralleltest // It sets the home directory.
func TestAuthoritiesOfTheHomeDirectory(t *testing.T) {
	s := serveTLS(t, answer(http.StatusOK, "{}"), nil)
	home := t.TempDir()
	t.Setenv("HOME", home)
	if err := os.WriteFile(filepath.Join(home, "ca.pem"), []byte(certificate(s)), 0o600); err != nil {
		t.Fatal(err)
	}
	if _, err := transport.LoadAuthorities("~/ca.pem"); err != nil {
		t.Error(err)
	}
	t.Setenv("HOME", "")
	if _, err := transport.LoadAuthorities("~/ca.pem"); err == nil || err.Error() != "the home directory is not known; give the whole path" {
		t.Errorf("got %v", err)
	}
}
