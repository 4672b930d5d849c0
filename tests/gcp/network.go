package gcp

import (
	"context"
	"net/netip"
	"strings"
)

// checkSubnetwork keeps the sizes that subnetworks can have: cloud.google.com/vpc/docs/subnets#valid-ranges.
func checkSubnetwork(inputs object) []failure {
	var failures []failure
	for i, text := range ranges(inputs) {
		network, err := netip.ParsePrefix(text)
		if err != nil {
			continue
		}
		property := "ipCidrRange"
		if i > 0 {
			property = "secondaryIpRanges"
		}
		checkThat(&failures, network.Bits() >= 4 && network.Bits() <= 29, property, "is %s, want a size of /4 to /29", text)
		checkThat(&failures, network.Addr().IsPrivate(), property, "is %s, which is no private range (RFC 1918)", text)
	}
	return failures
}

// ranges are the primary range and the secondary ones, as far as they are known.
func ranges(subnetwork object) []string {
	all := []string{textAt(subnetwork, "ipCidrRange")}
	for _, secondary := range objectsAt(subnetwork, "secondaryIpRanges") {
		all = append(all, textAt(secondary, "ipCidrRange"))
	}
	return all
}

// shrinks: a primary range can grow in place and nothing else (CustomizeDiff of google_compute_subnetwork).
func shrinks(path string, old, now object) bool {
	if path != "ipCidrRange" {
		return false
	}
	before, errBefore := netip.ParsePrefix(textAt(old, path))
	after, errAfter := netip.ParsePrefix(textAt(now, path))
	return errBefore != nil || errAfter != nil || !after.Contains(before.Addr()) || after.Bits() > before.Bits()
}

// refuseOverlap: ranges of a network are disjoint.
func refuseOverlap(_ context.Context, c *call) error {
	all, err := c.project.All("Subnetwork")
	if err != nil {
		return err
	}
	mine := ranges(c.state)
	var others []string
	for _, other := range all {
		if other.ID != c.id && sameName(textAt(other.State, "network"), textAt(c.state, "network")) {
			others = append(others, ranges(other.State)...)
		}
	}
	for i, text := range mine {
		network, err := netip.ParsePrefix(text)
		if err != nil {
			return invalid("Invalid IPCidrRange: %s", text)
		}
		for _, other := range append(mine[i+1:len(mine):len(mine)], others...) {
			if o, err := netip.ParsePrefix(other); err == nil && o.Overlaps(network) {
				return invalid("Invalid IPCidrRange: %s conflicts with existing subnetwork range %s, invalid", text, other)
			}
		}
	}
	return nil
}

func checkFirewall(inputs object) []failure {
	var failures []failure
	checkThat(&failures, (inputs["allows"] == nil) != (inputs["denies"] == nil), "allows", "a rule has either allows or denies")
	return failures
}

// checkForwardingRule keeps the ports that proxies can listen on:
// cloud.google.com/load-balancing/docs/forwarding-rule-concepts#port_specifications.
func checkForwardingRule(_ context.Context, c *call) error {
	port := textAt(c.state, "portRange")
	if strings.Contains(textAt(c.state, "target"), "targetHttpsProxies") && port != "443" && port != "443-443" {
		return invalid("Invalid value for field 'resource.portRange': '%s'. An HTTPS proxy listens on 443", port)
	}
	if textAt(c.state, "loadBalancingScheme") != "EXTERNAL_MANAGED" {
		return nil
	}
	// All parts of a load balancer have one scheme; of the proxies only the map's services have it written.
	proxy, err := c.project.find([]string{"TargetHttpProxy", "TargetHttpsProxy"}, textAt(c.state, "target"))
	if err != nil || proxy == nil {
		return err
	}
	urlMap, err := c.project.find([]string{"URLMap"}, textAt(proxy.State, "urlMap"))
	if err != nil || urlMap == nil {
		return err
	}
	service, err := c.project.find([]string{"BackendService"}, textAt(urlMap.State, "defaultService"))
	if err != nil || service == nil {
		return err
	}
	if scheme := textAt(service.State, "loadBalancingScheme"); scheme != "EXTERNAL_MANAGED" {
		return invalid("Load balancing scheme of backend service '%s' is %s, of the forwarding rule EXTERNAL_MANAGED", service.ID, scheme)
	}
	return nil
}

// setAddress gives addresses of the range for documentation, RFC 5737.
func setAddress(c *call) {
	c.setOutput("address", "203.0.113.10")
}
