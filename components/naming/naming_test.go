package naming_test

import (
	"regexp"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"live-omega/components/naming"
)

var dnsLabel = regexp.MustCompile(`^[a-z]([a-z0-9-]*[a-z0-9])?$`)

func TestNamesAreMadeInOneWay(t *testing.T) {
	long := strings.Repeat("a", 70)
	tests := []struct{ name, got, want string }{
		{"a namespace reads as app and variant", naming.Namespace("guestbook", "a"), "guestbook-a"},
		{"a host is the app below the domain", naming.Host("hello", "live-omega.test"), "hello.live-omega.test"},
		{"a logical name is never shortened", naming.Logical(long, "a"), long + "-a"},
		{"an environment variable is upper case", naming.EnvVar("session-key"), "SESSION_KEY"},
		{"a label of 63 bytes is kept", naming.Label(strings.Repeat("a", 61), "b"), strings.Repeat("a", 61) + "-b"},
		{"a longer one is cut and hashed", naming.Label(long, "b"), strings.Repeat("a", 52) + "-ff26f92d0e"},
		{"a cut does not leave two hyphens", naming.Label(strings.Repeat("a", 51) + "-" + long), strings.Repeat("a", 51) + "-77ab5afff8"},
		{"capitals and dots are replaced", naming.Label("My.App"), "my-app-436da0c337"},
		{"a label begins with a letter", naming.Label("7up"), "x7up-b233e834b5"},
		{"nothing left is still a name", naming.Label("___"), "xc7efb06a83"},
		{"a limit that is just reached is kept", naming.Within(40, strings.Repeat("a", 38), "b"), strings.Repeat("a", 38) + "-b"},
		{"a limit of its own cuts and hashes", naming.Within(40, strings.Repeat("a", 39), "b"), strings.Repeat("a", 29) + "-9854d1d6fb"},
		{"a service account reads as it is", naming.Account("live", "nodes"), "live-nodes"},
		{"a long one is cut and hashed", naming.Account(long, "nodes"), strings.Repeat("a", 19) + "-f52ac47801"},
		{"a short one is made longer", naming.Account("a", "b"), "a-b-facdde7abf"},
		{"a versioned name keeps to a limit", naming.VersionedWithin(12, "pool", "content"), "p-11d9a79449"},
		{"a versioned name carries a hash", naming.Versioned("routes", "content"), "routes-358e9cbc1c"},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) { require.Equal(t, test.want, test.got) })
	}
}

func TestVersionedNamesFollowTheirContent(t *testing.T) {
	require.Equal(t, naming.Versioned("routes", "one"), naming.Versioned("routes", "one"))
	require.NotEqual(t, naming.Versioned("routes", "one"), naming.Versioned("routes", "two"))
}

func TestShorteningKeepsNamesApart(t *testing.T) {
	long := strings.Repeat("a", 80)
	require.NotEqual(t, naming.Label(long, "a"), naming.Label(long, "b"))
	require.NotEqual(t, naming.Label("A", "b-c"), naming.Label("A-b", "c"))
}

func FuzzLabelIsAlwaysADNSLabel(f *testing.F) {
	f.Add("guestbook", "a")
	f.Add("", "")
	f.Add("-", "é\x00")
	f.Add(strings.Repeat("a-", 40), "b")
	f.Fuzz(func(t *testing.T, app, variant string) {
		label := naming.Label(app, variant)
		if len(label) > naming.MaxLabel || !dnsLabel.MatchString(label) {
			t.Errorf("Label(%q, %q) = %q, which is no DNS label", app, variant, label)
		}
		if again := naming.Label(label); again != label {
			t.Errorf("Label(%q) = %q, want a label to stay as it is", label, again)
		}
	})
}

func FuzzNamesKeepToTheirLimits(f *testing.F) {
	f.Add("live", "nodes", uint8(40))
	f.Add("", "", uint8(0))
	f.Add("a", "b", uint8(1))
	f.Add(strings.Repeat("a-", 20), "é", uint8(18))
	f.Fuzz(func(t *testing.T, one, other string, over uint8) {
		limit := 12 + int(over)
		if name := naming.Within(limit, one, other); len(name) > limit || !dnsLabel.MatchString(name) {
			t.Errorf("Within(%d, %q, %q) = %q, which is no DNS label or too long", limit, one, other, name)
		}
		if name := naming.VersionedWithin(limit, one, other); len(name) > limit || !dnsLabel.MatchString(name) {
			t.Errorf("VersionedWithin(%d, %q, %q) = %q, which is no DNS label or too long", limit, one, other, name)
		}
		id := naming.Account(one, other)
		if len(id) < naming.MinAccount || len(id) > naming.MaxAccount || !dnsLabel.MatchString(id) {
			t.Errorf("Account(%q, %q) = %q, which is no ID of a service account", one, other, id)
		}
		if id == naming.Account(one, other+"x") {
			t.Errorf("Account(%q, %q) is another's as well", one, other)
		}
	})
}

func FuzzNamespacesOfVariantsAreDistinct(f *testing.F) {
	f.Add("guestbook", "guestbook-a")
	f.Add(strings.Repeat("a", 62), strings.Repeat("a", 63))
	f.Fuzz(func(t *testing.T, one, other string) {
		if naming.Namespace(one, "a") == naming.Namespace(one, "b") {
			t.Errorf("both variants of %q share a namespace", one)
		}
		if one != other && naming.Namespace(one, "a") == naming.Namespace(other, "a") {
			t.Errorf("apps %q and %q share a namespace", one, other)
		}
	})
}
