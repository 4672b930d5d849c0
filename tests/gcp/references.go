package gcp

import "strings"

// find gives the resource that a name means: a self link, an ID, a bare name, an address or an e-mail
// address; nil when there is none.
func (p *Project) find(kinds []string, name string) (*Record, error) {
	all, err := p.All(kinds...)
	if err != nil {
		return nil, err
	}
	for i, r := range all {
		if sameName(name, r.ID) || !strings.Contains(name, "/") && (name == r.State["address"] || name == r.State["email"]) {
			return &all[i], nil
		}
	}
	return nil, nil
}

// reference is a property that names a resource.
type reference struct {
	path, name string
	field      *field
}

// references are all names of other resources in a resource.
func (f fields) references(prefix string, values object) []reference {
	var all []reference
	for _, key := range sortedKeys(f) {
		field, value := f[key], values[key]
		path := prefix + key
		switch v := value.(type) {
		case string:
			if len(field.refs) > 0 && v != "" {
				all = append(all, reference{path, v, field})
			}
		case object:
			all = append(all, field.fields.references(path+".", v)...)
		case []any:
			for _, element := range v {
				all = append(all, fields{key: field}.references(prefix, object{key: element})...)
			}
		}
	}
	return all
}

// checkReferences refuses names of what is not there.
func (p *Project) checkReferences(k *kind, state object) error {
	for _, ref := range k.Fields.references("", state) {
		found, err := p.find(ref.field.refs, ref.name)
		if err != nil {
			return err
		}
		if found == nil {
			return invalid("Invalid value for field 'resource.%s': '%s'. %w", ref.path, ref.name, notFound(relative(ref.name)))
		}
	}
	return nil
}

// checkUnused refuses the deletion of what others name.
func (p *Project) checkUnused(kinds map[string]*kind, target Record) error {
	all, err := p.All()
	if err != nil {
		return err
	}
	for _, r := range all {
		k := byShort(kinds, r.Kind)
		if k == nil {
			continue
		}
		for _, ref := range k.Fields.references("", r.State) {
			if ref.field.weak {
				continue
			}
			found, err := p.find(ref.field.refs, ref.name)
			if err != nil {
				return err
			}
			if found != nil && found.Kind == target.Kind && found.ID == target.ID {
				return inUse(target.ID, r.ID)
			}
		}
	}
	return nil
}

func byShort(kinds map[string]*kind, short string) *kind {
	for _, k := range kinds {
		if k.short() == short {
			return k
		}
	}
	return nil
}
