// Package simulator serves both versions of the Huawei Cloud Workspace job API,
// the IAM and STS calls that lead to them, and the metadata of an ECS, from
// memory, on one address.
//
// It exists so that people can try the provider and test their own modules
// without an account, and so that tests can put faults in the way and count
// what the client did. Credentials are checked for real: tokens must be known,
// unexpired and of the requested project, and AK/SK signatures are recomputed.
// Temporary keys of an agency belong to the agency's account and end.
//
// Every job follows a timeline told by a [Scenario]. Time comes from package
// time alone and nothing runs in the background, so a [Simulator] made inside a
// testing/synctest bubble follows the bubble's clock.
package simulator
