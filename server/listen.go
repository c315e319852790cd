package server

import (
	"context"
	"errors"
	"fmt"
	"net"
	"os"
	"syscall"
)

// Listen takes a TCP address. setting is where it was chosen, such as
// "--listen"; the error begins with it and tells what to do.
func Listen(ctx context.Context, address, setting string) (net.Listener, error) {
	var lc net.ListenConfig
	ln, err := lc.Listen(ctx, "tcp", address)
	switch {
	case err == nil:
		return ln, nil
	case errors.Is(err, syscall.EADDRINUSE):
		return nil, fmt.Errorf("%s: another program listens on %s; stop it, or choose another port (0 is any free one)", setting, address)
	case errors.Is(err, os.ErrPermission):
		return nil, fmt.Errorf("%s: this user may not listen on %s; choose a port from 1024 on", setting, address)
	}
	return nil, fmt.Errorf("%s: %w; write HOST:PORT, such as 127.0.0.1:8080", setting, err)
}
