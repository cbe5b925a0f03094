package simulator

import (
	"crypto/hmac"
	"crypto/sha256"
	"crypto/subtle"
	"encoding/hex"
	"errors"
	"net/http"
	"net/url"
	"slices"
	"strconv"
	"strings"
	"time"
)

// The parts of AK/SK signing (API Request Signing Guide, "Adding the Signature
// to the Request Header").
const (
	signatureAlgorithm = "SDK-HMAC-SHA256"
	dateHeader         = "X-Sdk-Date"
	dateLayout         = "20060102T150405Z"
	// dateTolerance is how far the client's clock may be off, either way.
	dateTolerance = 15 * time.Minute
)

// authorization is a parsed Authorization header.
type authorization struct {
	access        string
	signedHeaders []string
	signature     string
}

// parseAuthorization reads "SDK-HMAC-SHA256 Access=AK, SignedHeaders=a;b,
// Signature=hex". Its errors do not repeat what the header says.
func parseAuthorization(value string) (authorization, error) {
	algorithm, rest, ok := strings.Cut(value, " ")
	if !ok || algorithm != signatureAlgorithm {
		return authorization{}, errors.New("does not begin with " + signatureAlgorithm)
	}
	parts := strings.Split(rest, ",")
	if len(parts) != 3 {
		return authorization{}, errors.New("does not have the three parts Access, SignedHeaders and Signature")
	}
	var values [3]string
	for i, name := range []string{"Access", "SignedHeaders", "Signature"} {
		got, found := strings.CutPrefix(strings.TrimSpace(parts[i]), name+"=")
		if !found || got == "" {
			return authorization{}, errors.New("does not have " + name + " at its place")
		}
		values[i] = got
	}
	auth := authorization{access: values[0], signature: values[2]}
	for name := range strings.SplitSeq(values[1], ";") {
		if name == "" {
			return authorization{}, errors.New("names an empty header in SignedHeaders")
		}
		auth.signedHeaders = append(auth.signedHeaders, strings.ToLower(name))
	}
	slices.Sort(auth.signedHeaders)
	return auth, nil
}

// signs recomputes the signature of a request and compares.
func (a authorization) signs(r *http.Request, body []byte, secret string) bool {
	canonical, ok := canonicalRequest(r, body, a.signedHeaders)
	if !ok {
		return false
	}
	hash := sha256.Sum256([]byte(canonical))
	text := signatureAlgorithm + "\n" + r.Header.Get(dateHeader) + "\n" + hex.EncodeToString(hash[:])
	mac := hmac.New(sha256.New, []byte(secret))
	mac.Write([]byte(text))
	return sameText(a.signature, hex.EncodeToString(mac.Sum(nil)))
}

// canonicalRequest is not there when a signed header is missing or the path or
// query cannot be decoded.
func canonicalRequest(r *http.Request, body []byte, signedHeaders []string) (string, bool) {
	path, ok := canonicalPath(r.URL.EscapedPath())
	if !ok {
		return "", false
	}
	query, err := url.ParseQuery(r.URL.RawQuery)
	if err != nil {
		return "", false
	}
	var headers strings.Builder
	for _, name := range signedHeaders {
		values := headerValues(r, name)
		if len(values) == 0 {
			return "", false
		}
		for _, value := range values {
			headers.WriteString(name + ":" + strings.TrimSpace(value) + "\n")
		}
	}
	hash := sha256.Sum256(body)
	return strings.Join([]string{
		r.Method,
		path,
		canonicalQuery(query),
		headers.String(),
		strings.Join(signedHeaders, ";"),
		hex.EncodeToString(hash[:]),
	}, "\n"), true
}

// canonicalPath encodes each segment anew and ends in a slash.
func canonicalPath(escapedPath string) (string, bool) {
	segments := strings.Split(escapedPath, "/")
	for i, segment := range segments {
		plain, err := url.PathUnescape(segment)
		if err != nil {
			return "", false
		}
		segments[i] = percentEncode(plain)
	}
	path := strings.Join(segments, "/")
	if !strings.HasSuffix(path, "/") {
		path += "/"
	}
	return path, true
}

func canonicalQuery(query url.Values) string {
	var pairs []string
	for name, values := range query {
		for _, value := range values {
			pairs = append(pairs, percentEncode(name)+"="+percentEncode(value))
		}
	}
	slices.Sort(pairs)
	return strings.Join(pairs, "&")
}

// headerValues knows the two headers that net/http keeps elsewhere.
func headerValues(r *http.Request, name string) []string {
	switch name {
	case "host":
		if r.Host == "" {
			return []string{r.URL.Host}
		}
		return []string{r.Host}
	case "content-length":
		return []string{strconv.FormatInt(r.ContentLength, 10)}
	}
	values := slices.Clone(r.Header.Values(name))
	slices.Sort(values)
	return values
}

// percentEncode keeps the unreserved characters of RFC 3986 and nothing else.
func percentEncode(text string) string {
	const digits = "0123456789ABCDEF"
	var encoded strings.Builder
	for i := range len(text) {
		c := text[i]
		switch {
		case c >= 'A' && c <= 'Z', c >= 'a' && c <= 'z', c >= '0' && c <= '9', strings.IndexByte("-_.~", c) >= 0:
			encoded.WriteByte(c)
		default:
			encoded.Write([]byte{'%', digits[c>>4], digits[c&15]})
		}
	}
	return encoded.String()
}

func dateAccepted(date string, now time.Time) bool {
	signed, err := time.Parse(dateLayout, date)
	if err != nil {
		return false
	}
	return signed.Sub(now).Abs() <= dateTolerance
}

func sameText(a, b string) bool {
	return subtle.ConstantTimeCompare([]byte(a), []byte(b)) == 1
}
