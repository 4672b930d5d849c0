package rig

import (
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

func TestChangesAreThoseOfTheLastOperation(t *testing.T) {
	got, err := changes([]byte(`{"preludeEvent":{"config":{}}}
{"resOutputsEvent":{"metadata":{"op":"create","urn":"urn:pulumi:edge::live-omega::k:v1:A::planned"}}}
{"summaryEvent":{"resourceChanges":{"create":1}}}
{"preludeEvent":{"config":{}}}
{"resOutputsEvent":{"metadata":{"op":"same","urn":"urn:pulumi:edge::live-omega::k:v1:A::same"}}}
{"resourcePreEvent":{"metadata":{"op":"update","urn":"urn:pulumi:edge::live-omega::k:v1:A::begun"}}}
{"resOutputsEvent":{"metadata":{"op":"update","urn":"urn:pulumi:edge::live-omega::c:C$k:v1:B::two"}}}
{"resOutputsEvent":{"metadata":{"op":"create","urn":"urn:pulumi:edge::live-omega::k:v1:B::one"}}}
{"summaryEvent":{"resourceChanges":{"update":1}}}
`))
	require.NoError(t, err)
	assert.Equal(t, []string{"create k:v1:B::one", "update c:C$k:v1:B::two"}, got)
}

func TestARefreshChangesOnlyWhatDiffers(t *testing.T) {
	got, err := changes([]byte(`{"preludeEvent":{"config":{}}}
{"resOutputsEvent":{"metadata":{"op":"refresh","urn":"urn:pulumi:edge::live-omega::k:v1:A::same"}}}
{"resOutputsEvent":{"metadata":{"op":"refresh","urn":"urn:pulumi:edge::live-omega::k:v1:A::drifted","detailedDiff":{"spec":{"diffKind":"update"}}}}}
{"resOutputsEvent":{"metadata":{"op":"delete","urn":"urn:pulumi:edge::live-omega::k:v1:A::gone"}}}
`))
	require.NoError(t, err)
	assert.Equal(t, []string{"delete k:v1:A::gone", "refresh k:v1:A::drifted"}, got)
}

func TestABrokenEventLogIsAnError(t *testing.T) {
	_, err := changes([]byte("{\n"))
	assert.ErrorContains(t, err, "reading pulumi's events")
}
