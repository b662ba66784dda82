// A driver for Go's net.
package main

import (
	"encoding/hex"
	"fmt"
	"net"
)

var connections = newHandles[*net.TCPConn]()
var listeners = newHandles[*net.TCPListener]()

func send(c *net.TCPConn, args []string) (string, error) {
	_, err := c.Write(bytesOf(args[0]))
	return "", err
}

func receive(c *net.TCPConn, args []string) (string, error) {
	data := make([]byte, number(args[0]))
	count, err := c.Read(data)
	return "ok " + hex.EncodeToString(data[:count]), err
}

func abort(c *net.TCPConn) error {
	set := c.SetLinger(0)
	if err := c.Close(); err != nil {
		return err
	}
	return set
}

func listen(args []string) (string, error) {
	listener, err := net.Listen("tcp", net.JoinHostPort(args[1], args[2]))
	if err != nil {
		return "", err
	}
	listeners.put(args[0])(listener, nil)
	return fmt.Sprint("ok ", listener.Addr().(*net.TCPAddr).Port), nil
}

func main() {
	serve(map[string]verb{
		"hello": func([]string) (string, error) { return "ok go-net abort concurrent", nil },
		"quit":  func([]string) (string, error) { return "ok", nil },
		"connect": func(args []string) (string, error) {
			return connections.put(args[0])(net.Dial("tcp", net.JoinHostPort(args[1], args[2])))
		},
		"send":             connections.on(send),
		"recv":             connections.on(receive),
		"finish":           connections.on(func(c *net.TCPConn, _ []string) (string, error) { return done(c.CloseWrite()) }),
		"shutdown-receive": connections.on(func(c *net.TCPConn, _ []string) (string, error) { return done(c.CloseRead()) }),
		"set-linger":       connections.on(func(c *net.TCPConn, args []string) (string, error) { return done(c.SetLinger(number(args[0]))) }),
		"close":            connections.end((*net.TCPConn).Close),
		"abort":            connections.end(abort),
		"listen":           listen,
		"accept":           listeners.on(func(l *net.TCPListener, args []string) (string, error) { return connections.put(args[0])(l.Accept()) }),
		"stop":             listeners.end((*net.TCPListener).Close),
		"spawn":            spawn,
	})
}
