package strict

import (
	"regexp"
	"strconv"
	"unicode/utf8"
)

// plainKey is a key that can stand in a path without quotes.
var plainKey = regexp.MustCompile(`^[A-Za-z0-9_-]+$`)

// Join appends a key to a path; a key that would be misread there is put in brackets and quotes.
func Join(path, key string) string {
	if !plainKey.MatchString(key) {
		return path + "[" + Quote(key) + "]"
	}
	if path == "" {
		return key
	}
	return path + "." + key
}

// maxQuoted is how much of a value is repeated in a message, in bytes.
const maxQuoted = 80

// Quote makes a value readable and harmless in a message, however long and strange it is.
func Quote(text string) string { return strconv.Quote(shorten(text)) }

func shorten(text string) string {
	if len(text) <= maxQuoted {
		return text
	}
	cut := maxQuoted
	for cut > 0 && !utf8.RuneStart(text[cut]) {
		cut--
	}
	return text[:cut] + "…"
}

// Closest finds the candidate that a word was probably meant to be: at most two edits away, and fewer
// for short words.
func Closest(word string, candidates []string) (string, bool) {
	best, bestDistance := "", min(2, (len(word)+1)/3)+1
	if len(word) > maxQuoted {
		return "", false
	}
	for _, candidate := range candidates {
		if distance := editDistance(word, candidate); distance < bestDistance {
			best, bestDistance = candidate, distance
		}
	}
	return best, best != ""
}

// editDistance is the number of letters to insert, delete or replace, or of neighbours to swap, to turn
// one word into the other (optimal string alignment).
func editDistance(a, b string) int {
	rows := make([][]int, len(a)+1)
	for i := range rows {
		rows[i] = make([]int, len(b)+1)
		rows[i][0] = i
	}
	for j := range rows[0] {
		rows[0][j] = j
	}
	for i := 1; i <= len(a); i++ {
		for j := 1; j <= len(b); j++ {
			replace := 1
			if a[i-1] == b[j-1] {
				replace = 0
			}
			rows[i][j] = min(rows[i-1][j]+1, rows[i][j-1]+1, rows[i-1][j-1]+replace)
			if i > 1 && j > 1 && a[i-1] == b[j-2] && a[i-2] == b[j-1] {
				rows[i][j] = min(rows[i][j], rows[i-2][j-2]+1)
			}
		}
	}
	return rows[len(a)][len(b)]
}
