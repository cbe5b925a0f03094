// Package simulator serves the Huawei Cloud Workspace job API and the IAM calls
// that lead to it, from memory, on one address.
//
// It exists so that people can try the provider and test their own modules
// without an account, and so that tests can put faults in the way and count
// what the client did. Credentials are checked for real: tokens must be known,
// unexpired and of the requested project, and AK/SK signatures are recomputed.
//
// Every job follows a timeline told by a [Scenario]. Time comes from package
// time alone and nothing runs in the background, so a [Simulator] made inside a
// testing/synctest bubble follows the bubble's clock.
package simulator
