package cgroup

import (
	"os"
	"path/filepath"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

func TestHierarchiesOfBothVersionsAreFound(t *testing.T) {
	table := filepath.Join(t.TempDir(), "mountinfo")
	require.NoError(t, os.WriteFile(table, []byte(`22 27 0:21 / /proc rw,relatime - proc proc rw
30 29 0:26 / /sys/fs/cgroup/cpuset rw,relatime shared:5 - cgroup cgroup rw,cpuset
31 29 0:27 / /sys/fs/cgroup/cpu,cpuacct rw,relatime - cgroup cgroup rw,cpu,cpuacct
32 29 0:28 / /sys/fs/cgroup/unified rw,relatime - cgroup2 cgroup2 rw,nsdelegate
garbage
`), 0o600))
	list, err := hierarchies(table)
	require.NoError(t, err)
	assert.Equal(t, []hierarchy{
		{path: "/sys/fs/cgroup/cpuset", options: []string{"rw", "cpuset"}},
		{path: "/sys/fs/cgroup/cpu,cpuacct", options: []string{"rw", "cpu", "cpuacct"}},
		{path: "/sys/fs/cgroup/unified", unified: true},
	}, list)
}

func TestNoHierarchyIsAnError(t *testing.T) {
	table := filepath.Join(t.TempDir(), "mountinfo")
	require.NoError(t, os.WriteFile(table, nil, 0o600))
	_, err := hierarchies(table)
	require.ErrorContains(t, err, "no control groups are mounted")
}

func TestProcessesAreFoundInGroupsBelow(t *testing.T) {
	root := t.TempDir()
	for dir, content := range map[string]string{
		"":                 "",
		"node":             "10\n11\n",
		"kubepods/pod1/c1": "12\n",
	} {
		require.NoError(t, os.MkdirAll(filepath.Join(root, dir), 0o755))
		require.NoError(t, os.WriteFile(filepath.Join(root, dir, "cgroup.procs"), []byte(content), 0o600))
	}
	pids, err := processesBelow(root)
	require.NoError(t, err)
	assert.ElementsMatch(t, []int{10, 11, 12}, pids)

	pids, err = processesBelow(filepath.Join(root, "absent"))
	require.NoError(t, err)
	assert.Empty(t, pids, "a group that is not there has no processes")
}

func TestMemoryCountsWhatCannotBeTakenBack(t *testing.T) {
	assert.Equal(t, uint64(300), sum([]byte("cache 1000\ntotal_rss 100\ntotal_mapped_file 200\ntotal_cache 5000\n"), []string{"total_rss", "total_mapped_file"}))
}
