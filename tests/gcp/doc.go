// Package gcp is a resource provider for the package "gcp" whose cloud is a folder. With it the tests run
// the stacks of Google Cloud through the real engine; no program of a user ever meets it.
//
// What a type has, and which changes replace it, is in the files of table/, taken from the documentation of
// the real provider. Of Google's own rules those are kept that a program can break: names that are taken,
// references to nothing, things in use, services that are not enabled. Types and properties that are not in
// the table are refused, so that nothing passes here that nobody looked up.
//
// A cluster's API server is one that the test started, and a node pool's nodes are objects in it.
package gcp

// Version is that of the provider whose documentation the table was taken from.
const Version = "7.38.0"

// ProjectVariable names the environment variable with the folder of the project.
const ProjectVariable = "LIVE_OMEGA_TEST_PROJECT"
