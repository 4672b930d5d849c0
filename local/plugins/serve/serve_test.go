package serve

import "testing"

func TestEngineAddressFollowsTheFlagsOfTheCLI(t *testing.T) {
	for _, args := range [][]string{
		{"127.0.0.1:1234"},
		{"--logtostderr", "-v=9", "127.0.0.1:1234"},
		{"--tracing", "file:/tmp/trace", "127.0.0.1:1234"},
	} {
		address, err := parseArguments(args)
		if err != nil {
			t.Fatalf("%v: %v", args, err)
		}
		if address != "127.0.0.1:1234" {
			t.Errorf("%v: engine address %q, want 127.0.0.1:1234", args, address)
		}
	}
}

func TestUnknownFlagIsAnError(t *testing.T) {
	if _, err := parseArguments([]string{"--colour", "127.0.0.1:1234"}); err == nil {
		t.Error("an unknown flag was accepted")
	}
}
