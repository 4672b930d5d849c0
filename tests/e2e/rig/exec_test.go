package rig

import (
	"testing"

	"github.com/stretchr/testify/assert"
)

func TestReceivedCountsEverythingButProbes(t *testing.T) {
	assert.Equal(t, 1200015, received(`# HELP http_requests_total Requests answered.
# TYPE http_requests_total counter
http_requests_total{code="200",method="GET",route="/api/echo"} 1.2e+06
http_requests_total{code="499",method="POST",route="/api/echo"} 5
http_requests_total{code="404",method="GET",route="none"} 7
http_requests_total{code="200",method="GET",route="/livez"} 900
http_requests_total{code="503",method="GET",route="/readyz"} 90
http_requests_in_flight 3
http_request_duration_seconds_count{method="GET",route="/api/echo"} 1.2e+06
`))
	assert.Zero(t, received(""))
}
