package simulator

import (
	"bytes"
	"encoding/json"
	"net/http"
)

// reply is an answer before a fault has had its way with it.
type reply struct {
	status int
	header http.Header
	body   []byte
}

// jsonReply marshals values of this package, which cannot fail on them; if it
// does, the client gets to see it.
func jsonReply(status int, value any) reply {
	var body bytes.Buffer
	encoder := json.NewEncoder(&body)
	encoder.SetEscapeHTML(false)
	if err := encoder.Encode(value); err != nil {
		return reply{status: http.StatusInternalServerError, body: []byte("simulator: " + err.Error())}
	}
	return reply{status: status, body: bytes.TrimSuffix(body.Bytes(), []byte("\n"))}
}

// gatewayError is an error of the API gateway, which has the request's id in the
// body (API Request Signing Guide, "Error Codes").
func (x *exchange) gatewayError(status int, code, message string) reply {
	return jsonReply(status, struct {
		Message   string `json:"error_msg"`
		Code      string `json:"error_code"`
		RequestID string `json:"request_id"`
	}{message, code, x.record.RequestID})
}

// plainReply is an answer that is text and no JSON.
func plainReply(status int, text string) reply {
	return reply{
		status: status,
		header: http.Header{"Content-Type": {"text/plain; charset=utf-8"}},
		body:   []byte(text),
	}
}

// serviceError is an error of the Workspace service itself (API reference,
// "Application Error Codes"), and has the form of one of STS and of the v3.0 API
// of IAM.
func serviceError(status int, code, message string) reply {
	return jsonReply(status, struct {
		Code    string `json:"error_code"`
		Message string `json:"error_msg"`
	}{code, message})
}

// keystoneError is an error of the v3 API of IAM, whose code is a number.
func keystoneError(status int, message string) reply {
	type details struct {
		Message string `json:"message"`
		Code    int    `json:"code"`
		Title   string `json:"title"`
	}
	return jsonReply(status, struct {
		Error details `json:"error"`
	}{details{message, status, http.StatusText(status)}})
}
