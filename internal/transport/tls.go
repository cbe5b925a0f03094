package transport

import (
	"crypto/tls"
	"crypto/x509"
	"encoding/pem"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strings"
)

// TLS says whom a client trusts.
type TLS struct {
	// Insecure accepts any certificate.
	Insecure bool
	// RootCAs replaces the system's authorities; nil: the system's.
	RootCAs *x509.CertPool
	// Certificates are shown to a server that asks for one.
	Certificates []tls.Certificate
}

func (t TLS) config() *tls.Config {
	return &tls.Config{
		MinVersion:         tls.VersionTLS12,
		InsecureSkipVerify: t.Insecure, //nolint:gosec // Asked for by the user, by name.
		RootCAs:            t.RootCAs,
		Certificates:       t.Certificates,
	}
}

// LoadAuthorities reads certificate authorities from PEM text or from the file
// of that name. Its errors never hold what the text or the file held.
func LoadAuthorities(pathOrPEM string) (*x509.CertPool, error) {
	text, err := readPEM(pathOrPEM)
	if err != nil {
		return nil, err
	}
	pool, count := x509.NewCertPool(), 0
	for rest := text; ; count++ {
		var block *pem.Block
		if block, rest = pem.Decode(rest); block == nil {
			break
		}
		if strings.HasSuffix(block.Type, "PRIVATE KEY") {
			return nil, errors.New("it holds a private key; give certificates only")
		}
		cert, err := x509.ParseCertificate(block.Bytes)
		if block.Type != "CERTIFICATE" || err != nil {
			return nil, fmt.Errorf("its PEM block %d is not a certificate", count+1)
		}
		pool.AddCert(cert)
	}
	if count == 0 {
		return nil, errors.New("it holds no PEM certificate")
	}
	return pool, nil
}

// LoadKeyPair reads a client certificate and its private key, each from PEM text
// or from the file of that name. Its errors never hold what these held.
func LoadKeyPair(cert, key string) ([]tls.Certificate, error) {
	certText, err := readPEM(cert)
	if err != nil {
		return nil, err
	}
	keyText, err := readPEM(key)
	if err != nil {
		return nil, fmt.Errorf("its key: %w", err)
	}
	pair, err := tls.X509KeyPair(certText, keyText)
	if err != nil {
		return nil, errors.New("certificate and key are not PEM, or do not belong together")
	}
	return []tls.Certificate{pair}, nil
}

// IsPEM tells PEM text from the name of a file.
func IsPEM(pathOrPEM string) bool { return strings.Contains(pathOrPEM, "-----BEGIN") }

// readPEM returns PEM text as it is, and reads anything else as a file.
func readPEM(pathOrPEM string) ([]byte, error) {
	if IsPEM(pathOrPEM) {
		return []byte(pathOrPEM), nil
	}
	path := pathOrPEM
	if rest, found := strings.CutPrefix(path, "~/"); found {
		home, err := os.UserHomeDir()
		if err != nil {
			return nil, errors.New("the home directory is not known; give the whole path")
		}
		path = filepath.Join(home, rest)
	}
	text, err := os.ReadFile(path) //nolint:gosec // The user names the file.
	var failed *os.PathError
	if errors.As(err, &failed) {
		return nil, fmt.Errorf("the file cannot be read: %w", failed.Err)
	}
	return text, err
}
