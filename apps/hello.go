package apps

// hello shows ramped, which is what an app does that says nothing: a new version replaces the old one pod by
// pod.
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
