package community

import (
	"errors"
	"fmt"
	"strconv"

	"k8s.io/apimachinery/pkg/api/resource"
)

// Quota bounds what a community uses, in quantities as Kubernetes writes them.
type Quota struct {
	// CPU and Memory are what its pods may request in all.
	CPU, Memory string
	// Pods is their number.
	Pods int
	// Storage is the sum of all volume claims; "0" for none.
	Storage string
}

// validateQuantities finds what cannot be parsed among the quantities of a community.
func (a Args) validateQuantities() error {
	quota, defaults := a.Quota, a.Defaults
	var problems []error
	for _, found := range [][2]string{
		{"quota of cpu", quota.CPU}, {"quota of memory", quota.Memory}, {"quota of storage", quota.Storage},
		{"default request of cpu", defaults.CPU}, {"default request of memory", defaults.Memory},
		{"default limit of cpu", defaults.CPULimit}, {"default limit of memory", defaults.MemoryLimit},
	} {
		if _, err := resource.ParseQuantity(found[1]); err != nil {
			problems = append(problems, fmt.Errorf("%s %q: %w", found[0], found[1], err))
		}
	}
	return errors.Join(problems...)
}

// Consumer is what may run of one variant of an app.
type Consumer struct {
	// Name is that of the namespace.
	Name string
	// Replicas is the largest number of pods that is asked for.
	Replicas int
	// CPU and Memory are what one pod requests.
	CPU, Memory resource.Quantity
}

// PeakPods is how many pods a variant has at the worst moment of a rollout: all old ones, which were told
// to go and still drain, as many new ones, and the one that comes before another goes. A pod that drains
// counts against the quota until it has ended, so a quota without this room would hold up rollouts.
func (c Consumer) PeakPods() int {
	if c.Replicas == 0 {
		return 0
	}
	return 2*c.Replicas + 1
}

// Excess is a part of a quota that what is declared does not fit into.
type Excess struct {
	// Part is "cpu", "memory" or "pods".
	Part string
	// Quota is what may be used, Sum what is declared, both as Kubernetes writes quantities.
	Quota, Sum string
	// Biggest is the consumer that needs most, and Use what it needs.
	Biggest Consumer
	Use     string
}

// Exceeded are the parts of a valid quota that the consumers together do not fit into.
func (q Quota) Exceeded(consumers []Consumer) []Excess {
	parts := []struct {
		name, quota string
		perPod      func(Consumer) resource.Quantity
	}{
		{"cpu", q.CPU, func(c Consumer) resource.Quantity { return c.CPU }},
		{"memory", q.Memory, func(c Consumer) resource.Quantity { return c.Memory }},
		{"pods", strconv.Itoa(q.Pods), func(Consumer) resource.Quantity { return resource.MustParse("1") }},
	}
	var exceeded []Excess
	for _, part := range parts {
		var sum, most resource.Quantity
		var biggest Consumer
		for _, consumer := range consumers {
			use := part.perPod(consumer)
			use.Mul(int64(consumer.PeakPods()))
			sum.Add(use)
			if use.Cmp(most) > 0 {
				most, biggest = use, consumer
			}
		}
		if quota := resource.MustParse(part.quota); sum.Cmp(quota) > 0 {
			exceeded = append(exceeded, Excess{
				Part: part.name, Quota: quota.String(), Sum: sum.String(), Biggest: biggest, Use: most.String(),
			})
		}
	}
	return exceeded
}

// shortest is a valid quantity as the API server stores it, so that what is read back is what was written.
func shortest(quantity string) string {
	parsed := resource.MustParse(quantity)
	return parsed.String()
}
