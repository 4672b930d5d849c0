package plugin

import (
	"fmt"
	"net/http"
	"net/http/httptest"
	"strconv"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

const (
	cookieName = "wiki-cohort"
	stickyName = "wiki-choice"
)

// gateway is the middleware before an app that remembers the last request.
type gateway struct {
	t       *testing.T
	handler http.Handler
	seen    *http.Request
}

func newGateway(t *testing.T, choices ...string) *gateway {
	t.Helper()
	config := CreateConfig()
	config.Cookie, config.Sticky, config.Choices = cookieName, stickyName, map[string]string{}
	for _, choice := range choices {
		config.Choices[choice] = "value-of-" + choice
	}
	g := &gateway{t: t}
	handler, err := New(t.Context(), http.HandlerFunc(func(_ http.ResponseWriter, req *http.Request) { g.seen = req }), config, "test")
	require.NoError(t, err)
	g.handler = handler
	return g
}

// ask sends a request and returns the choice it stuck to, and the cookies that the visitor gets.
func (g *gateway) ask(weights string, header http.Header) (string, []*http.Cookie) {
	g.t.Helper()
	req := httptest.NewRequest(http.MethodGet, "/", nil)
	for name, values := range header {
		req.Header[name] = values
	}
	if weights != "" {
		req.Header.Set(Header, weights)
	}
	response := httptest.NewRecorder()
	g.handler.ServeHTTP(response, req)
	sticky, err := g.seen.Cookie(stickyName)
	require.NoError(g.t, err)
	return strings.TrimPrefix(sticky.Value, "value-of-"), response.Result().Cookies()
}

func cookie(value string) http.Header { return http.Header{"Cookie": {value}} }

func visitor(cohort int) http.Header { return cookie(fmt.Sprintf("%s=%d", cookieName, cohort)) }

func TestNobodyLeavesTheFirstChoiceWhileItGrows(t *testing.T) {
	g := newGateway(t, "a", "b")
	on := map[int]string{}
	for percent := 0; percent <= 100; percent++ {
		members := 0
		for cohort := 0; cohort < cohorts; cohort += 7 {
			choice, _ := g.ask(fmt.Sprintf("b=%d,a=%d", percent, 100-percent), visitor(cohort))
			if on[cohort] == "b" {
				require.Equal(t, "b", choice, "cohort %d at %d %%", cohort, percent)
			}
			if on[cohort] = choice; choice == "b" {
				members++
			}
		}
		assert.InDelta(t, percent, 100*7*float64(members)/cohorts, 0.1)
	}
	for _, cohort := range []int{0, 1, cohorts - 1} {
		choice, _ := g.ask("b=0,a=100", visitor(cohort))
		assert.Equal(t, "a", choice, "back to 0 sends all back")
	}
}

func TestTheBordersOfTheCohorts(t *testing.T) {
	g := newGateway(t, "live", "omega")
	for cohort, want := range map[int]string{0: "live", 8999: "live", 9000: "omega", 9999: "omega"} {
		choice, _ := g.ask("live=90,omega=10", visitor(cohort))
		assert.Equal(t, want, choice, "cohort %d", cohort)
	}
}

func TestDrawsHaveTheSharesOfTheHeader(t *testing.T) {
	g := newGateway(t, "a", "b")
	const draws = 10000
	count := map[string]int{}
	for range draws {
		choice, _ := g.ask("b=10,a=90", nil)
		count[choice]++
	}
	// The standard deviation is 0.3 points.
	assert.InDelta(t, 10, 100*float64(count["b"])/draws, 1.5)
	assert.Equal(t, draws, count["a"]+count["b"])
}

func TestAVisitorIsGivenACookieOnce(t *testing.T) {
	g := newGateway(t, "a", "b")
	choice, cookies := g.ask("b=50,a=50", nil)
	require.Len(t, cookies, 1, "and never the one that the service follows")
	given := cookies[0]
	assert.Equal(t, cookieName, given.Name)
	cohort, err := strconv.Atoi(given.Value)
	require.NoError(t, err)
	assert.True(t, cohort >= 0 && cohort < cohorts, given.Value)
	assert.Equal(t, "/", given.Path)
	assert.Equal(t, 365*24*60*60, given.MaxAge)
	assert.True(t, given.HttpOnly)
	assert.Equal(t, http.SameSiteLaxMode, given.SameSite)
	assert.False(t, given.Secure)

	for range 10 {
		again, cookies := g.ask("b=50,a=50", cookie(given.Name+"="+given.Value))
		assert.Equal(t, choice, again)
		assert.Empty(t, cookies)
	}
}

func TestWhoHasNothingToChooseIsGivenNoCookie(t *testing.T) {
	choice, cookies := newGateway(t, "a", "copied").ask("a=100:copied=0", nil)
	assert.Equal(t, "a", choice)
	assert.Empty(t, cookies)
}

func TestTheCookieOfAnEncryptedRequestIsSecure(t *testing.T) {
	_, cookies := newGateway(t, "a", "b").ask("a=100,b=0", http.Header{"X-Forwarded-Proto": {"https"}})
	require.Len(t, cookies, 1)
	assert.True(t, cookies[0].Secure)
}

func TestACookieThatIsNoCohortIsDrawnAnew(t *testing.T) {
	g := newGateway(t, "a", "b")
	for _, value := range []string{"", "-1", "10000", "99999999999999999999", "b", "1.5", "1 2", "0x1", `"`} {
		choice, cookies := g.ask("b=100,a=0", cookie(cookieName+"="+value))
		assert.Equal(t, "b", choice, "%q", value)
		assert.Len(t, cookies, 1, "%q", value)
	}
}

func TestACopiedChoiceTakesItsShareOfTheRequestsOfItsVisitors(t *testing.T) {
	g := newGateway(t, "live", "live-copied", "omega")
	const requests = 10000
	count := map[string]int{}
	for range requests {
		choice, _ := g.ask("live=90:live-copied=20,omega=10", visitor(17))
		count[choice]++
	}
	assert.InDelta(t, 20, 100*float64(count["live-copied"])/requests, 2)
	assert.Zero(t, count["omega"])
	choice, _ := g.ask("live=90:live-copied=100,omega=10", visitor(9500))
	assert.Equal(t, "omega", choice, "copies do not move anybody")
}

func TestWhatACopyWouldChangeIsNotCopied(t *testing.T) {
	g := newGateway(t, "a", "copied")
	for name, test := range map[string]struct {
		edit func(*http.Request)
		want string
	}{
		"nothing":           {func(*http.Request) {}, "copied"},
		"a body":            {func(r *http.Request) { r.ContentLength = 5 }, "copied"},
		"an unknown length": {func(r *http.Request) { r.ContentLength = -1 }, "a"},
		"an upgrade":        {func(r *http.Request) { r.Header.Set("Upgrade", "websocket") }, "a"},
		"an event stream":   {func(r *http.Request) { r.Header.Set("Accept", "text/event-stream, */*") }, "a"},
	} {
		t.Run(name, func(t *testing.T) {
			req := httptest.NewRequest(http.MethodPost, "/", nil)
			req.Header.Set(Header, "a=100:copied=100")
			test.edit(req)
			g.handler.ServeHTTP(httptest.NewRecorder(), req)
			sticky, err := g.seen.Cookie(stickyName)
			require.NoError(t, err)
			assert.Equal(t, "value-of-"+test.want, sticky.Value)
		})
	}
}

func TestAClientCannotChooseByForging(t *testing.T) {
	g := newGateway(t, "a", "b")
	forged := stickyName + "=value-of-b"
	for name, sent := range map[string][]string{
		"alone":            {forged},
		"first":            {forged + "; " + cookieName + "=9999; theme=dark"},
		"last":             {"theme=dark; " + cookieName + "=9999;" + forged},
		"twice":            {forged + "; " + forged},
		"on lines":         {forged, cookieName + "=9999", forged},
		"without a value":  {stickyName},
		"with more spaces": {"  " + forged + "  "},
	} {
		t.Run(name, func(t *testing.T) {
			choice, _ := g.ask("b=0,a=100", http.Header{"Cookie": sent})
			assert.Equal(t, "a", choice)
			require.Len(t, g.seen.Header["Cookie"], 1)
			assert.Equal(t, 1, strings.Count(g.seen.Header.Get("Cookie"), stickyName), "the app sees one")
		})
	}
}

func TestAppsGetTheirCookiesAsTheyWereSent(t *testing.T) {
	g := newGateway(t, "a")
	for sent, want := range map[string]string{
		`a="x y"; b={"c":[1,2]}; odd`:                 `a="x y"; b={"c":[1,2]}; odd`,
		`a=1;` + stickyName + `=forged; b=2; c=d=e==`: `a=1; b=2; c=d=e==`,
		`my-` + stickyName + `=mine`:                  `my-` + stickyName + `=mine`,
		cookieName + "=5":                             cookieName + "=5",
	} {
		g.ask("a=100", cookie(sent))
		assert.Equal(t, stickyName+"=value-of-a; "+want, g.seen.Header.Get("Cookie"))
	}
	g.ask("a=100", nil)
	assert.Equal(t, stickyName+"=value-of-a", g.seen.Header.Get("Cookie"))
}

func TestAppsDoNotSeeTheWeights(t *testing.T) {
	g := newGateway(t, "a", "b")
	g.ask("b=10,a=90", nil)
	assert.NotContains(t, g.seen.Header, Header)
}

func TestWeightsThatCannotBeReadSendEverybodyToTheFirstName(t *testing.T) {
	g := newGateway(t, "b", "a")
	for _, weights := range []string{
		"", "b", "b=100,", "b=x,a=1", "b=101,a=-1", "b=50,a=49", "b=50,a=51", "c=100", "b=100=1", "b=100:a", "b=100:c=1", "b=100:a=101", "b=100:a=1:a=1",
	} {
		for _, cohort := range []int{0, cohorts - 1} {
			choice, _ := g.ask(weights, visitor(cohort))
			assert.Equal(t, "a", choice, "%q", weights)
		}
	}
	choice, _ := g.ask("b=100,a=0", visitor(0))
	assert.Equal(t, "b", choice, "and a good header is read after a bad one")
}

func TestAMiddlewareWithoutWhatItNeedsIsRefused(t *testing.T) {
	choices := map[string]string{"a": "0"}
	for name, config := range map[string]Config{
		"no cookie":          {Sticky: "s", Choices: choices},
		"no sticky cookie":   {Cookie: "c", Choices: choices},
		"one cookie for two": {Cookie: "c", Sticky: "c", Choices: choices},
		"no choices":         {Cookie: "c", Sticky: "s"},
	} {
		t.Run(name, func(t *testing.T) {
			_, err := New(t.Context(), http.NotFoundHandler(), &config, "test")
			assert.ErrorContains(t, err, "test: ")
		})
	}
}
