package stack

import (
	"fmt"
	"maps"
	"slices"

	"live-omega/apps"
	"live-omega/components/abapp"
	"live-omega/components/naming"
	"live-omega/stack/strict"
)

func (v *validator) apps() {
	for _, name := range slices.Sorted(maps.Keys(v.config.Apps)) {
		path := strict.Join("apps", name)
		if v.oneOf(path, name, apps.Names()) {
			v.app(path, name, v.config.Apps[name])
		}
	}
}

func (v *validator) app(path, name string, app App) {
	if _, ok := app.Variants[abapp.VariantA]; !ok {
		v.report(path+".variants.a", "missing", `write {image: "name@sha256:...", version: v1.0.0}`)
		return
	}
	known := App{Variants: map[string]Variant{}, Release: app.Release}
	for _, name := range slices.Sorted(maps.Keys(app.Variants)) {
		variantPath := strict.Join(path+".variants", name)
		if name != abapp.VariantA && name != abapp.VariantB {
			v.report(variantPath, "found "+quote(name), "write a or b; an app has at most these two variants")
			continue
		}
		v.variant(variantPath, app.Variants[name])
		known.Variants[name] = app.Variants[name]
	}
	entry, _ := apps.Lookup(name)
	problems := abapp.Validate(entry, variantsOf(known, "", nil), releaseOf(known))
	for _, problem := range problems {
		v.report(path+"."+problem.Path, problem.Found, problem.Remedy)
	}
	if len(problems) == 0 && abapp.Previewed(releaseOf(known)) != "" {
		v.previewHost(path, name)
	}
}

// variant checks what only config says: the component knows a variant by its image and its pods.
func (v *validator) variant(path string, variant Variant) {
	v.image(path+".image", variant.Image)
	const remedy = "write what people call it, such as v1.2.0: at most 63 letters, digits, \".\", \"_\" and \"-\""
	switch {
	case variant.Version == "":
		v.report(path+".version", "missing", remedy)
	case !version.MatchString(variant.Version):
		v.report(path+".version", "found "+quote(variant.Version), remedy)
	}
	if variant.Replicas != nil && variant.Autoscale != nil {
		v.report(path+".replicas", fmt.Sprintf("found %d beside autoscale, which decides the number of pods", *variant.Replicas), "remove one of them")
	}
}

// previewHost finds previews at a host that is another app's own. The hosts of communities are checked there.
func (v *validator) previewHost(path, name string) {
	host := naming.PreviewHost(name, v.config.Domain)
	for _, other := range apps.Names() {
		if naming.Host(other, v.config.Domain) == host {
			v.report(path+".release.preview", fmt.Sprintf("would be at %s, which is the host of app %s", host, other), "write preview: false, or rename one of the apps in the catalogue")
		}
	}
}
