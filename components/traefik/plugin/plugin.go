// Package plugin is a middleware of Traefik that keeps visitors where they are while percentages move.
//
// A visitor is in one of 10,000 cohorts, drawn at the first request and kept in a cookie. The choices share
// the cohorts in their order, each as many as its percentage, so whoever is on the first choice stays
// there as long as its percentage does not shrink. What the visitor is sent to follows from the cookie
// and the percentages alone: nothing is stored, and every pod of the gateway answers alike.
//
// Traefik interprets this file (yaegi 0.16, which knows the standard library of Go 1.22), and interpreted
// code is some hundred times slower than compiled code. So it imports nothing else, leaves loops to the
// standard library, and reads the percentages once and not for every request.
package plugin

import (
	"context"
	"errors"
	"fmt"
	"log"
	"math/rand"
	"net/http"
	"sort"
	"strconv"
	"strings"
	"sync"
)

const (
	// Header carries the percentages from the route to the middleware, in the form
	// "live=90:live-copied=5,omega=10": 90 % of the visitors are on choice live, and 5 % of their requests
	// go to live-copied instead, which makes copies of them. The route sets it, in the place of any that
	// a client sent.
	Header = "X-Cohort-Weights"

	cohorts     = 10000
	perPercent  = cohorts / 100
	yearSeconds = 365 * 24 * 60 * 60
)

// Config is what a Middleware says under spec.plugin.cohorts.
type Config struct {
	// Cookie is the name of the visitor's cookie.
	Cookie string
	// Sticky is the name of the cookie by which the weighted service behind the middleware chooses.
	Sticky string
	// Choices are the values of that cookie by the names that Header has for them.
	Choices map[string]string
}

// CreateConfig is called by Traefik, which fills the result with what the Middleware says.
func CreateConfig() *Config { return &Config{} }

// Cohorts is the middleware.
type Cohorts struct {
	config   Config
	next     http.Handler
	fallback share

	// What header says, read once: Traefik makes a middleware for each route, and anew when one changes.
	mutex  sync.RWMutex
	header string
	shares []share
}

// share is the part of the cohorts that a choice has: those below the bound, without those of the
// choices before it.
type share struct {
	bound        int
	value        string
	copiedValue  string
	copyPercents int
}

// New makes a middleware.
func New(_ context.Context, next http.Handler, config *Config, name string) (http.Handler, error) {
	if config.Cookie == "" || config.Sticky == "" || config.Cookie == config.Sticky {
		return nil, fmt.Errorf("%s: cookie %q and sticky %q, want two names", name, config.Cookie, config.Sticky)
	}
	if len(config.Choices) == 0 {
		return nil, fmt.Errorf("%s: no choices", name)
	}
	names := make([]string, 0, len(config.Choices))
	for choice := range config.Choices {
		names = append(names, choice)
	}
	sort.Strings(names)
	return &Cohorts{
		config:   *config,
		next:     next,
		fallback: share{bound: cohorts, value: config.Choices[names[0]]},
	}, nil
}

// ServeHTTP sends a request to the choice of its visitor.
func (c *Cohorts) ServeHTTP(rw http.ResponseWriter, req *http.Request) {
	shares := c.sharesOf(req.Header.Get(Header))
	req.Header.Del(Header)
	chosen := shares[0]
	if len(shares) > 1 {
		chosen = shareOf(shares, c.visitor(rw, req))
	}
	value := chosen.value
	if chosen.copyPercents > 0 && rand.Intn(100) < chosen.copyPercents && copiable(req) {
		value = chosen.copiedValue
	}
	c.stick(req, value)
	c.next.ServeHTTP(rw, req)
}

// visitor is the cohort of who sent the request. It is drawn and given for keeps to who has none.
func (c *Cohorts) visitor(rw http.ResponseWriter, req *http.Request) int {
	if cohort, known := c.cohort(req); known {
		return cohort
	}
	// Who guesses a cohort only chooses for himself, as by editing the cookie, so a fast random number
	// will do. The process seeds it at its start.
	cohort := rand.Intn(cohorts)
	http.SetCookie(rw, &http.Cookie{
		Name: c.config.Cookie, Value: strconv.Itoa(cohort), Path: "/", MaxAge: yearSeconds,
		HttpOnly: true, SameSite: http.SameSiteLaxMode, Secure: req.Header.Get("X-Forwarded-Proto") == "https",
	})
	return cohort
}

// cohort reads the visitor's cookie. What is no cohort counts as no cookie.
func (c *Cohorts) cohort(req *http.Request) (int, bool) {
	cookie, err := req.Cookie(c.config.Cookie)
	if err != nil {
		return 0, false
	}
	cohort, err := strconv.Atoi(cookie.Value)
	if err != nil || cohort < 0 || cohort >= cohorts {
		return 0, false
	}
	return cohort, true
}

// stick makes the weighted service choose a value. It takes the first cookie of the name; those that the
// client sent are taken away nevertheless, because apps would see them.
func (c *Cohorts) stick(req *http.Request, value string) {
	cookies := c.config.Sticky + "=" + value
	// HTTP/1.1 allows one line, and the server joins those of HTTP/2.
	sent := strings.Join(req.Header["Cookie"], "; ")
	if strings.Contains(sent, c.config.Sticky) {
		sent = without(sent, c.config.Sticky)
	}
	if sent != "" {
		cookies += "; " + sent
	}
	req.Header.Set("Cookie", cookies)
}

// without takes the cookies of a name away and leaves the others as they are.
func without(cookies, name string) string {
	var kept []string
	for _, cookie := range strings.Split(cookies, ";") {
		cookie = strings.TrimSpace(cookie)
		if cookie != name && !strings.HasPrefix(cookie, name+"=") {
			kept = append(kept, cookie)
		}
	}
	return strings.Join(kept, "; ")
}

// shareOf finds the choice of a cohort.
func shareOf(shares []share, cohort int) share {
	for _, s := range shares {
		if cohort < s.bound {
			return s
		}
	}
	return shares[len(shares)-1]
}

// copiable is whether a copy does not change what the visitor gets. Traefik 3.5 reads a body that it is
// to copy before it serves the request (pkg/server/service/loadbalancer/mirror). One of unknown length
// may be sent in turns with the answer (gRPC), which would wait for ever, and one that turns out empty is
// answered with 500. Copies of upgrades and event streams would not end.
func copiable(req *http.Request) bool {
	return req.ContentLength >= 0 && req.Header.Get("Upgrade") == "" && !strings.Contains(req.Header.Get("Accept"), "text/event-stream")
}

// sharesOf reads a header, or remembers it. One that cannot be read is a mistake of the route: visitors
// are served by the first choice in the order of the names, and the log says why.
func (c *Cohorts) sharesOf(header string) []share {
	c.mutex.RLock()
	known, shares := c.header == header, c.shares
	c.mutex.RUnlock()
	if known && shares != nil {
		return shares
	}
	shares, err := c.parse(header)
	if err != nil {
		log.Printf("cohorts of cookie %s: header %s: %q: %v", c.config.Cookie, Header, header, err)
		shares = []share{c.fallback}
	}
	c.mutex.Lock()
	c.header, c.shares = header, shares
	c.mutex.Unlock()
	return shares
}

func (c *Cohorts) parse(header string) ([]share, error) {
	var shares []share
	bound := 0
	for _, part := range strings.Split(header, ",") {
		places := strings.Split(part, ":")
		value, percent, err := c.place(places[0])
		if err != nil {
			return nil, err
		}
		bound += percent * perPercent
		next := share{bound: bound, value: value}
		if len(places) > 2 {
			return nil, fmt.Errorf("%q: more than one place for copies", part)
		}
		if len(places) == 2 {
			next.copiedValue, next.copyPercents, err = c.place(places[1])
			if err != nil {
				return nil, err
			}
		}
		shares = append(shares, next)
	}
	if bound != cohorts {
		return nil, errors.New("the percentages do not sum to 100")
	}
	return shares, nil
}

// place reads "name=percent".
func (c *Cohorts) place(text string) (string, int, error) {
	pair := strings.Split(text, "=")
	if len(pair) != 2 {
		return "", 0, fmt.Errorf("%q, want name=percent", text)
	}
	value, ok := c.config.Choices[pair[0]]
	if !ok {
		return "", 0, fmt.Errorf("%q is no choice", pair[0])
	}
	percent, err := strconv.Atoi(pair[1])
	if err != nil || percent < 0 || percent > 100 {
		return "", 0, fmt.Errorf("%q, want 0 to 100", text)
	}
	return value, percent, nil
}
