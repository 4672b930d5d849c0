package serve

import (
	"errors"
	"fmt"

	"golang.org/x/sys/unix"
)

// parentDeath returns a channel that is closed when the process that started
// this one ends, however it ends.
func parentDeath() (<-chan struct{}, error) {
	parent := unix.Getppid()
	fd, err := unix.PidfdOpen(parent, 0)
	if err != nil {
		return nil, fmt.Errorf("watching the parent process %d: %w", parent, err)
	}
	dead := make(chan struct{})
	if unix.Getppid() != parent {
		// It ended before it could be watched; its id may be another's by now.
		_ = unix.Close(fd)
		close(dead)
		return dead, nil
	}
	go func() {
		defer close(dead)
		defer func() { _ = unix.Close(fd) }()
		poll := []unix.PollFd{{Fd: int32(fd), Events: unix.POLLIN}}
		for {
			n, err := unix.Poll(poll, -1)
			if errors.Is(err, unix.EINTR) {
				continue
			}
			if err != nil || n > 0 {
				return
			}
		}
	}()
	return dead, nil
}
