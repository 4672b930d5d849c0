package gcp

import (
	"context"
	"regexp"
	"slices"
	"strings"
)

var accountID = regexp.MustCompile(`^[a-z][-a-z0-9]{4,28}[a-z0-9]$`)

// checkAccount: cloud.google.com/iam/docs/service-accounts-create, 6 to 30 characters.
func checkAccount(inputs object) []failure {
	var failures []failure
	id := textAt(inputs, "accountId")
	checkThat(&failures, id == "" || accountID.MatchString(id), "accountId", "is %q, which does not match %s", id, accountID)
	return failures
}

var memberKinds = []string{"user", "serviceAccount", "group", "domain", "principal", "principalSet"}

func checkMember(inputs object) []failure {
	var failures []failure
	if member, known := inputs["member"].(string); known {
		kind, _, found := strings.Cut(member, ":")
		checkThat(&failures, found && slices.Contains(memberKinds, kind), "member", "is %q, want one of %s, and a colon", member, strings.Join(memberKinds, ", "))
	}
	if role, known := inputs["role"].(string); known {
		checkThat(&failures, strings.Contains(role, "roles/"), "role", "is %q, want roles/…", role)
	}
	return failures
}

func checkZone(inputs object) []failure {
	var failures []failure
	dnsName := textAt(inputs, "dnsName")
	checkThat(&failures, dnsName == "" || strings.HasSuffix(dnsName, "."), "dnsName", "is %q, which does not end with a dot", dnsName)
	return failures
}

func setNameServers(c *call) {
	var servers []any
	for _, letter := range "1234" {
		servers = append(servers, "ns-cloud-a"+string(letter)+".googledomains.com.")
	}
	c.setOutput("nameServers", servers)
}

func checkRecordSet(inputs object) []failure {
	var failures []failure
	if name, known := inputs["name"].(string); known {
		checkThat(&failures, strings.HasSuffix(name, "."), "name", "is %q, which does not end with a dot", name)
	}
	return failures
}

// bucketName: cloud.google.com/storage/docs/buckets#naming, without dots.
var bucketName = regexp.MustCompile(`^[a-z0-9][-_a-z0-9]{1,61}[a-z0-9]$`)

func checkBucket(inputs object) []failure {
	var failures []failure
	if name, known := inputs["name"].(string); known {
		checkThat(&failures, bucketName.MatchString(name), "name", "is %q, which does not match %s", name, bucketName)
	}
	return failures
}

// keepFullBucket: a bucket with objects goes only when the program says so (force_destroy). A test puts
// objects in by the property objects.
func keepFullBucket(_ context.Context, c *call) error {
	if !isEmpty(c.state["objects"]) && c.state["forceDestroy"] != true {
		return invalid("Error trying to delete bucket %s containing objects without `force_destroy` set to true", c.id)
	}
	return nil
}

// setAuthorizationRecord gives the record that proves the ownership of the domain.
func setAuthorizationRecord(c *call) {
	domain := textAt(c.state, "domain")
	c.setOutput("dnsResourceRecords", []any{object{
		"name": "_acme-challenge." + domain + ".", "type": "CNAME", "data": "0a1b2c3d-1." + textAt(c.state, "name") + ".authorize.certificatemanager.goog.",
	}})
}

// checkCertificate: cloud.google.com/certificate-manager/docs/certificates, at most 100 names, and names with
// a wildcard are authorized by DNS.
func checkCertificate(inputs object) []failure {
	var failures []failure
	managed, _ := inputs["managed"].(object)
	domains := listAt(inputs, "managed", "domains")
	checkThat(&failures, managed == nil || len(domains) > 0 && len(domains) <= 100 || hasUnknown(managed), "managed.domains", "has %d names, want 1 to 100", len(domains))
	for _, domain := range domains {
		text, _ := domain.(string)
		checkThat(&failures, !strings.HasPrefix(text, "*.") || len(listAt(inputs, "managed", "dnsAuthorizations")) > 0, "managed.dnsAuthorizations", "are needed for %s", text)
	}
	return failures
}

func checkMapEntry(inputs object) []failure {
	var failures []failure
	checkThat(&failures, isEmpty(inputs["hostname"]) != isEmpty(inputs["matcher"]), "hostname", "an entry has either a hostname or a matcher")
	checkThat(&failures, len(listAt(inputs, "certificates")) <= 4, "certificates", "an entry has at most 4 certificates")
	return failures
}

func checkHTTPSProxy(inputs object) []failure {
	var failures []failure
	if certificates, known := inputs["certificateMap"].(string); known || inputs["certificateMap"] == nil {
		checkThat(&failures, strings.HasPrefix(certificates, "//certificatemanager.googleapis.com/projects/"), "certificateMap",
			"is %q, want //certificatemanager.googleapis.com/projects/…/locations/global/certificateMaps/…", certificates)
	}
	return failures
}
