package provider

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"strings"
	"time"

	"github.com/hashicorp/terraform-plugin-framework/diag"
	"github.com/hashicorp/terraform-plugin-framework/path"

	"terraform.local/huaweicloud/terraform-provider-workspace/internal/auth"
	"terraform.local/huaweicloud/terraform-provider-workspace/internal/transport"
	"terraform.local/huaweicloud/terraform-provider-workspace/internal/workspace"
)

// This file is the one place where errors become diagnostics. Each says what
// happened, to which job, what was last seen, and what to do next.

// sessionFrom takes what Configure has handed on.
func sessionFrom(data any, diags *diag.Diagnostics) *session {
	if data == nil {
		return nil // Terraform validates before it configures.
	}
	s, ok := data.(*session)
	if !ok {
		diags.AddError("Wrong provider data", fmt.Sprintf("This is a bug in the provider: it handed on a %T.", data))
	}
	return s
}

// ready reports whether there is a client to read with.
func (s *session) ready(diags *diag.Diagnostics) bool {
	if s != nil && len(s.unknown) > 0 {
		diags.AddError("Provider not configured yet", fmt.Sprintf(
			"The job cannot be read now, because the provider's configuration depends on values that are not known before apply: %s. "+
				"Give them values that are known at plan, or let what reads the job depend on what they come from, "+
				"so that it is read during apply.", strings.Join(s.unknown, ", ")))
	}
	return !diags.HasError()
}

// report adds the diagnostics of a read: of its error, if any, and of what the
// client has noticed on the way.
func (s *session) report(diags *diag.Diagnostics, err error, out waysOut) {
	if s.client.SwitchedVersion() {
		diags.AddWarning("Version 1 of the job API is gone", switched)
	}
	if err == nil {
		return
	}
	argument, summary, detail := describe(err, out)
	detail = s.secrets.Mask(detail)
	if argument == "" {
		diags.AddError(summary, detail)
		return
	}
	diags.AddAttributeError(path.Root(argument), summary, detail)
}

const switched = `The service answered that v1 of the job API does not exist, and v2 did answer: this provider configuration goes on with v2. ` +
	`Under v2 some attributes are null, as the documentation of workspace_job lists.

To silence this warning, set api_version = "v2" (or HW_WORKSPACE_API_VERSION).`

// describe returns the attribute at fault, if any, a summary that is the same
// for every error of its kind, and what there is to know and to do.
func describe(err error, out waysOut) (attribute, summary, detail string) {
	var many *workspace.JobsError
	if errors.As(err, &many) {
		return describeMany(many, out)
	}
	var e *workspace.Error
	if !errors.As(err, &e) {
		return "", "Job could not be read", err.Error()
	}
	switch e.Outcome {
	case workspace.OutcomeFailed:
		return out.ids, "Job did not succeed", failed(e, out)
	case workspace.OutcomeTimedOut:
		return "wait_timeout", "Wait for the job timed out", timedOut(e, out)
	case workspace.OutcomeInterrupted:
		return "", "Interrupted", interrupted(e)
	case workspace.OutcomeUnreadable:
	}
	return unreadable(e, out)
}

// describeMany names each job that brought an error, not only the first.
func describeMany(e *workspace.JobsError, out waysOut) (attribute, summary, detail string) {
	first := e.Failures[0]
	if e.Total == 1 {
		return describe(first, out)
	}
	same, met := true, make(map[workspace.Outcome]bool)
	lines := make([]string, len(e.Failures))
	for i, failure := range e.Failures {
		lines[i] = "  - " + oneLine(failure)
		same = same && failure.Outcome == first.Outcome && failure.Cause == first.Cause //nolint:errorlint // The very same.
		met[failure.Outcome] = true
	}
	if same && (first.Outcome == workspace.OutcomeInterrupted || first.Outcome == workspace.OutcomeUnreadable) {
		attribute, summary, detail = describe(first, out)
		return attribute, summary, fmt.Sprintf("The same holds for all %d jobs that could not be read.\n\n%s", len(e.Failures), detail)
	}
	var b strings.Builder
	fmt.Fprintf(&b, "%d of %d jobs brought no success; what depends on them is not carried out.\n\n%s\n\n",
		len(e.Failures), e.Total, strings.Join(firstOf(lines), "\n"))
	if met[workspace.OutcomeInterrupted] {
		return "", "Interrupted", b.String() + "Jobs that have not ended go on."
	}
	if met[workspace.OutcomeTimedOut] {
		fmt.Fprintf(&b, "Where time ran out, raise wait_timeout = %q and run again. ", duration(first.Timeout))
	}
	if met[workspace.OutcomeFailed] {
		b.WriteString(out.failure)
	} else {
		b.WriteString(strings.TrimSpace(out.timeout))
	}
	return out.ids, "Jobs did not succeed", b.String()
}

// oneLine tells of one job among many.
func oneLine(e *workspace.Error) string {
	text := "job " + e.JobID
	switch {
	case e.Outcome == workspace.OutcomeFailed:
		return text + ": " + e.Last.FailureReason()
	case e.Outcome == workspace.OutcomeTimedOut && e.Last != nil:
		text += ": " + e.Last.Progress() + " when time ran out"
	case e.Outcome == workspace.OutcomeTimedOut:
		text += ": not seen before time ran out"
	case e.Outcome == workspace.OutcomeInterrupted:
		text += ": interrupted"
	default:
		text += ": could not be read"
		if e.Last != nil {
			text += " any more, last " + string(e.Last.Status)
		}
	}
	if e.Cause != nil {
		text += "; " + e.Cause.Error()
	}
	return text
}

// maxListed is how many of a kind a text names before it only counts them.
const maxListed = 20

// firstOf cuts a list off, and says how many more there were.
func firstOf(list []string) []string {
	if len(list) <= maxListed {
		return list
	}
	return append(list[:maxListed:maxListed], fmt.Sprintf("and %d more", len(list)-maxListed))
}

// waysOut say how to go on in spite of an error: of a data source, which later
// plans and a destroy read again, and of a resource, which was not created.
type waysOut struct {
	// ids is the attribute that names the job, or the jobs.
	ids                      string
	failure, timeout, purged string
}

var (
	ofDataSource = waysOut{
		ids: "job_id",
		failure: `To go on in spite of it: set allow_failure = true to take a failed job as data; destroy with ` +
			`"destroy -refresh=false", which reads no data sources; or gate with the resource workspace_job_completion, ` +
			`which later plans and a destroy do not read again.`,
		timeout: ` To destroy without waiting: "destroy -refresh=false".`,
		purged:  `; then take the data source out of the configuration, or use "-refresh=false" to destroy.`,
	}
	ofJobs     = waysOut{"job_ids", ofDataSource.failure, ofDataSource.timeout, ofDataSource.purged}
	ofResource = waysOut{
		ids:     "job_id",
		failure: `To go on in spite of it, set allow_failure = true. Nothing was created, so there is nothing to destroy.`,
		timeout: ` Nothing was created, so there is nothing to destroy.`,
		purged:  `: of such a job, nothing can be waited for or imported.`,
	}
)

func failed(e *workspace.Error, out waysOut) string {
	var b strings.Builder
	fmt.Fprintf(&b, "Job %s (project %s) ended without success; what depends on it is not carried out.\n\n%s\n",
		e.JobID, e.Last.ProjectID, e.Last.FailureReason())
	if resources := affected(e.Last); resources != "" {
		fmt.Fprintf(&b, "\nResources of the sub-jobs that did not succeed: %s.\n", resources)
	}
	fmt.Fprintf(&b, "\nSeen after %s. Find the cause with the code and message above, start the job again, and use "+
		"the new job's id.\n\n%s", effort(e), out.failure)
	return b.String()
}

// affected lists the resources of the sub-jobs that did not succeed.
func affected(job *workspace.Job) string {
	var names []string
	for _, sub := range job.SubJobs {
		if sub.Status == workspace.StatusSuccess {
			continue
		}
		for _, entity := range sub.Entities {
			name := transport.Clean(value(entity.ResourceID), 255)
			if called := transport.Clean(value(entity.ResourceName), 255); called != "" {
				name = strings.TrimSpace(name + " (" + called + ")")
			}
			if name != "" {
				names = append(names, name)
			}
		}
	}
	return strings.Join(firstOf(names), ", ")
}

func timedOut(e *workspace.Error, out waysOut) string {
	var b strings.Builder
	if e.Last == nil {
		fmt.Fprintf(&b, "Job %s was not seen before wait_timeout = %q ran out, after %s.\n", e.JobID, duration(e.Timeout), effort(e))
	} else {
		fmt.Fprintf(&b, "Job %s (project %s) was %s when wait_timeout = %q ran out, after %s.\n",
			e.JobID, e.Last.ProjectID, e.Last.Progress(), duration(e.Timeout), effort(e))
	}
	b.WriteString(lastSeen(e))
	b.WriteString("\nIf the job may take longer, raise wait_timeout and run again: the wait goes on where the job is." + out.timeout)
	return b.String()
}

func interrupted(e *workspace.Error) string {
	return fmt.Sprintf("The read of job %s was interrupted after %s. The job itself goes on.\n%s",
		e.JobID, effort(e), lastSeen(e))
}

// lastSeen tells a job's state in lines: status, sub-jobs, times, last error.
func lastSeen(e *workspace.Error) string {
	var b strings.Builder
	if e.Last != nil {
		fmt.Fprintf(&b, "\nLast status: %s, for %s as far as this wait has seen.\n", e.Last.Status, round(e.SinceChange))
		if len(e.Last.SubJobs) > 0 {
			var done, pending []string
			for _, sub := range e.Last.SubJobs {
				text := fmt.Sprintf("%s (%s)", sub.Label(), sub.Status)
				if sub.Status.Terminal() {
					done = append(done, text)
				} else {
					pending = append(pending, text)
				}
			}
			fmt.Fprintf(&b, "Sub-jobs done: %s.\nSub-jobs pending: %s.\n", ids(done), ids(pending))
		}
		if e.Last.ExpectedEndTime != nil {
			fmt.Fprintf(&b, "Expected end, as the service says: %s.\n", transport.Clean(*e.Last.ExpectedEndTime, 64))
		}
	}
	if e.Cause != nil && !errors.Is(e.Cause, context.Canceled) {
		fmt.Fprintf(&b, "Last problem: %s.\n", e.Cause)
	}
	if e.Overdue > time.Second {
		fmt.Fprintf(&b, "A look was due %s ago and had no answer yet: it was queued for the limit of requests per minute, or sent.\n", round(e.Overdue))
	}
	return b.String()
}

func ids(list []string) string {
	if len(list) == 0 {
		return "none"
	}
	return strings.Join(firstOf(list), ", ")
}

// unreadable describes a job that could not be read, by the cause.
func unreadable(e *workspace.Error, out waysOut) (attribute, summary, detail string) {
	var (
		refused *auth.RefusedError
		setup   *auth.SetupError
		iam     *auth.IAMError
		network *transport.NetworkError
		status  *transport.StatusError
	)
	what := fmt.Sprintf("Job %s could not be read: %v.\n\n", e.JobID, e.Cause)
	if e.Last != nil {
		what += "It was seen before." + lastSeen(&workspace.Error{Last: e.Last, SinceChange: e.SinceChange}) + "\n"
	}
	tried := fmt.Sprintf("Gave up after %s. ", effort(e))
	switch {
	case errors.As(e.Cause, &refused):
		return "", "Credential refused", what + refusedAdvice(refused) + skewAdvice(refused.Skew)
	case errors.As(e.Cause, &setup):
		return "", "Provider configuration does not fit", what + fmt.Sprintf("Check %s in the provider's configuration.", named(setup.Argument))
	case errors.As(e.Cause, &network):
		at := argEndpoint
		if errors.As(e.Cause, &iam) {
			at = iam.Argument
		}
		return "", "Service not reached", what + tried + networkAdvice(network, named(at))
	case errors.As(e.Cause, &iam) && errors.As(e.Cause, &status) &&
		(status.Status >= http.StatusInternalServerError || status.Status == http.StatusTooManyRequests):
		return "", "IAM request failed", what + tried + "IAM is disturbed or limits requests: try again later."
	case errors.As(e.Cause, &iam):
		return "", "IAM request failed", what + fmt.Sprintf("Check %s, and the rights of the credential in IAM.", named(iam.Argument))
	case !errors.As(e.Cause, &status):
		return "", "Answer without the job", what + tried + fmt.Sprintf("The answer did not come from the job API, or not whole. "+
			"Check %s, and any proxy in between.", named(argEndpoint))
	case workspace.IsGone(status):
		return "", "API not found", what + apiAdvice(status)
	case workspace.IsMissing(status):
		return out.ids, "Job not found", what + "The service does not know this job in this project. Check job_id and project_id: " +
			"the id must come from the Application Streaming API, not from the desktop API. Records of old jobs may have been purged" + out.purged
	case status.Status == http.StatusForbidden:
		return "", "Access denied", what + "The credential is known but may not read this job. It needs the IAM permission " +
			"workspace:jobs:get in the job's project."
	case status.Status == http.StatusTooManyRequests:
		return "", "Too many requests", what + tried + "The service limits requests per user. Try again later, or read fewer jobs at once."
	case status.Status < http.StatusBadRequest:
		return "", "Redirected", what + fmt.Sprintf("Redirects are not followed, because they would carry the credential elsewhere. "+
			"Set %s to the final address.", named(argEndpoint))
	}
	return "", "Service error", what + tried + "Try again; if it stays, give the request id to the service's support."
}

func apiAdvice(e *transport.StatusError) string {
	return fmt.Sprintf("The server at %s does not have the job API that was asked for; this says nothing of the job. "+
		"Check %s and %s. If the service has retired v1, %s must not ask for it: leave it out, or set it to v2.",
		e.Host, named(argEndpoint), named(argRegion), named(argAPIVersion))
}

func refusedAdvice(e *auth.RefusedError) string {
	switch e.Kind {
	case auth.KindToken:
		return fmt.Sprintf("Check %s: the token may have expired, come from another region's IAM, or belong to another project than %s. "+
			"A token belongs to one project: to read jobs of several, use access keys or a password.",
			named(argToken), e.ProjectID)
	case auth.KindAccessKey:
		return fmt.Sprintf("Check %s and %s, and %s if they are temporary, or the profile that they come from. No second request was made, because repeated failures "+
			"lock a key for five minutes.",
			named(argAccessKey), named(argSecretKey), named(argSecurityToken))
	case auth.KindPassword:
		return fmt.Sprintf("Check %s, %s or %s, %s or %s, and %s. No second request was made, because repeated failures lock the account. "+
			"The account's own sign-in name cannot be used; create an IAM user with programmatic access.",
			named(argPassword), named(argUserName), argUserID, named(argDomainName), argDomainID, named(argAuthURL))
	case auth.KindAgency:
		return fmt.Sprintf("The keys that the agency gave were not accepted. Check that the agency in %s is delegated to this account "+
			"and may read jobs in the project.", blockAssumeRole)
	case auth.KindMetadata:
		return "The keys that the ECS's agency gave were not accepted. Check that the agency may read jobs in the project."
	}
	return ""
}

// skewAdvice names a clock that is off: to the service, its signatures look like
// those of a wrong key.
func skewAdvice(skew time.Duration) string {
	const tolerated = 5 * time.Minute
	switch {
	case skew > tolerated:
		return fmt.Sprintf(" This machine's clock is %s behind the server's: set it right first.", skew.Round(time.Second))
	case skew < -tolerated:
		return fmt.Sprintf(" This machine's clock is %s ahead of the server's: set it right first.", (-skew).Round(time.Second))
	}
	return ""
}

func networkAdvice(e *transport.NetworkError, where string) string {
	switch e.Fault {
	case transport.FaultUnknownHost, transport.FaultRefused:
		return fmt.Sprintf("Check %s, %s, and the network: proxy variables, VPN, name resolution.", where, named(argRegion))
	case transport.FaultTLS:
		return fmt.Sprintf("Check %s. Where the service's certificate is signed by an authority of your own, give it in %s.", where, argCACertFile)
	case transport.FaultProxy:
		return "Check HTTPS_PROXY and NO_PROXY, and the proxy's rules."
	case transport.FaultTimeout, transport.FaultConnection, transport.FaultBody, transport.FaultTooLarge:
	}
	return "Check the network and try again."
}

// effort tells how long a read took and how many requests it made.
func effort(e *workspace.Error) string {
	calls := "calls"
	if e.Calls == 1 {
		calls = "call"
	}
	return fmt.Sprintf("%s and %d %s", round(e.Elapsed), e.Calls, calls)
}

func round(d time.Duration) time.Duration {
	if d < 10*time.Second {
		return d.Round(100 * time.Millisecond)
	}
	return d.Round(time.Second)
}

// duration writes a duration as users do: 90s is 1m30s, but not 1h0m0s.
func duration(d time.Duration) string {
	text := d.String()
	if strings.HasSuffix(text, "m0s") {
		text = strings.TrimSuffix(text, "0s")
	}
	if strings.HasSuffix(text, "h0m") {
		text = strings.TrimSuffix(text, "0m")
	}
	return text
}

func value(text *string) string {
	if text == nil {
		return ""
	}
	return *text
}
