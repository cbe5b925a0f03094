package simulator

import (
	"bytes"
	"compress/gzip"
	"context"
	"fmt"
	"io"
	"net"
	"net/http"
	"strconv"
	"strings"
	"time"
)

type faultState struct {
	Fault
	// seen is the number of matching requests so far.
	seen int
}

// AddFault adds a fault after those that are there. One that is not valid, as
// [New] would report it, answers every request with 500 and says why.
func (s *Simulator) AddFault(fault Fault) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if fault.Name == "" {
		fault.Name = fmt.Sprintf("fault %d", len(s.faults)+1)
	}
	if err := fault.validate(); err != nil {
		fault = Fault{
			Name:   fault.Name,
			Status: http.StatusInternalServerError,
			Body:   fmt.Sprintf("simulator: the fault %q cannot be used: %v", fault.Name, err),
		}
	}
	s.faults = append(s.faults, &faultState{Fault: fault})
}

// ClearFaults removes all faults. Requests that wait in one stay there.
func (s *Simulator) ClearFaults() {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.faults = nil
}

// takeFault returns the fault for a request, the zero value if there is none.
func (s *Simulator) takeFault(x *exchange) Fault {
	s.mu.Lock()
	defer s.mu.Unlock()
	age := time.Since(s.started)
	for _, fault := range s.faults {
		if !fault.matches(x.record, age) {
			continue
		}
		fault.seen++
		if fault.seen <= fault.Skip || fault.Times > 0 && fault.seen > fault.Skip+fault.Times {
			continue
		}
		x.record.Fault = fault.Name
		return fault.Fault
	}
	return Fault{}
}

func (f Fault) matches(record *Request, age time.Duration) bool {
	return (f.On == "" || f.On == record.Operation) &&
		(f.JobID == "" || f.JobID == record.JobID) &&
		age >= time.Duration(f.After) &&
		(f.Until == 0 || age < time.Duration(f.Until))
}

// answers tells whether the fault takes the place of the regular answer.
func (f Fault) answers() bool {
	return f.Status != 0 || f.Body != ""
}

func (f Fault) reply() reply {
	answer := reply{status: f.Status, body: []byte(f.Body)}
	if answer.status == 0 {
		answer.status = http.StatusOK
	}
	if strings.HasPrefix(f.Body, "<") {
		answer.header = http.Header{"Content-Type": {"text/html; charset=utf-8"}}
	}
	return answer
}

// send writes an answer in the way that the fault wants it.
func (s *Simulator) send(ctx context.Context, w http.ResponseWriter, x *exchange, answer reply, fault Fault) {
	s.note(x, func(record *Request) { record.Status = answer.status })
	s.setHeaders(w.Header(), x, answer, fault)

	if fault.Oversize > 0 {
		w.WriteHeader(answer.status)
		s.sendOversize(ctx, w, answer.body, fault)
		return
	}
	body := answer.body
	if fault.Gzip {
		body = compressed(body)
	}
	bodyless := answer.status == http.StatusNoContent || answer.status == http.StatusNotModified
	if !bodyless {
		w.Header().Set("Content-Length", strconv.Itoa(len(body)))
	}
	w.WriteHeader(answer.status)
	if bodyless || x.request.Method == http.MethodHead {
		return
	}
	if fault.Truncate > 0 && fault.Truncate < len(body) {
		// net/http ends the connection of an answer that is shorter than announced.
		body = body[:fault.Truncate]
	}
	// A client that has gone away is no concern of the simulator's.
	_, _ = s.dripTo(ctx, w, fault).Write(body)
}

func (s *Simulator) setHeaders(header http.Header, x *exchange, answer reply, fault Fault) {
	header.Set("Date", s.serverTime(time.Now()).Format(http.TimeFormat))
	header.Set("X-Request-Id", x.record.RequestID)
	header.Set("Content-Type", "application/json")
	switch x.record.Operation {
	case OperationToken, OperationProjects, OperationAgency:
		header.Set("X-Iam-Trace-Id", x.record.RequestID)
	}
	for name, values := range answer.header {
		header[name] = values
	}
	if fault.Gzip {
		header.Set("Content-Encoding", "gzip")
	}
	for name, value := range fault.Headers {
		if value == "" {
			// A nil value, not a missing one, keeps net/http from adding its own.
			header[http.CanonicalHeaderKey(name)] = nil
			continue
		}
		header.Set(name, value)
	}
}

func (s *Simulator) sendOversize(ctx context.Context, w http.ResponseWriter, body []byte, fault Fault) {
	out := s.dripTo(ctx, w, fault)
	if fault.Gzip {
		compressor := gzip.NewWriter(out)
		defer func() { _ = compressor.Close() }()
		out = compressor
	}
	blanks := bytes.Repeat([]byte(" "), 64<<10)
	for left := fault.Oversize - int64(len(body)); left > 0; left -= int64(len(blanks)) {
		if ctx.Err() != nil {
			return
		}
		if _, err := out.Write(blanks[:min(left, int64(len(blanks)))]); err != nil {
			return
		}
	}
	_, _ = out.Write(body)
}

func compressed(body []byte) []byte {
	var buffer bytes.Buffer
	compressor := gzip.NewWriter(&buffer)
	// Writes to a buffer do not fail.
	_, _ = compressor.Write(body)
	_ = compressor.Close()
	return buffer.Bytes()
}

// dripTo is w itself, or w one byte at a time if the fault drips.
func (s *Simulator) dripTo(ctx context.Context, w http.ResponseWriter, fault Fault) io.Writer {
	if fault.Drip <= 0 {
		return w
	}
	return dripWriter{w: w, wait: func() bool { return s.pause(ctx, time.Duration(fault.Drip)) }}
}

type dripWriter struct {
	w    http.ResponseWriter
	wait func() bool
}

func (d dripWriter) Write(data []byte) (int, error) {
	controller := http.NewResponseController(d.w)
	for i := range data {
		// What was written before, the header at first, goes out before the pause.
		// A writer that cannot flush gets all at the end.
		_ = controller.Flush()
		if !d.wait() {
			return i, context.Canceled
		}
		if _, err := d.w.Write(data[i : i+1]); err != nil {
			return i, err
		}
	}
	return len(data), nil
}

// abandon leaves a request without an answer; if its handler just returned,
// net/http would send an empty 200.
func abandon(w http.ResponseWriter) {
	if conn, _, err := http.NewResponseController(w).Hijack(); err == nil {
		_ = conn.Close()
	}
}

// cutConnection ends the connection before any header.
func (s *Simulator) cutConnection(ctx context.Context, w http.ResponseWriter, x *exchange, reset bool) {
	conn, _, err := http.NewResponseController(w).Hijack()
	if err != nil {
		s.send(ctx, w, x, reply{
			status: http.StatusInternalServerError,
			body:   []byte("simulator: reset and close need a HTTP/1 connection of a server: " + err.Error()),
		}, Fault{})
		return
	}
	if reset {
		under := conn
		if wrapped, ok := conn.(interface{ NetConn() net.Conn }); ok {
			under = wrapped.NetConn()
		}
		if tcp, ok := under.(*net.TCPConn); ok {
			_ = tcp.SetLinger(0)
			_ = tcp.Close()
		}
	}
	_ = conn.Close()
}
