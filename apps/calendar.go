package apps

// calendar shows dark: the next version is deployed for its authors only, until it is released some other way.
var calendar = App{
	Name:         "calendar",
	Owner:        "Ada Example",
	Contact:      "ada@live-omega.test",
	Community:    "neighbours",
	Description:  "Who has the common room when.",
	Resources:    small,
	Probes:       Probes{Liveness: "/livez", Readiness: "/readyz"},
	DrainSeconds: 20,
}
