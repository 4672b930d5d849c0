package apps

// library shows abTest: a new search is tried for weeks by those who chose it, known by a cookie or a link.
var library = App{
	Name:         "library",
	Owner:        "Grace Example",
	Contact:      "grace@live-omega.test",
	Community:    "makers",
	Description:  "Lends tools and books among the makers.",
	Resources:    small,
	Probes:       Probes{Liveness: "/livez", Readiness: "/readyz"},
	DrainSeconds: 20,
}
