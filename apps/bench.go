//go:build bench

package apps

import "fmt"

// init adds a hundred small apps for measuring how the program scales; they exist only in programs
// built with the tag bench.
func init() {
	for i := range 100 {
		app := hello
		app.Name = fmt.Sprintf("bench-%03d", i)
		app.Description = "One of many, to measure with."
		catalogue[app.Name] = app
	}
}
