package stack

import (
	"fmt"
	"maps"
	"slices"

	"live-omega/apps"
	"live-omega/components/abapp"
	"live-omega/stack/strict"
)

func (v *validator) apps() {
	for _, name := range slices.Sorted(maps.Keys(v.config.Apps)) {
		path := strict.Join("apps", name)
		if v.oneOf(path, name, apps.Names()) {
			v.app(path, v.config.Apps[name])
		}
	}
}

func (v *validator) app(path string, app App) {
	if _, ok := app.Variants[abapp.VariantA]; !ok {
		v.report(path+".variants.a", "missing", `write {image: "name@sha256:...", version: v1.0.0}`)
		return
	}
	before := len(v.problems)
	for _, name := range slices.Sorted(maps.Keys(app.Variants)) {
		variantPath := strict.Join(path+".variants", name)
		if name != abapp.VariantA && name != abapp.VariantB {
			v.report(variantPath, "found "+quote(name), "write a or b; an app has at most these two variants")
			continue
		}
		v.variant(variantPath, app.Variants[name])
	}
	if len(v.problems) > before {
		return
	}
	for _, problem := range abapp.Validate(variantsOf(app, ""), releaseOf(app)) {
		v.report(path+"."+problem.Path, problem.Found, problem.Remedy)
	}
}

func (v *validator) variant(path string, variant Variant) {
	v.image(path+".image", variant.Image)
	const remedy = "write what people call it, such as v1.2.0: at most 63 letters, digits, \".\", \"_\" and \"-\""
	switch {
	case variant.Version == "":
		v.report(path+".version", "missing", remedy)
	case !version.MatchString(variant.Version):
		v.report(path+".version", "found "+quote(variant.Version), remedy)
	}
	if n := *variant.Replicas; n < 0 || n > maxReplicas {
		v.report(path+".replicas", fmt.Sprintf("found %d", n), fmt.Sprintf("write 0 to %d", maxReplicas))
	}
}

func (v *validator) traffic() {
	traffic := v.config.Traffic
	if traffic == nil {
		return
	}
	if traffic.Default == nil {
		v.report("traffic.default", "missing", "write {live: 100, omega: 0}")
	} else {
		v.weights("traffic.default", traffic.Default)
	}
	for _, name := range slices.Sorted(maps.Keys(traffic.Apps)) {
		path := strict.Join("traffic.apps", name)
		if v.oneOf(path, name, apps.Names()) {
			v.weights(path, traffic.Apps[name])
		}
	}
}

func (v *validator) weights(path string, weights map[string]int) {
	sum, before := 0, len(v.problems)
	for _, cluster := range slices.Sorted(maps.Keys(weights)) {
		place := strict.Join(path, cluster)
		if v.oneOf(place, cluster, ClusterNames) && (weights[cluster] < 0 || weights[cluster] > 100) {
			v.report(place, fmt.Sprintf("found %d", weights[cluster]), "write a percentage from 0 to 100")
		}
		sum += weights[cluster]
	}
	if len(v.problems) == before && sum != 100 {
		v.report(path, fmt.Sprintf("weights sum to %d, want 100", sum), "change them so that they do")
	}
}

// variantsOf are an app's variants for the component, their images in the registry.
func variantsOf(app App, registry string) map[string]abapp.Variant {
	variants := make(map[string]abapp.Variant, len(app.Variants))
	for name, variant := range app.Variants {
		variants[name] = abapp.Variant{
			Image:    imageIn(registry, variant.Image),
			Version:  variant.Version,
			Replicas: *variant.Replicas,
		}
	}
	return variants
}

func releaseOf(app App) abapp.Release {
	return abapp.Release{Strategy: app.Release.Strategy, Weight: app.Release.Weight}
}

// imageIn is the full reference of an image.
func imageIn(registry, image string) string {
	if registry == "" {
		return image
	}
	return registry + "/" + image
}
