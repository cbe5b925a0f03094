//go:build !race

package provider

// raceDetector tells that the tests were built with the race detector.
const raceDetector = false
