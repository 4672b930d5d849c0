package apps

// chores shows recreate: it counts turns, and two versions that count at the same time would disagree.
var chores = App{
	Name:         "chores",
	Owner:        "Edsger Example",
	Contact:      "edsger@live-omega.test",
	Community:    "neighbours",
	Description:  "Whose turn it is to sweep the stairs.",
	Resources:    small,
	Probes:       Probes{Liveness: "/livez", Readiness: "/readyz"},
	DrainSeconds: 20,
}
