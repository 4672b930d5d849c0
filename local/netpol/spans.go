package netpol

import (
	"encoding/binary"
	"fmt"
	"net/netip"
	"slices"
)

// span is the numbers from first to last, both included: IPv4 addresses, or
// ports.
type span struct{ first, last uint32 }

func number(a netip.Addr) uint32 {
	b := a.As4()
	return binary.BigEndian.Uint32(b[:])
}

func address(n uint32) netip.Addr {
	var b [4]byte
	binary.BigEndian.PutUint32(b[:], n)
	return netip.AddrFrom4(b)
}

func single(a netip.Addr) span { return span{number(a), number(a)} }

func spanOf(p netip.Prefix) span {
	first := number(p.Masked().Addr())
	return span{first, first | uint32(uint64(1)<<(32-p.Bits())-1)}
}

// addresses writes the span as nft does.
func (s span) addresses() string {
	if s.first == s.last {
		return address(s.first).String()
	}
	return fmt.Sprintf("%s-%s", address(s.first), address(s.last))
}

func (s span) ports() string {
	if s.first == s.last {
		return fmt.Sprint(s.first)
	}
	return fmt.Sprintf("%d-%d", s.first, s.last)
}

// union returns the same numbers in order, without overlap: nft refuses
// intervals that overlap.
func union(spans []span) []span {
	sorted := slices.Clone(spans)
	slices.SortFunc(sorted, func(a, b span) int { return int(int64(a.first) - int64(b.first)) })
	var merged []span
	for _, s := range sorted {
		if n := len(merged); n > 0 && uint64(s.first) <= uint64(merged[n-1].last)+1 {
			merged[n-1].last = max(merged[n-1].last, s.last)
			continue
		}
		merged = append(merged, s)
	}
	return merged
}

// without returns the numbers of s that are in none of the others.
func (s span) without(others []span) []span {
	var rest []span
	next, done := s.first, false
	for _, o := range union(others) {
		if o.last < next || o.first > s.last {
			continue
		}
		if o.first > next {
			rest = append(rest, span{next, o.first - 1})
		}
		if o.last >= s.last {
			done = true
			break
		}
		next = o.last + 1
	}
	if !done {
		rest = append(rest, span{next, s.last})
	}
	return rest
}

func contains(spans []span, a netip.Addr) bool {
	n := number(a)
	return slices.ContainsFunc(spans, func(s span) bool { return s.first <= n && n <= s.last })
}
