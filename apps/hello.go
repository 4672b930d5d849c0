package apps

var hello = App{
	Name:         "hello",
	Owner:        "Grace Example",
	Contact:      "grace@live-omega.test",
	Community:    "makers",
	Description:  "Says which cluster, variant and version answered.",
	Resources:    small,
	Probes:       Probes{Liveness: "/livez", Readiness: "/readyz"},
	DrainSeconds: 20,
}
