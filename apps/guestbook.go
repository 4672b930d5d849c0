package apps

// guestbook shows canary: a new version gets a growing share of the visitors.
var guestbook = App{
	Name:         "guestbook",
	Owner:        "Ada Example",
	Contact:      "ada@live-omega.test",
	Community:    "neighbours",
	Description:  "Visitors leave a line for the neighbourhood.",
	Resources:    small,
	Probes:       Probes{Liveness: "/livez", Readiness: "/readyz"},
	DrainSeconds: 20,
	Secrets:      []string{"session-key"},
}
