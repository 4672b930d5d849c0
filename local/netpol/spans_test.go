package netpol

import (
	"net/netip"
	"testing"

	"github.com/stretchr/testify/assert"
)

func spansOf(texts ...string) []span {
	var list []span
	for _, text := range texts {
		list = append(list, spanOf(netip.MustParsePrefix(text)))
	}
	return list
}

func texts(spans []span) []string {
	list := []string{}
	for _, s := range spans {
		list = append(list, s.addresses())
	}
	return list
}

func TestUnionJoinsWhatTouchesOrOverlaps(t *testing.T) {
	assert.Equal(t, []string{"10.0.0.0-10.0.1.255", "10.0.3.1"},
		texts(union(spansOf("10.0.3.1/32", "10.0.1.0/24", "10.0.0.0/24", "10.0.1.7/32"))))
	assert.Equal(t, []string{"0.0.0.0-255.255.255.255"}, texts(union(spansOf("128.0.0.0/1", "0.0.0.0/1", "255.255.255.255/32"))))
	assert.Empty(t, union(nil))
}

func TestWithoutLeavesTheRest(t *testing.T) {
	for _, c := range []struct {
		name         string
		whole        string
		except, want []string
	}{
		{"nothing", "10.0.0.0/24", nil, []string{"10.0.0.0-10.0.0.255"}},
		{"the middle", "10.0.0.0/24", []string{"10.0.0.64/26"}, []string{"10.0.0.0-10.0.0.63", "10.0.0.128-10.0.0.255"}},
		{"both ends", "10.0.0.0/30", []string{"10.0.0.3/32", "10.0.0.0/32"}, []string{"10.0.0.1-10.0.0.2"}},
		{"all of it", "10.0.0.0/24", []string{"10.0.0.0/8"}, []string{}},
		{"all of it in parts", "10.0.0.0/24", []string{"10.0.0.128/25", "10.0.0.0/25"}, []string{}},
		{"what lies elsewhere", "10.0.1.0/24", []string{"10.0.0.0/24", "10.0.2.0/24"}, []string{"10.0.1.0-10.0.1.255"}},
		{"the ends of all addresses", "0.0.0.0/0", []string{"0.0.0.0/32", "255.255.255.255/32"}, []string{"0.0.0.1-255.255.255.254"}},
		{"the last half of all", "0.0.0.0/0", []string{"128.0.0.0/1"}, []string{"0.0.0.0-127.255.255.255"}},
	} {
		t.Run(c.name, func(t *testing.T) {
			assert.Equal(t, c.want, texts(spanOf(netip.MustParsePrefix(c.whole)).without(spansOf(c.except...))))
		})
	}
}
