package community_test

import (
	"testing"

	"github.com/stretchr/testify/assert"
	"k8s.io/apimachinery/pkg/api/resource"

	"live-omega/components/community"
)

func consumer(name string, replicas int, cpu, memory string) community.Consumer {
	return community.Consumer{Name: name, Replicas: replicas, CPU: resource.MustParse(cpu), Memory: resource.MustParse(memory)}
}

func TestARolloutDoublesThePodsOfAVariantAndAddsOne(t *testing.T) {
	for replicas, want := range map[int]int{0: 0, 1: 3, 2: 5, 10: 21} {
		assert.Equal(t, want, community.Consumer{Replicas: replicas}.PeakPods(), "%d replicas", replicas)
	}
}

func TestWhatIsDeclaredIsAddedUpAndComparedWithTheQuota(t *testing.T) {
	small, big := consumer("small", 1, "100m", "64Mi"), consumer("big", 2, "500m", "64Mi")
	tests := []struct {
		name      string
		quota     community.Quota
		consumers []community.Consumer
		want      []community.Excess
	}{
		{"nothing", community.Quota{CPU: "1m", Memory: "1", Pods: 1}, nil, nil},
		{"exactly what fits", community.Quota{CPU: "2800m", Memory: "512Mi", Pods: 8}, []community.Consumer{small, big}, nil},
		{"a little too much CPU", community.Quota{CPU: "2799m", Memory: "1Gi", Pods: 9}, []community.Consumer{small, big}, []community.Excess{
			{Part: "cpu", Quota: "2799m", Sum: "2800m", Biggest: big, Use: "2500m"},
		}},
		{"too much of everything", community.Quota{CPU: "1", Memory: "0.5Gi", Pods: 7}, []community.Consumer{big, small, consumer("heavy", 1, "1m", "1Gi")}, []community.Excess{
			{Part: "cpu", Quota: "1", Sum: "2803m", Biggest: big, Use: "2500m"},
			{Part: "memory", Quota: "512Mi", Sum: "3584Mi", Biggest: consumer("heavy", 1, "1m", "1Gi"), Use: "3Gi"},
			{Part: "pods", Quota: "7", Sum: "11", Biggest: big, Use: "5"},
		}},
		{"what is switched off", community.Quota{CPU: "1m", Memory: "1", Pods: 1}, []community.Consumer{consumer("off", 0, "64", "1Ti")}, nil},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			assert.Equal(t, test.want, test.quota.Exceeded(test.consumers))
		})
	}
}
