package kubernetes

import (
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	"k8s.io/apimachinery/pkg/apis/meta/v1/unstructured"
)

func TestWaitForUnderstandsTheOfficialForms(t *testing.T) {
	status := m{"phase": "Running", "replicas": int64(2), "notes": m{"example.com/seen": "yes"}, "conditions": []any{m{"type": "Ready", "status": "True"}, m{"type": "Synced", "status": "False"}}}
	for text, want := range map[string]bool{
		`condition=Ready`:                                               true,
		`condition=ready`:                                               true,
		`condition=Synced`:                                              false,
		`condition=Synced=False`:                                        true,
		`condition=Missing`:                                             false,
		`jsonpath={.status.phase}=Running`:                              true,
		`jsonpath={.status.phase}=Pending`:                              false,
		`jsonpath=.status.phase=Running`:                                true,
		`jsonpath={.status.phase}`:                                      true,
		`jsonpath={.status.address}`:                                    false,
		`jsonpath={.status.replicas}=2`:                                 true,
		`["condition=Ready","jsonpath={.status.phase}"]`:                true,
		`["condition=Ready","condition=Synced"]`:                        false,
		`jsonpath={.status.conditions[?(@.type=="Ready")].status}=True`: true,
		`jsonpath={.status.notes['example.com/seen']}`:                  true,
		`jsonpath={.status.notes['example.com/seen']}=yes`:              true,
		`jsonpath={.status.notes['example.com/other']}`:                 false,
		`jsonpath={.status.notes['seen']}`:                              false,
	} {
		check, err := parseWaitFor(text)
		require.NoError(t, err, text)
		ready, message, err := check(&unstructured.Unstructured{Object: m{"status": status}})
		require.NoError(t, err, text)
		assert.Equal(t, want, ready, text)
		assert.Equal(t, want, message == "" || ready, "%s: a wait says what for", text)
	}
}

func TestWaitForWaitsUntilTheControllerHasSeenTheObject(t *testing.T) {
	check, err := parseWaitFor("condition=Ready")
	require.NoError(t, err)
	object := m{"metadata": m{"generation": int64(2)}, "status": m{"observedGeneration": int64(1), "conditions": []any{m{"type": "Ready", "status": "True"}}}}
	ready, _, err := check(&unstructured.Unstructured{Object: object})
	require.NoError(t, err)
	assert.False(t, ready)
}

func TestABadWaitForSaysWhatIsWanted(t *testing.T) {
	for text, want := range map[string]string{
		"Ready": `want a "jsonpath=" or "condition=" prefix`, "[]": "name at least one condition", "condition=": "names no condition",
		"jsonpath={.a": "unclosed action", "jsonpath={.a}=": "empty value",
	} {
		_, err := parseWaitFor(text)
		assert.ErrorContains(t, err, want, text)
		assert.ErrorContains(t, err, annotationWaitFor)
	}
}

func TestTheTimeoutIsTheResourcesOrTheAnnotationsOrTenMinutes(t *testing.T) {
	annotated := m{"metadata": m{"annotations": m{annotationTimeout: "30"}}}
	assert.Equal(t, 90*time.Second, timeout(90, annotated))
	assert.Equal(t, 30*time.Second, timeout(0, annotated))
	assert.Equal(t, 10*time.Minute, timeout(0, nil))
	assert.Equal(t, 10*time.Minute, timeout(0, m{"metadata": m{"annotations": m{annotationTimeout: "soon"}}}))
}
