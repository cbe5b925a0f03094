package transport_test

import (
	"bytes"
	"encoding/json"
	"strings"
	"testing"
	"unicode/utf8"

	"terraform.local/huaweicloud/terraform-provider-workspace/internal/transport"
)

const (
	bom       = "\xef\xbb\xbf"
	emptyBody = "an empty body"
	htmlPage  = "an HTML page instead of JSON"
	noMessage = "no message"
	notError  = "a body that is not the JSON of an error"
)

func TestProblemOfEveryShape(t *testing.T) {
	t.Parallel()
	for name, tc := range map[string]struct {
		body string
		want transport.Problem
	}{
		"service": {
			`{"error_code":"WKS.00129901","error_msg":"The service is not available."}`,
			transport.Problem{Code: "WKS.00129901", Message: "The service is not available.", Found: true},
		},
		"service with an authorisation message": {
			`{"error_code":"WKS.00081102","error_msg":"Forbidden.","encoded_authorization_message":"XXYYZZ"}`,
			transport.Problem{Code: "WKS.00081102", Message: "Forbidden.", Found: true},
		},
		"gateway with the request id": {
			`{"error_msg":"The throttling threshold has been reached: policy user over ratelimit,limit:200,time:5 minute","error_code":"APIGW.0308","request_id":"d4e8"}`,
			transport.Problem{
				Code: "APIGW.0308", RequestID: "d4e8", Found: true,
				Message: "The throttling threshold has been reached: policy user over ratelimit,limit:200,time:5 minute",
			},
		},
		"gateway with the old prefix": {
			`{"error_code":"APIG.0301","error_msg":"Incorrect IAM authentication information","request_id":"r"}`,
			transport.Problem{Code: "APIG.0301", Message: "Incorrect IAM authentication information", RequestID: "r", Found: true},
		},
		"Keystone with a numeric code": {
			`{"error":{"message":"The username or password is wrong.","code":401,"title":"Unauthorized"}}`,
			transport.Problem{Code: "401", Message: "The username or password is wrong.", Found: true},
		},
		"Keystone with a title alone": {
			`{"error":{"code":404,"title":"Not Found"}}`, transport.Problem{Code: "404", Message: "Not Found", Found: true},
		},
		"Keystone with a code of text":  {`{"error":{"message":"m","code":"IAM.1"}}`, transport.Problem{Code: "IAM.1", Message: "m", Found: true}},
		"IAM v3.0":                      {`{"error_msg":"m","error_code":"IAM.0006"}`, transport.Problem{Code: "IAM.0006", Message: "m", Found: true}},
		"code and message":              {`{"code":"CES.0001","message":"m"}`, transport.Problem{Code: "CES.0001", Message: "m", Found: true}},
		"numeric code and message":      {`{"code":503,"message":"m"}`, transport.Problem{Code: "503", Message: "m", Found: true}},
		"numeric error_code":            {`{"error_code":401,"error_msg":"m"}`, transport.Problem{Code: "401", Message: "m", Found: true}},
		"code beyond 2^53":              {`{"code":9007199254740993,"message":"m"}`, transport.Problem{Code: "9007199254740993", Message: "m", Found: true}},
		"error_message":                 {`{"error_code":"E","error_message":"m"}`, transport.Problem{Code: "E", Message: "m", Found: true}},
		"error as a text":               {`{"error":"m"}`, transport.Problem{Message: "m", Found: true}},
		"error as a text beside others": {`{"error":"Bad Request","message":"m","code":"c"}`, transport.Problem{Code: "c", Message: "m", Found: true}},
		"error as a number":             {`{"error":7}`, transport.Problem{Message: "7", Found: true}},
		"outer before nested":           {`{"error_code":"o","error_msg":"m","error":{"code":"i","message":"n"}}`, transport.Problem{Code: "o", Message: "m", Found: true}},
		"nested where outer is empty":   {`{"error_code":"","error_msg":null,"error":{"code":"i","message":"n"}}`, transport.Problem{Code: "i", Message: "n", Found: true}},
		"code alone":                    {`{"error_code":"WKS.1"}`, transport.Problem{Code: "WKS.1", Message: noMessage, Found: true}},
		"message alone":                 {`{"error_msg":"m"}`, transport.Problem{Message: "m", Found: true}},
		"request id alone":              {`{"request_id":"r"}`, transport.Problem{RequestID: "r", Message: noMessage}},
		"numeric request id":            {`{"error_msg":"m","request_id":12}`, transport.Problem{RequestID: "12", Message: "m", Found: true}},
		"values of other kinds":         {`{"error_code":{"a":1},"error_msg":["m"],"code":true,"error":[1]}`, transport.Problem{Message: noMessage}},
		"byte order mark":               {bom + `{"error_code":"c","error_msg":"m"}`, transport.Problem{Code: "c", Message: "m", Found: true}},
		"white space around":            {" \r\n\t" + `{"error_code":"c","error_msg":"m"}` + "\n", transport.Problem{Code: "c", Message: "m", Found: true}},
		"text that is left as it is":    {`{"error_msg":"a\n\u001b[31mb` + strings.Repeat("x", 3000) + `"}`, transport.Problem{Message: "a\n\x1b[31mb" + strings.Repeat("x", 3000), Found: true}},
		"a job, and no error":           {`{"job":{"job_id":"1","job_status":1}}`, transport.Problem{Message: noMessage}},
		"empty object":                  {`{}`, transport.Problem{Message: noMessage}},
		"null":                          {`null`, transport.Problem{Message: noMessage}},
		"null error":                    {`{"error":null}`, transport.Problem{Message: noMessage}},
		"nothing":                       {"", transport.Problem{Message: emptyBody}},
		"white space alone":             {" \r\n\t ", transport.Problem{Message: emptyBody}},
		"byte order mark alone":         {bom, transport.Problem{Message: emptyBody}},
		"HTML":                          {"<!DOCTYPE html><html><body>502</body></html>", transport.Problem{Message: htmlPage}},
		"HTML after white space":        {bom + "\n  <html>", transport.Problem{Message: htmlPage}},
		"array":                         {`[]`, transport.Problem{Message: notError}},
		"array of errors":               {`[{"error_code":"c","error_msg":"m"}]`, transport.Problem{Message: notError}},
		"JSON text":                     {`"m"`, transport.Problem{Message: notError}},
		"JSON cut short":                {`{"error_code":"c","err`, transport.Problem{Message: notError}},
		"two objects":                   {`{"error_code":"c"}{"error_code":"d"}`, transport.Problem{Message: notError}},
		"plain text":                    {"upstream connect error\n", transport.Problem{Message: "upstream connect error"}},
		"number":                        {"404", transport.Problem{Message: "404"}},
		"bytes that are no text":        {"\xff\xfe\x00", transport.Problem{Message: "\xff\xfe\x00"}},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			if got := transport.ParseProblem([]byte(tc.body)); got != tc.want {
				t.Errorf("got  %+v\nwant %+v", got, tc.want)
			}
		})
	}
}

func FuzzParseProblem(f *testing.F) {
	for _, seed := range []string{
		"", bom, "<html>", "null", "[]", `"m"`, "12", "plain\ntext", "\xff\x00",
		`{"error_code":"APIGW.0308","error_msg":"m","request_id":"r"}`,
		`{"error":{"message":"m\u001b[0m","code":401,"title":"Unauthorized"}}`,
		`{"code":1e999,"message":{"a":[]},"error":"x"}`,
		`{"error_code":"c","error_msg":"\ud800\u202e"}`,
	} {
		f.Add([]byte(seed))
	}
	f.Fuzz(func(t *testing.T, body []byte) {
		before := bytes.Clone(body)
		p := transport.ParseProblem(body)
		if !bytes.Equal(body, before) {
			t.Error("the body was changed")
		}
		if p.Message == "" {
			t.Errorf("%q has no message", body)
		}
		if p.Found && !json.Valid(bytes.TrimSpace(bytes.TrimPrefix(body, []byte(bom)))) {
			t.Errorf("%q is not JSON, and gave %+v", body, p)
		}
		if !p.Found && (p.Code != "" || p.Message == "") {
			t.Errorf("%q gave %+v", body, p)
		}
		for _, text := range []string{p.Code, p.Message, p.RequestID} {
			checkClean(t, text, 64)
			if p.Found && !utf8.ValidString(text) {
				t.Errorf("%q gave %q", body, text)
			}
			// A code or message is never longer than what it stands in; what is not
			// valid in it may take three bytes for one.
			if len(text) > 3*len(body)+len(notError) {
				t.Errorf("%d bytes gave %d", len(body), len(text))
			}
		}
	})
}
