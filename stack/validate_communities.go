package stack

import (
	"fmt"
	"maps"
	"slices"
	"strings"
	"time"

	"k8s.io/apimachinery/pkg/api/resource"

	"live-omega/apps"
	"live-omega/components/community"
	"live-omega/components/ingress"
	"live-omega/components/naming"
	"live-omega/stack/strict"
)

// maxPods and maxHost bound a quota's pods and a host name; the latter is that of DNS.
const (
	maxPods = 10_000
	maxHost = 253
)

// exampleCommunity is what to write for a community that is missing.
const exampleCommunity = `{contact: someone@example.org, quota: {cpu: "2", memory: 4Gi, pods: 40}}`

func (v *validator) communities() {
	v.everyAppHasItsCommunity()
	taken := map[string]string{}
	for _, name := range slices.Sorted(maps.Keys(v.config.Communities)) {
		path := strict.Join("communities", name)
		if !dnsLabel.MatchString(name) {
			v.report(path, "found "+quote(name), `write a name of lower-case letters, digits and "-", at most 63`)
			continue
		}
		configured := v.config.Communities[name]
		if strings.TrimSpace(configured.Contact) == "" {
			v.report(path+".contact", "missing", "write where the community is reached, such as someone@example.org")
		}
		v.until(path+".until", configured.Until)
		v.members(path+".members", configured.Members)
		v.defaults(path+".defaults", *configured.Defaults)
		v.quota(path+".quota", name, configured.Quota)
		for _, host := range slices.Sorted(maps.Keys(configured.Hosts)) {
			v.host(strict.Join(path+".hosts", host), host, configured.Hosts[host], name)
			if other, ok := taken[host]; ok {
				v.report(strict.Join(path+".hosts", host), fmt.Sprintf("belongs to community %s already", other), "remove it from one of them")
			}
			taken[host] = name
		}
	}
}

// everyAppHasItsCommunity finds apps whose community nobody wrote down.
func (v *validator) everyAppHasItsCommunity() {
	missing := map[string]string{}
	for _, name := range slices.Sorted(maps.Keys(v.config.Apps)) {
		app, ok := apps.Lookup(name)
		if !ok {
			continue
		}
		if _, declared := v.config.Communities[app.Community]; !declared && missing[app.Community] == "" {
			missing[app.Community] = name
		}
	}
	for _, name := range slices.Sorted(maps.Keys(missing)) {
		v.report(strict.Join("communities", name), "missing, but app "+missing[name]+" belongs to it", "write "+exampleCommunity)
	}
}

func (v *validator) until(path, until string) {
	if until == "" {
		return
	}
	if _, err := time.Parse(community.DateLayout, until); err != nil {
		v.report(path, "found "+quote(until), "write the last day as YYYY-MM-DD, such as 2030-12-31")
	}
}

func (v *validator) members(path string, members []Member) {
	for i, member := range members {
		path := fmt.Sprintf("%s[%d]", path, i)
		v.oneOf(path+".kind", member.Kind, community.MemberKinds)
		v.oneOf(path+".role", member.Role, community.Roles)
		switch {
		case strings.TrimSpace(member.Name) == "":
			v.report(path+".name", "missing", "write the name that the cluster knows the user or group by, such as ada@example.org")
		case strings.HasPrefix(member.Name, community.SystemPrefix):
			v.report(path+".name", "found "+quote(member.Name), `write a person or a group of people; names with "system:" belong to Kubernetes`)
		case slices.ContainsFunc(members[:i], func(other Member) bool { return other.Kind == member.Kind && other.Name == member.Name }):
			v.report(path+".name", fmt.Sprintf("found %s %s, who is a member already", member.Kind, quote(member.Name)), "remove one of the two")
		}
	}
}

// host checks a further name of an app.
func (v *validator) host(path, host, app, ofCommunity string) {
	if !isHost(host) {
		v.report(path, "found "+quote(host), "write a host name in lower case, without http://, port and path, such as board.example.org")
		return
	}
	if host == ingress.ReadyHost {
		v.report(path, "is what the gateway itself answers to", "write another host name")
	}
	for _, other := range apps.Names() {
		switch host {
		case naming.Host(other, v.config.Domain):
			v.report(path, "is the own host of app "+other, "remove it; an app's own host needs no entry and belongs to that app only")
		case naming.PreviewHost(other, v.config.Domain):
			v.report(path, "is the preview host of app "+other, "write another host name")
		}
	}
	own := appsOf(v.config, ofCommunity)
	if slices.Contains(own, app) {
		return
	}
	remedy := "remove the host, or write one of " + strings.Join(own, ", ")
	if len(own) == 0 {
		remedy = "remove the host; no app of the community runs on this cluster"
	}
	found := "found " + quote(app)
	if known, ok := apps.Lookup(app); ok && known.Community != ofCommunity {
		found += ", which belongs to community " + known.Community
	} else if ok {
		found += ", which does not run on this cluster"
	} else if meant, close := strict.Closest(app, own); close {
		remedy = fmt.Sprintf("did you mean %s?", meant)
	}
	v.report(path, found, remedy)
}

// isHost is whether text is a host name, and nothing else with dots in it.
func isHost(text string) bool {
	tooLong := func(label string) bool { return len(label) > naming.MaxLabel }
	return len(text) <= maxHost && dnsName.MatchString(text) && !lastLabelIsNumber(text) &&
		!slices.ContainsFunc(strings.Split(text, "."), tooLong)
}

// lastLabelIsNumber is whether a name would be taken for an IPv4 address; no top-level domain is a number.
func lastLabelIsNumber(host string) bool {
	last := host[strings.LastIndex(host, ".")+1:]
	return strings.Trim(last, "0123456789") == ""
}

func (v *validator) defaults(path string, defaults Resources) {
	for _, pair := range []struct{ request, limit, requestKey, limitKey string }{
		{defaults.CPU, defaults.CPULimit, "cpu", "cpuLimit"},
		{defaults.Memory, defaults.MemoryLimit, "memory", "memoryLimit"},
	} {
		request, ok := v.quantity(path+"."+pair.requestKey, pair.request)
		limit, okToo := v.quantity(path+"."+pair.limitKey, pair.limit)
		if ok && okToo && request.Cmp(limit) > 0 {
			v.report(path+"."+pair.requestKey, fmt.Sprintf("found %s, which is above %s %s", pair.request, pair.limitKey, pair.limit),
				fmt.Sprintf("write at most %s, or a higher %s", pair.limit, pair.limitKey))
		}
	}
}

// quantity parses a quantity above 0 of CPU, memory or storage.
func (v *validator) quantity(path, text string) (resource.Quantity, bool) {
	quantity, err := resource.ParseQuantity(text)
	switch {
	case text == "":
		v.report(path, "missing", "write a quantity, such as "+exampleQuantity(path))
		return quantity, false
	case err != nil || quantity.Sign() <= 0:
		v.report(path, "found "+quote(text), "write a quantity above 0, such as "+exampleQuantity(path))
		return quantity, false
	}
	return quantity, true
}

func exampleQuantity(path string) string {
	if strings.HasSuffix(strings.ToLower(strings.TrimSuffix(path, "Limit")), "cpu") {
		return `"2" or 500m`
	}
	return "4Gi or 512Mi"
}

// quota checks a quota, and that all that is declared fits into it, also while it is being replaced.
func (v *validator) quota(path, name string, quota *Quota) {
	if quota == nil {
		v.report(path, "missing", `write what the community may use in all: {cpu: "2", memory: 4Gi, pods: 40}`)
		return
	}
	before := len(v.problems)
	v.quantity(path+".cpu", quota.CPU)
	v.quantity(path+".memory", quota.Memory)
	if quota.Storage != noStorage {
		v.quantity(path+".storage", quota.Storage)
	}
	switch {
	case quota.Pods == nil:
		v.report(path+".pods", "missing", "write the number of pods, such as 40")
	case *quota.Pods < 1 || *quota.Pods > maxPods:
		v.report(path+".pods", fmt.Sprintf("found %d", *quota.Pods), fmt.Sprintf("write 1 to %d", maxPods))
	}
	if len(v.problems) > before {
		return
	}
	for _, excess := range quotaOf(*quota).Exceeded(consumersOf(v.config, name)) {
		v.report(path+"."+excess.Part,
			fmt.Sprintf("found %s, but what is declared needs %s while it is rolled out, most of it %s: %s for %d pods (2 × %d + 1)",
				excess.Quota, excess.Sum, excess.Biggest.Name, excess.Use, excess.Biggest.PeakPods(), excess.Biggest.Replicas),
			fmt.Sprintf("write %s or more, or lower replicas or requests", excess.Sum))
	}
}

// consumersOf are the variants of a community's apps that run on the cluster. What cannot be read is left
// out; it is reported where it was written.
func consumersOf(config Config, name string) []community.Consumer {
	var consumers []community.Consumer
	for _, appName := range appsOf(config, name) {
		app, _ := apps.Lookup(appName)
		for _, variantName := range slices.Sorted(maps.Keys(config.Apps[appName].Variants)) {
			variant := config.Apps[appName].Variants[variantName]
			consumer := community.Consumer{Name: naming.Namespace(appName, variantName), Replicas: variant.mostReplicas()}
			cpu, memory := app.Resources.CPU, app.Resources.Memory
			if own := variant.Resources; own != nil {
				cpu, memory = orElse(own.CPU, cpu), orElse(own.Memory, memory)
			}
			var err, errToo error
			consumer.CPU, err = resource.ParseQuantity(cpu)
			consumer.Memory, errToo = resource.ParseQuantity(memory)
			if err == nil && errToo == nil && consumer.Replicas >= 0 && consumer.Replicas <= maxReplicas {
				consumers = append(consumers, consumer)
			}
		}
	}
	return consumers
}

// mostReplicas is the largest number of pods that the variant may ask for.
func (variant Variant) mostReplicas() int {
	most := 0
	if variant.Replicas != nil {
		most = *variant.Replicas
	}
	if variant.Autoscale != nil {
		most = max(most, variant.Autoscale.Max)
	}
	return most
}

func orElse(text, otherwise string) string {
	if text == "" {
		return otherwise
	}
	return text
}
