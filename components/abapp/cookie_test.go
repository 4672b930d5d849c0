package abapp_test

import (
	"regexp"
	"testing"

	"github.com/stretchr/testify/assert"

	"live-omega/components/abapp"
)

func TestACookieIsFoundAmongOthersAndNotInsideOfThem(t *testing.T) {
	args := args()
	args.Release = abapp.Release{Strategy: abapp.ABTest, Match: []abapp.Match{{Cookies: map[string]string{"beta+": "a.b"}}}}
	pattern := regexp.MustCompile(abapp.Render(args).Main.Rules[0].Matches[0].Headers[0].Value)
	for header, want := range map[string]bool{
		"beta+=a.b":          true,
		"x=1; beta+=a.b":     true,
		"x=1;beta+=a.b":      true,
		"beta+=a.b; x=1":     true,
		"x=1; beta+=a.b;y=2": true,
		"":                   false,
		"beta+=axb":          false,
		"betaa=a.b":          false,
		"beta+=a.bc":         false,
		"xbeta+=a.b":         false,
		"x=beta+=a.b":        false,
		"x=1 beta+=a.b":      false,
	} {
		assert.Equal(t, want, pattern.MatchString(header), "Cookie: %s", header)
	}
}
