package clusters

import (
	"fmt"
	"slices"
	"strings"
)

// Image is an operating system for the nodes of a pool.
type Image struct {
	// Name in config.
	Name string
	// Type is what GKE calls it.
	Type string
	// From and To are the first and the last minor version of Kubernetes that the image is for; 0 is none.
	From, To int
	// Notes say what to choose it for.
	Notes string
}

// Images is the catalogue (cloud.google.com/kubernetes-engine/docs/concepts/node-images). Which build of an
// image the nodes get follows from the pool's version of Kubernetes, and changes with it alone: so do the
// kernel, containerd (2.0 from 1.33 on) and the mode of cgroups (version 2, to which pools are moved from
// 1.33 on).
//
// Both begin at 1.24. That is the first minor version whose images all have containerd, and the first in
// which the labels and taints of an autoscaled pool can be changed while it runs: a control plane needs
// 1.23.4-gke.300 for it (cloud.google.com/kubernetes-engine/docs/how-to/update-existing-nodepools).
var Images = []Image{
	{Name: "cos", Type: "COS_CONTAINERD", From: 24, Notes: "Container-Optimized OS: Google's own, small, with a root file system that is read-only. Google recommends it."},
	{Name: "ubuntu", Type: "UBUNTU_CONTAINERD", From: 24, Notes: "Ubuntu LTS: for what needs Debian packages, or file systems such as XFS and CephFS."},
}

// ImageNames are the names of all images, sorted.
func ImageNames() []string {
	var names []string
	for _, image := range Images {
		names = append(names, image.Name)
	}
	slices.Sort(names)
	return names
}

// LookupImage finds an image by its name.
func LookupImage(name string) (Image, bool) {
	i := slices.IndexFunc(Images, func(image Image) bool { return image.Name == name })
	if i < 0 {
		return Image{}, false
	}
	return Images[i], true
}

// CheckImage finds out whether nodes of a version can have an image; nil if they can, and if the version is
// none, which is a problem of its own.
func CheckImage(name, version string) *Problem {
	image, ok := LookupImage(name)
	if !ok {
		return &Problem{Found: fmt.Sprintf("found %q", name), Remedy: "write one of " + strings.Join(ImageNames(), ", ")}
	}
	return image.check(version)
}

func (i Image) check(version string) *Problem {
	parsed, ok := ParseGKEVersion(version)
	switch {
	case !ok:
		return nil
	case parsed.Minor < i.From:
		return &Problem{
			Found:  fmt.Sprintf("found %q with version %s", i.Name, version),
			Remedy: fmt.Sprintf("write a version from 1.%d on; the image is not for older ones", i.From),
		}
	case i.To != 0 && parsed.Minor > i.To:
		return &Problem{
			Found:  fmt.Sprintf("found %q with version %s", i.Name, version),
			Remedy: fmt.Sprintf("write a version up to 1.%d, or another image; this one is not for newer ones", i.To),
		}
	}
	return nil
}
