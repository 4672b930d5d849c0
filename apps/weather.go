package apps

// weather shows shadow: a rewritten forecast gets copies of real requests, and nobody sees its answers yet.
var weather = App{
	Name:         "weather",
	Owner:        "Edsger Example",
	Contact:      "edsger@live-omega.test",
	Community:    "neighbours",
	Description:  "Measures rain and wind on the roof of number 7.",
	Resources:    small,
	Probes:       Probes{Liveness: "/livez", Readiness: "/readyz"},
	DrainSeconds: 20,
}
