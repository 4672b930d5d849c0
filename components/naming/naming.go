// Package naming makes the names that the cloud gives to things, logical (in Pulumi's state) and
// physical (in a cluster), in one place. A name never holds the name of the stack: the same app is
// called the same in live and in omega.
package naming

import (
	"crypto/sha256"
	"encoding/hex"
	"strconv"
	"strings"
)

// MaxLabel is the longest DNS label, in bytes (RFC 1035, 2.3.4), and so the longest name of a
// namespace or a Service.
const MaxLabel = 63

// The ID of a service account of Google Cloud is MinAccount to MaxAccount characters long.
const (
	MinAccount = 6
	MaxAccount = 30
)

// hashDigits is the length of a hash inside a name: 40 bits, so that among a thousand names the
// chance of a collision is about one in two million.
const hashDigits = 10

// Namespace is where the variant of an app runs.
func Namespace(app, variant string) string { return Label(app, variant) }

// Host is the public name of an app below the domain of the cloud.
func Host(app, domain string) string { return app + "." + domain }

// PreviewHost is where the variant of an app is seen that its users do not see.
func PreviewHost(app, domain string) string { return Host(Label(app, "preview"), domain) }

// Logical is the logical name of a child of a component. Parts are not shortened, because Pulumi puts
// no limit on them.
func Logical(parts ...string) string { return strings.Join(parts, "-") }

// Versioned is a name that changes with the content it stands for, so that what refers to it rolls
// when the content changes, and the old content stays until nothing refers to it.
func Versioned(name, content string) string { return VersionedWithin(MaxLabel, name, content) }

// VersionedWithin is Versioned for names of at most so many bytes; see Within.
func VersionedWithin(limit int, name, content string) string {
	return Within(limit, name, digest(content))
}

// Account is the ID of a service account of Google Cloud.
func Account(parts ...string) string {
	id := Within(MaxAccount, parts...)
	if len(id) < MinAccount {
		return id + "-" + digest(parts...)
	}
	return id
}

// EnvVar is the environment variable that carries the named setting: "session-key" is SESSION_KEY.
func EnvVar(name string) string {
	return strings.ToUpper(strings.ReplaceAll(name, "-", "_"))
}

// Label joins the parts with "-" to one DNS label of at most MaxLabel bytes; see Within.
func Label(parts ...string) string { return Within(MaxLabel, parts...) }

// Within joins the parts with "-" to one DNS label of at most limit bytes, for names that have a limit of
// their own; limit is 12 or more. Parts that fit are kept readable as they are; otherwise characters that
// a label cannot hold are replaced, the end is cut off, and a hash of the parts is appended, so that two
// names never meet by being shortened.
func Within(limit int, parts ...string) string {
	joined := strings.Join(parts, "-")
	label := sanitize(joined)
	if label == joined && label != "" && len(label) <= limit {
		return label
	}
	hash := digest(parts...)
	if keep := limit - 1 - len(hash); len(label) > keep {
		label = strings.TrimRight(label[:keep], "-")
	}
	if label == "" {
		return "x" + hash
	}
	return label + "-" + hash
}

// sanitize lowers letters, turns everything that is not a letter, a digit or "-" into "-", and makes
// the result begin with a letter and not end with "-".
func sanitize(s string) string {
	label := strings.Map(func(r rune) rune {
		switch {
		case r >= 'a' && r <= 'z', r >= '0' && r <= '9', r == '-':
			return r
		case r >= 'A' && r <= 'Z':
			return r + ('a' - 'A')
		}
		return '-'
	}, s)
	label = strings.Trim(label, "-")
	if label != "" && label[0] >= '0' && label[0] <= '9' {
		label = "x" + label
	}
	return label
}

// digest hashes the parts with their lengths, so that ("a-b", "c") and ("a", "b-c") differ.
func digest(parts ...string) string {
	h := sha256.New()
	for _, part := range parts {
		h.Write([]byte(strconv.Itoa(len(part)) + ":" + part))
	}
	return hex.EncodeToString(h.Sum(nil))[:hashDigits]
}
