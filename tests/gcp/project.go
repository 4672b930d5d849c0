package gcp

import (
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"net/url"
	"os"
	"path/filepath"
	"time"
)

// Project is a folder that stands for a project of Google Cloud: one file for each resource, a journal of
// all changes that the provider made, and the kubeconfigs of API servers that clusters can have.
type Project struct{ dir string }

// OpenProject takes a folder, which exists.
func OpenProject(dir string) (*Project, error) {
	if info, err := os.Stat(dir); err != nil || !info.IsDir() {
		return nil, fmt.Errorf("%s=%q is not a folder: it is where the cloud of the tests lives", ProjectVariable, dir)
	}
	return &Project{dir: dir}, nil
}

// Record is a resource.
type Record struct {
	// Kind such as "Network".
	Kind string
	ID   string
	// State are all properties.
	State map[string]any
}

// Kubeconfig is the path of the kubeconfig that leads to the API server of a cluster.
func (p *Project) Kubeconfig(cluster string) string {
	return filepath.Join(p.dir, "clusters", cluster, "kubeconfig")
}

func (p *Project) path(kind, id string) string {
	return filepath.Join(p.dir, "resources", kind, url.PathEscape(id)+".json")
}

// Get finds a resource; nil when there is none.
func (p *Project) Get(kind, id string) (*Record, error) {
	data, err := os.ReadFile(p.path(kind, id))
	if errors.Is(err, fs.ErrNotExist) {
		return nil, nil
	}
	if err != nil {
		return nil, err
	}
	r := &Record{Kind: kind, ID: id}
	if err := json.Unmarshal(data, &r.State); err != nil {
		return nil, fmt.Errorf("%s: %w", p.path(kind, id), err)
	}
	return r, nil
}

// Create adds a resource, and refuses one that is there.
func (p *Project) Create(r Record) error {
	old, err := p.Get(r.Kind, r.ID)
	if err != nil {
		return err
	}
	if old != nil {
		return alreadyExists(r.ID)
	}
	return p.Put(r)
}

// Put writes a resource, whether it is there or not.
func (p *Project) Put(r Record) error {
	data, err := json.MarshalIndent(r.State, "", "  ")
	if err != nil {
		return fmt.Errorf("encoding %s: %w", r.ID, err)
	}
	path := p.path(r.Kind, r.ID)
	if err := os.MkdirAll(filepath.Dir(path), 0o700); err != nil {
		return err
	}
	// Others read while this one writes.
	temporary, err := os.CreateTemp(filepath.Dir(path), ".new-*")
	if err != nil {
		return err
	}
	_, err = temporary.Write(data)
	if err = errors.Join(err, temporary.Close()); err != nil {
		return errors.Join(err, os.Remove(temporary.Name()))
	}
	return os.Rename(temporary.Name(), path)
}

// Remove forgets a resource, which may be gone.
func (p *Project) Remove(kind, id string) error {
	err := os.Remove(p.path(kind, id))
	if errors.Is(err, fs.ErrNotExist) {
		return nil
	}
	return err
}

// All are the resources of some kinds, or of all kinds without any.
func (p *Project) All(kinds ...string) ([]Record, error) {
	if len(kinds) == 0 {
		kinds = []string{"*"}
	}
	var all []Record
	for _, kind := range kinds {
		paths, err := filepath.Glob(filepath.Join(p.dir, "resources", kind, "*.json"))
		if err != nil {
			return nil, err
		}
		for _, path := range paths {
			name := filepath.Base(path)
			id, err := url.PathUnescape(name[:len(name)-len(".json")])
			if err != nil {
				return nil, err
			}
			r, err := p.Get(filepath.Base(filepath.Dir(path)), id)
			if err != nil {
				return nil, err
			}
			if r != nil {
				all = append(all, *r)
			}
		}
	}
	return all, nil
}

// Entry is a line of the journal.
type Entry struct {
	Time time.Time `json:"time"`
	// Call is create, update or delete.
	Call string `json:"call"`
	Kind string `json:"kind"`
	ID   string `json:"id"`
}

func (p *Project) journal() string { return filepath.Join(p.dir, "journal") }

func (p *Project) note(call, kind, id string) error {
	line, err := json.Marshal(Entry{time.Now(), call, kind, id})
	if err != nil {
		return err
	}
	file, err := os.OpenFile(p.journal(), os.O_APPEND|os.O_CREATE|os.O_WRONLY, 0o600)
	if err != nil {
		return err
	}
	_, err = file.Write(append(line, '\n'))
	return errors.Join(err, file.Close())
}

// Journal are the changes that the provider made, in their order.
func (p *Project) Journal() ([]Entry, error) {
	file, err := os.Open(p.journal())
	if errors.Is(err, fs.ErrNotExist) {
		return nil, nil
	}
	if err != nil {
		return nil, err
	}
	defer file.Close()
	var entries []Entry
	for decoder := json.NewDecoder(file); decoder.More(); {
		var entry Entry
		if err := decoder.Decode(&entry); err != nil {
			return nil, fmt.Errorf("reading the journal: %w", err)
		}
		entries = append(entries, entry)
	}
	return entries, nil
}
