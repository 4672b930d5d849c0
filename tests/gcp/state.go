package gcp

import (
	"fmt"
	"regexp"
)

// complete makes the state of a resource from what the program wants, with defaults, and with what the cloud
// chose before and nobody asked to be otherwise.
func (f fields) complete(inputs, old object) object {
	state := object{}
	for key, field := range f {
		value := inputs[key]
		switch {
		case value == nil && field.fallback != nil:
			state[key] = field.fallback
		case value == nil && field.computed && old[key] != nil:
			state[key] = clone(old[key])
		case value == nil:
		case field.typ == typeObject:
			oldObject, _ := old[key].(object)
			if inner, ok := value.(object); ok {
				state[key] = field.fields.complete(inner, oldObject)
			} else {
				state[key] = value
			}
		case field.typ == typeObjects:
			list, ok := value.([]any)
			if !ok {
				state[key] = value
				break
			}
			completed := make([]any, len(list))
			for i, element := range list {
				completed[i] = element
				if inner, ok := element.(object); ok {
					completed[i] = field.fields.complete(inner, nil)
				}
			}
			state[key] = completed
		default:
			state[key] = clone(value)
		}
	}
	return state
}

// places are the properties that come from the provider when the program does not set them.
func (p *Provider) places(k *kind, state object) {
	for _, key := range []string{"project", "region", "location", "zone"} {
		value := p.config[key]
		if key == "location" {
			value = p.config["region"]
		}
		if k.Fields[key] != nil && state[key] == nil && value != "" {
			state[key] = value
		}
	}
}

var placeholder = regexp.MustCompile(`\{(\w+)\}`)

// fill replaces {x} by properties; known is false when one of them is unknown.
func (k *kind) fill(template string, state object, id string) (text string, known bool) {
	known = true
	text = placeholder.ReplaceAllStringFunc(template, func(match string) string {
		key := match[1 : len(match)-1]
		if key == "id" {
			return id
		}
		value := state[key]
		if value == nil || value == (unknown{}) {
			known = false
			return ""
		}
		value = fmt.Sprint(value)
		if f := k.Fields[key]; f != nil && len(f.refs) > 0 {
			return lastPart(value.(string))
		}
		return value.(string)
	})
	return text, known
}

// setOutputs adds what the table says the cloud sets. An ID of "" is not known yet.
func (k *kind) setOutputs(state, old object, id string) {
	for key, value := range k.Outputs {
		template, isText := value.(string)
		switch {
		case old[key] != nil:
			state[key] = old[key]
		case id == "":
			state[key] = unknown{}
		case isText:
			state[key], _ = k.fill(template, state, id)
		default:
			state[key] = value
		}
	}
}
