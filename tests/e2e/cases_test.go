//go:build e2e

// Package e2e holds what the cloud promises against real clusters under real
// traffic. It needs the cloud that `make up` leaves running, and leaves it as it
// found it.
package e2e

import (
	"os"
	"testing"

	"live-omega/tests/e2e/rig"
)

func TestMain(m *testing.M) { os.Exit(rig.Main(m)) }

// Case is one promise and the proof of it.
type Case struct {
	// Name is the name of the subtest.
	Name string
	// Description is the promise, in one sentence.
	Description string
	// Prove fails the test where the promise is broken.
	Prove func(t *testing.T, c *rig.Cloud)
}

// The order matters to who waits, not to the outcome: what finds a cloud that
// is not well comes first, what takes it apart comes last.
func TestCloud(t *testing.T) {
	var cases []Case
	cases = append(cases, routing()...)
	cases = append(cases, isolation()...)
	cases = append(cases, converging()...)
	cases = append(cases, strategies()...)
	cases = append(cases, crossings()...)
	cases = append(cases, stickiness()...)
	cases = append(cases, communities()...)
	cases = append(cases, shadowing()...)
	cases = append(cases, moving()...)
	cases = append(cases, operations()...)
	cases = append(cases, pools()...)
	cases = append(cases, switches()...)
	cases = append(cases, restarting()...)
	cases = append(cases, losing()...)
	cases = append(cases, destroying()...)

	cloud := rig.Open(t)
	for _, c := range cases {
		t.Run(c.Name, func(t *testing.T) {
			t.Log(c.Description)
			c.Prove(t, cloud)
		})
	}
}
