// Package apps is the catalogue: which apps exist, who they belong to, and what they need to run.
// One file per app, plain data. Which version of an app runs where, and who is routed to it, is not
// said here but in the config of the stacks.
package apps

import (
	"fmt"
	"maps"
	"slices"
)

// App is one service of a community.
type App struct {
	// Name is the app's name in config, in namespaces and in its host name: a DNS label of at most
	// MaxName bytes.
	Name string
	// Owner answers for the app; Contact is where the owner is reached.
	Owner, Contact string
	// Community is the tenant that the app belongs to.
	Community string
	// Description says in one sentence what the app does.
	Description string
	// Resources are what one pod needs.
	Resources Resources
	// Probes are the HTTP paths on the app's port that Kubernetes asks.
	Probes Probes
	// DrainSeconds is how long the slowest request may still take after SIGTERM.
	DrainSeconds int
	// Secrets are the names of generated passwords, each a DNS label. They are made once in the shared
	// stack, so that both clusters have the same, and reach the app as environment variables:
	// "session-key" as SESSION_KEY.
	Secrets []string
}

// MaxName is the longest name of an app in bytes. It leaves room for what is added to it in namespaces.
const MaxName = 40

// Resources are quantities as Kubernetes writes them: "50m" of CPU, "64Mi" of memory.
type Resources struct {
	// Requests are what the scheduler sets aside for a pod.
	CPU, Memory string
	// Limits are where the pod is throttled (CPU) or killed (memory).
	CPULimit, MemoryLimit string
}

// Probes are paths that answer 200 when all is well.
type Probes struct {
	// Liveness fails when only a restart helps.
	Liveness string
	// Readiness fails when the pod should get no requests at the moment.
	Readiness string
}

// small is enough for a service that keeps little in memory.
var small = Resources{CPU: "10m", Memory: "32Mi", CPULimit: "1", MemoryLimit: "128Mi"}

// catalogue holds every app by its name. There is one for each strategy, so that the nearest can be copied:
//
//	recreate   chores
//	ramped     hello
//	blueGreen  wiki
//	canary     guestbook
//	abTest     library
//	shadow     weather
//	dark       calendar
//
// Which strategy an app has is said in config, not here; these are what each is good for.
var catalogue = index(calendar, chores, guestbook, hello, library, weather, wiki)

// Lookup finds an app by its name.
func Lookup(name string) (App, bool) {
	app, ok := catalogue[name]
	return app, ok
}

// Names are the names of all apps, sorted.
func Names() []string { return slices.Sorted(maps.Keys(catalogue)) }

// index panics on two apps of one name: that is a mistake in this package, and its test finds it.
func index(list ...App) map[string]App {
	byName := make(map[string]App, len(list))
	for _, app := range list {
		if _, taken := byName[app.Name]; taken {
			panic(fmt.Sprintf("apps: two apps are called %q", app.Name))
		}
		byName[app.Name] = app
	}
	return byName
}
