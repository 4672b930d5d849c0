package clusters

import (
	"cmp"
	"fmt"
	"regexp"
	"strconv"
)

// Problem is what is wrong with a value, and what to write instead.
type Problem struct{ Found, Remedy string }

// GKEVersion is a version of Kubernetes as GKE has it: 1.Minor.Patch-gke.Build.
type GKEVersion struct{ Minor, Patch, Build int }

// gkeVersion leaves out what GKE understands as "the newest such version": "latest", "1.33", "1.33.5" and
// "-". The provider would find a difference at every update.
var gkeVersion = regexp.MustCompile(`^1\.([0-9]{1,6})\.([0-9]{1,6})-gke\.([0-9]{1,12})$`)

// ParseGKEVersion reads an exact version, such as "1.33.5-gke.1080000". ok is false for anything else.
func ParseGKEVersion(text string) (version GKEVersion, ok bool) {
	match := gkeVersion.FindStringSubmatch(text)
	if match == nil {
		return GKEVersion{}, false
	}
	number := func(digits string) int {
		value, _ := strconv.Atoi(digits) // The expression lets through digits alone, and few of them.
		return value
	}
	return GKEVersion{Minor: number(match[1]), Patch: number(match[2]), Build: number(match[3])}, true
}

// Compare is negative if the version is older than the other, positive if it is newer, and otherwise 0.
func (v GKEVersion) Compare(other GKEVersion) int {
	return cmp.Or(cmp.Compare(v.Minor, other.Minor), cmp.Compare(v.Patch, other.Patch), cmp.Compare(v.Build, other.Build))
}

// MaxSkew is by how many minor versions nodes may be older than the control plane. GKE says two, where
// Kubernetes itself has allowed three since 1.28: "Nodes and node pool versions can be up to two minor
// versions older than the control plane, but cannot be newer than the control plane version"
// (cloud.google.com/kubernetes-engine/versioning).
const MaxSkew = 2

// CheckSkew finds out whether nodes of a version can belong to a control plane; nil if they can, and if one
// of the versions is none, which is a problem of its own.
func CheckSkew(controlPlane, nodes string) *Problem {
	above, ok := ParseGKEVersion(controlPlane)
	below, alsoOK := ParseGKEVersion(nodes)
	switch {
	case !ok || !alsoOK:
		return nil
	case below.Compare(above) > 0:
		return &Problem{
			Found:  fmt.Sprintf("found %s, which is newer than the control plane's %s", nodes, controlPlane),
			Remedy: "upgrade the control plane first, or write its version",
		}
	case above.Minor-below.Minor > MaxSkew:
		return &Problem{
			Found:  fmt.Sprintf("found %s, which is %d minor versions older than the control plane's %s", nodes, above.Minor-below.Minor, controlPlane),
			Remedy: fmt.Sprintf("write a version from 1.%d on; upgrade nodes before the control plane leaves them behind", above.Minor-MaxSkew),
		}
	}
	return nil
}
