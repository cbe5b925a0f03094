package simulator

import (
	"io"
	"net/http"
	"strings"
)

const controlPrefix = "/simulator/"

// serveControl serves the addresses that belong to the simulator and not to what
// it simulates: GET /simulator/requests is the record, POST /simulator/jobs adds
// a job. They need no credential, see no faults and are not recorded.
func (s *Simulator) serveControl(w http.ResponseWriter, r *http.Request) bool {
	if !strings.HasPrefix(r.URL.Path, controlPrefix) {
		return false
	}
	answer := s.control(w, r)
	w.Header().Set("Content-Type", "application/json")
	for name, values := range answer.header {
		w.Header()[name] = values
	}
	w.WriteHeader(answer.status)
	_, _ = w.Write(append(answer.body, '\n'))
	return true
}

func (s *Simulator) control(w http.ResponseWriter, r *http.Request) reply {
	addresses := map[string]string{
		controlPrefix + "requests": http.MethodGet,
		controlPrefix + "jobs":     http.MethodPost,
	}
	method, ok := addresses[r.URL.Path]
	if !ok {
		return controlError(http.StatusNotFound, "there are GET /simulator/requests and POST /simulator/jobs")
	}
	if r.Method != method {
		answer := controlError(http.StatusMethodNotAllowed, "use "+method)
		answer.header = http.Header{"Allow": {method}}
		return answer
	}
	if method == http.MethodGet {
		return jsonReply(http.StatusOK, map[string][]Request{"requests": s.Requests()})
	}
	body, err := io.ReadAll(http.MaxBytesReader(w, r.Body, maxRequestBody))
	if err != nil {
		return controlError(http.StatusBadRequest, "the body cannot be read: "+err.Error())
	}
	job, err := ParseJob(body)
	if err == nil {
		err = s.AddJob(job)
	}
	if err != nil {
		return controlError(http.StatusBadRequest, err.Error())
	}
	return jsonReply(http.StatusCreated, map[string]string{"id": job.ID})
}

func controlError(status int, message string) reply {
	return jsonReply(status, map[string]string{"error": message})
}
