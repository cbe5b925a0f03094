//go:build !testacc

package provider

// live tells that the tests are for a real account.
const live = false
