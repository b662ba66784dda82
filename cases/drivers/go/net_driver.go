// A driver for Go's net.
package main

import (
	"encoding/hex"
	"fmt"
	"net"
	"os/exec"
)

var connections handles[*net.TCPConn]
var listeners handles[*net.TCPListener]

func dial(args []string) (string, error) {
	connection, err := net.Dial("tcp", net.JoinHostPort(args[1], args[2]))
	tcp, _ := connection.(*net.TCPConn)
	return connections.put(args[0], tcp, err)
}

func send(c *net.TCPConn, args []string) (string, error) {
	data, _ := hex.DecodeString(args[0])
	_, err := c.Write(data)
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
	tcp := listener.(*net.TCPListener)
	listeners.put(args[0], tcp, nil)
	return fmt.Sprint("ok ", tcp.Addr().(*net.TCPAddr).Port), nil
}

func accept(l *net.TCPListener, args []string) (string, error) {
	connection, err := l.AcceptTCP()
	return connections.put(args[0], connection, err)
}

func spawn(args []string) (string, error) {
	command := exec.Command(args[0], args[1:]...)
	if err := command.Start(); err != nil {
		return "", err
	}
	return fmt.Sprint("ok ", command.Process.Pid), nil
}

func main() {
	serve(map[string]verb{
		"hello":            func([]string) (string, error) { return "ok go-net abort concurrent", nil },
		"quit":             func([]string) (string, error) { return "", nil },
		"connect":          dial,
		"send":             connections.on(send),
		"recv":             connections.on(receive),
		"finish":           connections.on(func(c *net.TCPConn, _ []string) (string, error) { return "", c.CloseWrite() }),
		"shutdown-receive": connections.on(func(c *net.TCPConn, _ []string) (string, error) { return "", c.CloseRead() }),
		"set-linger":       connections.on(func(c *net.TCPConn, args []string) (string, error) { return "", c.SetLinger(number(args[0])) }),
		"close":            connections.end(func(c *net.TCPConn) error { return c.Close() }),
		"abort":            connections.end(abort),
		"listen":           listen,
		"accept":           listeners.on(accept),
		"stop":             listeners.end(func(l *net.TCPListener) error { return l.Close() }),
		"spawn":            spawn,
	})
}
