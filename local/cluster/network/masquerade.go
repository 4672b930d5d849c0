package network

import (
	"errors"
	"fmt"
	"os/exec"
	"strings"

	"live-omega/local/layout"
)

// masqueradeRules are those by which pods of the node appear as the node to
// all but the pods of their cluster. Between these, also on different nodes,
// addresses stay what they are, because network policies go by them; the
// masquerading of the CNI bridge plugin would spare the node's own pods only.
// Its first two lines make it the same to load them once or again.
func masqueradeRules(c layout.Cluster, n layout.Node) string {
	return fmt.Sprintf(`table ip live_omega_pods
delete table ip live_omega_pods
table ip live_omega_pods {
	chain leaving {
		type nat hook postrouting priority srcnat; policy accept;
		ip saddr %s ip daddr != { %s, 224.0.0.0/4 } masquerade
	}
}
`, n.PodCIDR, c.Pods)
}

// setMasquerade loads the rules into the namespace that the calling thread is
// in.
func setMasquerade(c layout.Cluster, n layout.Node) error {
	nft, err := findNft()
	if err != nil {
		return err
	}
	cmd := exec.Command(nft, "-f", "-")
	cmd.Stdin = strings.NewReader(masqueradeRules(c, n))
	if out, err := cmd.CombinedOutput(); err != nil {
		return fmt.Errorf("loading the rules for traffic that leaves pods: %w: %s", err, strings.TrimSpace(string(out)))
	}
	return nil
}

// findNft finds nft also where the caller's PATH lacks the folders of system
// tools.
func findNft() (string, error) {
	for _, name := range []string{"nft", "/usr/sbin/nft", "/sbin/nft"} {
		if path, err := exec.LookPath(name); err == nil {
			return path, nil
		}
	}
	return "", errors.New("the machine lacks nft: install with: apt-get install -y nftables")
}
