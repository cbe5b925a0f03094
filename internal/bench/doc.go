// Package bench measures how the provider waits for jobs, side by side with the
// waiters of other libraries, in virtual time; and what it costs and weighs, through
// a real CLI, in real time. It calls the real ones, the provider's included.
// `make bench` writes RESULTS.md and latency.svg.
package bench
