package cluster

import (
	"fmt"
	"strconv"
	"strings"
)

// version is a Kubernetes version, "v1.34.2".
type version struct{ major, minor, patch int }

func parseVersion(s string) (version, error) {
	parts := strings.Split(strings.TrimPrefix(s, "v"), ".")
	if !strings.HasPrefix(s, "v") || len(parts) != 3 {
		return version{}, fmt.Errorf("Kubernetes version %q: want one like v1.34.2", s)
	}
	var n [3]int
	for i, part := range parts {
		var err error
		if n[i], err = strconv.Atoi(part); err != nil || n[i] < 0 {
			return version{}, fmt.Errorf("Kubernetes version %q: want one like v1.34.2", s)
		}
	}
	return version{n[0], n[1], n[2]}, nil
}

// step is what a move from one version to another means.
type step struct {
	// downgrade is true if the minor version goes down: supported by nobody,
	// and possible as long as nothing uses what only the newer one has.
	downgrade bool
}

// checkStep applies Kubernetes' rule that an API server moves one minor
// version at a time (https://kubernetes.io/releases/version-skew-policy/), in
// both directions.
func checkStep(from, to string) (step, error) {
	f, err := parseVersion(from)
	if err != nil {
		return step{}, err
	}
	t, err := parseVersion(to)
	if err != nil {
		return step{}, err
	}
	if f.major != t.major || t.minor-f.minor > 1 || f.minor-t.minor > 1 {
		direction := 1
		if t.minor < f.minor {
			direction = -1
		}
		return step{}, fmt.Errorf("from %s to %s is more than one minor version, which Kubernetes does not support: go by v%d.%d first",
			from, to, f.major, f.minor+direction)
	}
	return step{downgrade: t.minor < f.minor}, nil
}
