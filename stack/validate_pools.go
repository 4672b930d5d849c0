package stack

import (
	"fmt"
	"maps"
	"regexp"
	"slices"
	"strings"

	"k8s.io/apimachinery/pkg/util/validation"

	"live-omega/clusters"
	"live-omega/components/placement"
)

const (
	maxPoolNodes = 100
	// minDiskGB holds the images of the operating systems and of the pods; Google itself takes 10.
	minDiskGB  = 12
	maxDiskGB  = 1000
	maxBatch   = 100
	maxSoakMin = 7 * 24 * 60 // GKE documentation, "Node upgrade strategies": soaking lasts 7 days at most.
)

var (
	machineType = regexp.MustCompile(`^[a-z][a-z0-9]*(-[a-z0-9]+)+$`)
	// arm are the series of machines with Arm processors. GKE taints their nodes, kubernetes.io/arch=arm64,
	// and lets no pod onto them that does not tolerate it (documentation, "Prepare an Arm workload").
	arm = regexp.MustCompile(`^(t2a|c4a|n4a)-`)
)

// taintEffects are what a taint can do, and closing those that keep pods away that do not tolerate it.
var (
	taintEffects = []string{"NoExecute", "NoSchedule", "PreferNoSchedule"}
	closing      = []string{"NoExecute", "NoSchedule"}
)

// poolOnGKE is a pool to make. Numbers are there, by default; only what a person wrote can be wrong.
func (v *validator) poolOnGKE(path string, pool Pool) {
	if pool.Nodes != nil {
		v.report(path+".nodes", "does not belong to platform gke", "remove it; nodes are made as the other keys say")
	}
	v.poolImage(path, pool)
	const machineRemedy = "write a machine type, such as e2-standard-4"
	switch name := pool.MachineType; {
	case name == "":
		v.report(path+".machineType", "missing", machineRemedy)
	case !machineType.MatchString(name):
		v.report(path+".machineType", "found "+quote(name), machineRemedy)
	case arm.MatchString(name):
		v.report(path+".machineType", "found "+quote(name)+", with Arm processors, whose nodes take only pods that tolerate them",
			"write one with x86 processors, such as e2-standard-4")
	}
	v.poolSize(path, pool)
	if pool.DiskGB != nil && (*pool.DiskGB < minDiskGB || *pool.DiskGB > maxDiskGB) {
		v.report(path+".diskGB", fmt.Sprintf("found %d", *pool.DiskGB), fmt.Sprintf("write %d to %d", minDiskGB, maxDiskGB))
	}
	v.taints(path+".taints", pool.Taints)
	if pool.Upgrade != nil {
		v.upgrade(path+".upgrade", *pool.Upgrade)
	}
}

// poolSize checks the bounds of the number of nodes per zone.
func (v *validator) poolSize(path string, pool Pool) {
	if pool.Min == nil || pool.Max == nil {
		return
	}
	before := len(v.problems)
	if *pool.Min < 0 || *pool.Min > maxPoolNodes {
		v.report(path+".min", fmt.Sprintf("found %d", *pool.Min), fmt.Sprintf("write 0 to %d nodes per zone", maxPoolNodes))
	}
	if *pool.Max < 1 || *pool.Max > maxPoolNodes {
		v.report(path+".max", fmt.Sprintf("found %d", *pool.Max),
			fmt.Sprintf("write 1 to %d nodes per zone; while a pool is not active, nodes.standby says what it has", maxPoolNodes))
	}
	if len(v.problems) == before && *pool.Min > *pool.Max {
		v.report(path, fmt.Sprintf("min %d is above max %d", *pool.Min, *pool.Max), "swap them, or raise max")
	}
}

// taints of a pool are "key=value:Effect", or "key:Effect".
func (v *validator) taints(path string, taints []string) {
	const remedy = "write key=value:Effect, such as dedicated=forum:NoSchedule, with one of the effects "
	seen := map[string]bool{}
	for i, text := range taints {
		path := fmt.Sprintf("%s[%d]", path, i)
		taint, ok := parseTaint(text)
		switch identity := taint.Key + ":" + taint.Effect; {
		case !ok, !slices.Contains(taintEffects, taint.Effect),
			len(validation.IsQualifiedName(taint.Key)) > 0, len(validation.IsValidLabelValue(taint.Value)) > 0:
			v.report(path, "found "+quote(text), remedy+strings.Join(taintEffects, ", "))
		case taint.Key == placement.PoolLabel:
			v.report(path, "found "+quote(text)+", whose key the cloud sets itself", "remove it, or write another key; nodes.standby taints a pool that is not active")
		case ofTheSystem(taint.Key):
			v.report(path, "found "+quote(text)+", whose key belongs to Kubernetes or Google", "write a key of your own, such as dedicated")
		case seen[identity]:
			v.report(path, fmt.Sprintf("found %s, but the effect %s of %s is there already", quote(text), taint.Effect, taint.Key), "remove one of the two")
		default:
			seen[identity] = true
		}
	}
}

// ofTheSystem is whether a key has a prefix that Kubernetes or Google keep for themselves.
func ofTheSystem(key string) bool {
	prefix, _, prefixed := strings.Cut(key, "/")
	return prefixed && slices.ContainsFunc([]string{"kubernetes.io", "k8s.io", "cloud.google.com", "gke.io"}, func(domain string) bool {
		return prefix == domain || strings.HasSuffix(prefix, "."+domain)
	})
}

// roomForTheSystem finds clusters on which every pool that is active is tainted: pods of the system, DNS
// among them, would have no node.
func (v *validator) roomForTheSystem(nodes Nodes) {
	var open []string
	for _, name := range slices.Sorted(maps.Keys(nodes.Pools)) {
		if nodes.Active == name || nodes.Active == clusters.Both {
			open = append(open, name)
		}
	}
	closed := func(name string) bool {
		return slices.ContainsFunc(nodes.Pools[name].Taints, func(text string) bool {
			taint, _ := parseTaint(text)
			return slices.Contains(closing, taint.Effect)
		})
	}
	if len(open) > 0 && !slices.ContainsFunc(open, func(name string) bool { return !closed(name) }) {
		v.report("nodes.pools."+open[0]+".taints", "leave no node for the pods of the system, such as DNS: every pool that is active is tainted",
			"remove them, or write the effect PreferNoSchedule, or another pool in nodes.active")
	}
}

// upgrade checks the fields of the strategy, and that there are none of the other one.
func (v *validator) upgrade(path string, upgrade PoolUpgrade) {
	if !v.oneOf(path+".strategy", upgrade.Strategy, []string{upgradeBlueGreen, upgradeSurge}) {
		return
	}
	before := len(v.problems)
	for _, field := range []struct {
		key, strategy string
		value         *int
		least, most   int
	}{
		{"maxSurge", upgradeSurge, upgrade.MaxSurge, 0, clusters.MaxAtOnce},
		{"maxUnavailable", upgradeSurge, upgrade.MaxUnavailable, 0, clusters.MaxAtOnce},
		{"batchNodes", upgradeBlueGreen, upgrade.BatchNodes, 1, maxBatch},
		{"soakMinutes", upgradeBlueGreen, upgrade.SoakMinutes, 0, maxSoakMin},
	} {
		switch {
		case field.value == nil:
		case field.strategy != upgrade.Strategy:
			v.report(path+"."+field.key, "has no meaning under strategy "+upgrade.Strategy, "remove it, or write strategy: "+field.strategy)
		case *field.value < field.least || *field.value > field.most:
			v.report(path+"."+field.key, fmt.Sprintf("found %d", *field.value), fmt.Sprintf("write %d to %d", field.least, field.most))
		}
	}
	if len(v.problems) > before || upgrade.Strategy != upgradeSurge || upgrade.MaxSurge == nil || upgrade.MaxUnavailable == nil {
		return
	}
	switch sum := *upgrade.MaxSurge + *upgrade.MaxUnavailable; {
	case sum == 0:
		v.report(path, "maxSurge and maxUnavailable are both 0, so that no node could be replaced", "write 1 or more for one of them")
	case sum > clusters.MaxAtOnce:
		v.report(path, fmt.Sprintf("maxSurge and maxUnavailable are %d together", sum), fmt.Sprintf("write at most %d together", clusters.MaxAtOnce))
	}
}

// poolImage checks the operating system of a pool, and the version of its kubelets against it and against
// the control plane.
func (v *validator) poolImage(path string, pool Pool) {
	if v.oneOf(path+".image", pool.Image, clusters.ImageNames()) {
		if problem := clusters.CheckImage(pool.Image, pool.Version); problem != nil {
			v.report(path+".image", problem.Found, problem.Remedy)
		}
	}
	var controlPlane string
	if v.config.Cluster != nil && v.config.Cluster.GKE != nil {
		controlPlane = v.config.Cluster.GKE.Version
	}
	if pool.Version == controlPlane {
		return // It is the default, and what is wrong with it is reported there.
	}
	v.gkeVersion(path+".version", pool.Version)
	if problem := clusters.CheckSkew(controlPlane, pool.Version); problem != nil {
		v.report(path+".version", problem.Found, problem.Remedy)
	}
}
