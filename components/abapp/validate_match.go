package abapp

import (
	"fmt"
	"maps"
	"regexp"
	"slices"
	"strings"
	"unicode"
)

// What a match may hold. A route of the Gateway API (v1.3) has at most 64 matches in a rule, 16 headers and
// 16 query parameters in a match, and 4096 and 1024 bytes in their values; pins and cookies take some. A test
// that needs more than this is better decided by the app.
const (
	maxMatches    = 8
	maxConditions = 8
	maxValue      = 1024
)

var (
	// token is the name of a header, a cookie or a query parameter, in bytes up to 256 (RFC 9110, 5.6.2),
	// without "`", by which Traefik's rules quote.
	token = regexp.MustCompile(`^[A-Za-z0-9!#$%&'*+.^_|~-]{1,256}$`)
	// cookieValue is RFC 6265, 4.1.1, without "`".
	cookieValue = regexp.MustCompile(`^[!#-+\--:<-\[\]-_a-~]+$`)
	// headerValue is RFC 9110, 5.5, without "`" and without what gets lost at the ends.
	headerValue = regexp.MustCompile(`^[!-_a-~]([ -_a-~]*[!-_a-~])?$`)
)

const tokenRemedy = "write a name of letters, digits and !#$%&'*+-.^_|~, at most 256"

// notMatched are headers that no match can be about, with what to do instead.
var notMatched = map[string]string{
	"cookie":  "write the cookie below cookies",
	"host":    "remove it; an app's hosts all lead to the same variants",
	PinHeader: "remove it; with pin: true the header chooses the variant by itself",
}

func checkMatches(release Release) []Problem {
	if len(release.Match) == 0 {
		return []Problem{{"release.match", "missing", "write who sees variant b, such as [{headers: {x-beta: yes}}]"}}
	}
	if len(release.Match) > maxMatches {
		return []Problem{{"release.match", fmt.Sprintf("found %d rules", len(release.Match)), fmt.Sprintf("write at most %d", maxMatches)}}
	}
	var problems []Problem
	for i, match := range release.Match {
		for _, problem := range match.validate(release.Pin) {
			problem.Path = fmt.Sprintf("release.match[%d]%s", i, problem.Path)
			problems = append(problems, problem)
		}
	}
	return problems
}

// validate finds what is wrong with a match, at paths below it.
func (m Match) validate(pinned bool) []Problem {
	switch count := len(m.Headers) + len(m.Cookies) + len(m.Query); {
	case count == 0:
		return []Problem{{"", "is empty, and would send everyone to variant b", "write a header, a cookie or a query parameter, or write strategy: blueGreen"}}
	case count > maxConditions:
		return []Problem{{"", fmt.Sprintf("found %d conditions", count), fmt.Sprintf("write at most %d", maxConditions)}}
	}
	var problems []Problem
	if len(m.Cookies) > 1 {
		problems = append(problems, Problem{".cookies", fmt.Sprintf("found %d", len(m.Cookies)), "write one; for either of several write a rule each"})
	}
	problems = append(problems, validateValues(".headers", m.Headers, "printable ASCII without ` and without spaces at its ends", headerValue.MatchString)...)
	problems = append(problems, validateHeaders(m.Headers, pinned)...)
	problems = append(problems, validateValues(".cookies", m.Cookies, "what a cookie can hold: ASCII without spaces, quotes, commas, semicolons, \\ and `", cookieValue.MatchString)...)
	return append(problems, validateValues(".query", m.Query, "printable text without `", printable)...)
}

// validateValues finds names and values that cannot be sent, or cannot be matched.
func validateValues(path string, values map[string]string, want string, good func(string) bool) []Problem {
	var problems []Problem
	for _, name := range slices.Sorted(maps.Keys(values)) {
		value := values[name]
		if !token.MatchString(name) {
			problems = append(problems, Problem{path, fmt.Sprintf("found the name %q", name), tokenRemedy})
		}
		remedy := fmt.Sprintf("write %s, at most %d bytes", want, maxValue)
		switch {
		case len(value) > maxValue:
			problems = append(problems, Problem{below(path, name), fmt.Sprintf("found %d bytes", len(value)), remedy})
		case !good(value):
			problems = append(problems, Problem{below(path, name), fmt.Sprintf("found %q", value), remedy})
		}
	}
	return problems
}

// validateHeaders finds headers that are matched twice, since case does not tell them apart, and those
// that cannot be matched.
func validateHeaders(headers map[string]string, pinned bool) []Problem {
	var problems []Problem
	first := map[string]string{}
	for _, name := range slices.Sorted(maps.Keys(headers)) {
		lower := strings.ToLower(name)
		if earlier, ok := first[lower]; ok {
			problems = append(problems, Problem{below(".headers", name), "is the header " + earlier + " again", "remove one of them; case does not matter"})
		}
		first[lower] = name
		for _, header := range slices.Sorted(maps.Keys(notMatched)) {
			if strings.EqualFold(header, name) && (header != PinHeader || pinned) {
				problems = append(problems, Problem{below(".headers", name), "cannot be matched", notMatched[header]})
			}
		}
	}
	return problems
}

// printable is whether Traefik can find the value of a query parameter.
func printable(value string) bool {
	return value != "" && !strings.ContainsFunc(value, func(r rune) bool { return r == '`' || !unicode.IsPrint(r) })
}

// below is the path of a key, in brackets where it would not be read as one.
func below(path, key string) string {
	if plainKey.MatchString(key) {
		return path + "." + key
	}
	return fmt.Sprintf("%s[%q]", path, key)
}

var plainKey = regexp.MustCompile(`^[A-Za-z0-9_-]+$`)
