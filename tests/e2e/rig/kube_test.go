package rig

import (
	"testing"

	"github.com/stretchr/testify/assert"
	"k8s.io/apimachinery/pkg/apis/meta/v1/unstructured"
)

func TestADeploymentIsSettledWhenOnlyNewPodsAreThere(t *testing.T) {
	for _, c := range []struct {
		name                                            string
		generation, observed, updated, available, total int64
		want                                            bool
	}{
		{"done", 3, 3, 2, 2, 2, true},
		{"edit not seen yet", 4, 3, 2, 2, 2, false},
		{"a former pod left", 3, 3, 2, 2, 3, false},
		{"one not available", 3, 3, 2, 1, 2, false},
		{"one not updated", 3, 3, 1, 2, 2, false},
	} {
		t.Run(c.name, func(t *testing.T) {
			d := &unstructured.Unstructured{Object: map[string]any{
				"metadata": map[string]any{"generation": c.generation},
				"spec":     map[string]any{"replicas": int64(2)},
				"status": map[string]any{"observedGeneration": c.observed, "replicas": c.total,
					"updatedReplicas": c.updated, "availableReplicas": c.available},
			}}
			assert.Equal(t, c.want, deploymentStatus(d).settled())
		})
	}
}
