package transport

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
	"net/url"
	"strings"
	"syscall"
	"time"
)

// A Fault says why an exchange brought no whole answer.
type Fault string

// The faults of a NetworkError.
const (
	FaultRefused     Fault = "connection refused"
	FaultUnknownHost Fault = "unknown host"
	FaultTLS         Fault = "no trusted TLS connection"
	FaultProxy       Fault = "refused by the proxy"
	FaultTimeout     Fault = "no whole answer in time"
	FaultConnection  Fault = "connection lost"
	FaultBody        Fault = "answer cut short"
	FaultTooLarge    Fault = "answer too large"
)

// NetworkError is an exchange that brought no whole answer.
type NetworkError struct {
	Host  string
	Fault Fault
	// Detail is the cause in the words of the layer that saw it.
	Detail string
	err    error
}

func (e *NetworkError) Error() string {
	return fmt.Sprintf("%s: %s: %s", e.Host, e.Fault, e.Detail)
}

func (e *NetworkError) Unwrap() error { return e.err }

// Begun reports that an answer had begun to come: somebody is there.
func (e *NetworkError) Begun() bool { return e.Fault == FaultBody || e.Fault == FaultTooLarge }

func (c *Client) networkError(host string, err error) *NetworkError {
	// url.Error repeats the whole URL; the host is enough.
	var outer *url.Error
	if errors.As(err, &outer) {
		err = outer.Err
	}
	e := &NetworkError{Host: host, Fault: fault(err), err: err}
	e.Detail = c.clean(err.Error(), maxMessage)
	if e.Fault == FaultTimeout {
		e.Detail = fmt.Sprintf("gave up after at most %s", c.timeout)
	}
	return e
}

func isRefused(err error) bool { return errors.Is(err, syscall.ECONNREFUSED) }

const maxMessage = 1024

// StatusError is an answer with a status of 300 or above.
type StatusError struct {
	Host   string
	Status int
	// Code is the service's own, such as APIGW.0301; empty where there is none.
	Code string
	// Message is one line of at most 1024 characters; what the body was instead
	// (an HTML page, empty) where it held no message.
	Message   string
	RequestID string
	// Date is the server's clock; zero where the answer does not tell.
	Date time.Time
	// RetryAfter is the header as given.
	RetryAfter string
}

func (e *StatusError) Error() string {
	var b strings.Builder
	fmt.Fprintf(&b, "%s answered %d", e.Host, e.Status)
	if text := http.StatusText(e.Status); text != "" {
		b.WriteString(" " + text)
	}
	if e.Code != "" {
		b.WriteString(", " + e.Code)
	}
	b.WriteString(": " + e.Message)
	if e.RequestID != "" {
		fmt.Fprintf(&b, " (request id %s)", e.RequestID)
	}
	return b.String()
}

func (c *Client) statusError(r Request, resp *Response) *StatusError {
	p := ParseProblem(resp.Body)
	e := &StatusError{
		Host: r.URL.Host, Status: resp.Status, Date: resp.Date(), RequestID: resp.RequestID,
		Code: c.clean(p.Code, 64), Message: c.clean(p.Message, maxMessage),
		RetryAfter: resp.Header.Get("Retry-After"),
	}
	if e.RequestID == "" {
		e.RequestID = c.clean(p.RequestID, 128)
	}
	if to, err := r.URL.Parse(resp.Header.Get("Location")); resp.Status < http.StatusBadRequest && err == nil {
		e.Message = "a redirect to " + c.clean(to.Host, 255) + ", which is not followed"
	}
	return e
}

// Problem is what a body says went wrong. Message is never empty: it says what
// the body was where it holds no message.
type Problem struct {
	Code, Message, RequestID string
	// Found says that the body has the shape of an error.
	Found bool
}

// ParseProblem reads the error shapes of the service, the gateway and IAM: codes
// and messages under error_code/error_msg, code/message, or Keystone's nested
// error with a numeric code. The text is as given: neither cut nor cleaned.
func ParseProblem(body []byte) Problem {
	trimmed := bytes.TrimSpace(bytes.TrimPrefix(body, []byte("\xef\xbb\xbf")))
	switch {
	case len(trimmed) == 0:
		return Problem{Message: "an empty body"}
	case trimmed[0] == '<':
		return Problem{Message: "an HTML page instead of JSON"}
	}
	var shape struct {
		ErrorCode    json.RawMessage `json:"error_code"`
		ErrorMsg     json.RawMessage `json:"error_msg"`
		ErrorMessage json.RawMessage `json:"error_message"`
		Code         json.RawMessage `json:"code"`
		Message      json.RawMessage `json:"message"`
		RequestID    json.RawMessage `json:"request_id"`
		Error        json.RawMessage `json:"error"`
	}
	if err := json.Unmarshal(trimmed, &shape); err != nil {
		if trimmed[0] != '{' && trimmed[0] != '[' && trimmed[0] != '"' {
			return Problem{Message: string(trimmed)}
		}
		return Problem{Message: "a body that is not the JSON of an error"}
	}
	p := Problem{
		Code:      first(shape.ErrorCode, shape.Code),
		Message:   first(shape.ErrorMsg, shape.ErrorMessage, shape.Message),
		RequestID: first(shape.RequestID),
	}
	var nested struct{ Code, Message, Title json.RawMessage }
	if json.Unmarshal(shape.Error, &nested) == nil {
		if p.Code == "" {
			p.Code = first(nested.Code)
		}
		if p.Message == "" {
			p.Message = first(nested.Message, nested.Title)
		}
	} else if p.Message == "" {
		p.Message = first(shape.Error)
	}
	p.Found = p.Code != "" || p.Message != ""
	if p.Message == "" {
		p.Message = "no message"
	}
	return p
}

// first returns the first of the values that is a non-empty string or a number.
func first(values ...json.RawMessage) string {
	for _, raw := range values {
		var text string
		if json.Unmarshal(raw, &text) == nil && text != "" {
			return text
		}
		var number json.Number
		if json.Unmarshal(raw, &number) == nil && number != "" {
			return number.String()
		}
	}
	return ""
}
