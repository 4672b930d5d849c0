package apps

// wiki shows blueGreen: a new version is looked at on its preview host, then everyone moves at once, and
// moves back as quickly if a page looks wrong.
var wiki = App{
	Name:         "wiki",
	Owner:        "Ada Example",
	Contact:      "ada@live-omega.test",
	Community:    "neighbours",
	Description:  "Pages about the street that anyone on it can edit.",
	Resources:    small,
	Probes:       Probes{Liveness: "/livez", Readiness: "/readyz"},
	DrainSeconds: 20,
}
