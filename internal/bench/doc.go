// Package bench measures how the provider waits for a job, side by side with the
// waiters of other libraries, in virtual time. It calls the real ones, the
// provider's included. `make bench` writes RESULTS.md and latency.svg.
package bench
