package abapp

import (
	"live-omega/components/gatewayapi"
	"live-omega/components/naming"
)

// servicePort is the port of every variant's Service.
const servicePort = 80

// Render is the route of an app: who sees which variant. It is a pure function of its arguments, and
// the only place where a release turns into objects, so that an edit of a release reaches one object.
// The release must be valid.
//
// A variant keeps its backend at weight 0: moving to it is then a change of numbers in a gateway that
// knows its endpoints already.
func Render(args Args) gatewayapi.HTTPRoute {
	route := gatewayapi.HTTPRoute{
		Namespace:   naming.Namespace(args.App.Name, VariantA),
		Name:        args.App.Name,
		Parent:      args.Gateway,
		Hostnames:   []string{args.Host},
		Labels:      args.labels(),
		Annotations: args.annotations(),
	}
	for _, share := range Shares(args.Variants, args.Release) {
		route.Backends = append(route.Backends, gatewayapi.Backend{
			Namespace: naming.Namespace(args.App.Name, share.Variant),
			Name:      args.App.Name,
			Port:      servicePort,
			Weight:    share.Percent,
		})
	}
	return route
}
