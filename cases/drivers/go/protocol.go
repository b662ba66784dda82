// The driver protocol over standard input and output, for verbs that block (PORTING.md).
package main

import (
	"bufio"
	"encoding/hex"
	"errors"
	"fmt"
	"io"
	"net"
	"os"
	"os/exec"
	"strconv"
	"strings"
	"sync"
	"syscall"
)

// A verb's answer, without the tag; an empty one is `ok`.
type verb func(args []string) (string, error)

var errnoNames = map[syscall.Errno]string{
	syscall.EACCES: "EACCES", syscall.EADDRINUSE: "EADDRINUSE", syscall.EADDRNOTAVAIL: "EADDRNOTAVAIL",
	syscall.EAGAIN: "EAGAIN", syscall.EBADF: "EBADF", syscall.ECONNABORTED: "ECONNABORTED",
	syscall.ECONNREFUSED: "ECONNREFUSED", syscall.ECONNRESET: "ECONNRESET", syscall.EDQUOT: "EDQUOT",
	syscall.EHOSTUNREACH: "EHOSTUNREACH", syscall.EINPROGRESS: "EINPROGRESS", syscall.EINTR: "EINTR",
	syscall.EINVAL: "EINVAL", syscall.EIO: "EIO", syscall.EMFILE: "EMFILE",
	syscall.ENETDOWN: "ENETDOWN", syscall.ENETUNREACH: "ENETUNREACH", syscall.ENFILE: "ENFILE",
	syscall.ENOBUFS: "ENOBUFS", syscall.ENOENT: "ENOENT", syscall.ENOMEM: "ENOMEM",
	syscall.ENOSPC: "ENOSPC", syscall.ENOTCONN: "ENOTCONN", syscall.ENOTSOCK: "ENOTSOCK",
	syscall.EOPNOTSUPP: "EOPNOTSUPP", syscall.EPERM: "EPERM", syscall.EPIPE: "EPIPE",
	syscall.EPROTO: "EPROTO", syscall.ETIMEDOUT: "ETIMEDOUT",
}

func failed(err error) string {
	var errno syscall.Errno
	if errors.Is(err, net.ErrClosed) {
		return "error EBADF"
	}
	if errors.As(err, &errno) && errnoNames[errno] != "" {
		return "error " + errnoNames[errno]
	}
	return "error EIO"
}

// The answer of a verb that has none but an error.
func done(err error) (string, error) { return "", err }

func answer(verbs map[string]verb, name string, args []string) string {
	do, known := verbs[name]
	if !known {
		return "unimplemented"
	}
	reply, err := do(args)
	switch {
	case err == io.EOF:
		return "eof"
	case err != nil:
		return failed(err)
	case reply == "":
		return "ok"
	}
	return reply
}

// Answers requests by `verbs` until `quit`. What may wait does so beside the others.
func serve(verbs map[string]verb) {
	var output sync.Mutex
	input := bufio.NewReader(os.Stdin)
	for {
		line, err := input.ReadString('\n')
		if err != nil {
			return
		}
		words := strings.Fields(line)
		reply := func() {
			answered := answer(verbs, words[1], words[2:])
			output.Lock()
			defer output.Unlock()
			fmt.Println(words[0], answered)
		}
		if words[1] == "recv" || words[1] == "accept" {
			go reply()
			continue
		}
		reply()
		if words[1] == "quit" {
			return
		}
	}
}

// Things by their handles.
type handles[T any] struct {
	mutex  sync.Mutex
	things map[string]T
}

func newHandles[T any]() *handles[T] { return &handles[T]{things: map[string]T{}} }

// Takes what a function of the library has made, or why it has not.
func (all *handles[T]) put(handle string) func(thing any, err error) (string, error) {
	return func(thing any, err error) (string, error) {
		all.mutex.Lock()
		defer all.mutex.Unlock()
		if err == nil {
			all.things[handle] = thing.(T)
		}
		return "", err
	}
}

func (all *handles[T]) find(handle string, last bool) (T, error) {
	all.mutex.Lock()
	defer all.mutex.Unlock()
	thing, found := all.things[handle]
	if !found {
		return thing, syscall.EBADF
	}
	if last {
		delete(all.things, handle)
	}
	return thing, nil
}

// A verb on a thing that must exist; what follows its handle is handed on.
func (all *handles[T]) on(do func(thing T, args []string) (string, error)) verb {
	return func(args []string) (string, error) {
		thing, err := all.find(args[0], false)
		if err != nil {
			return "", err
		}
		return do(thing, args[1:])
	}
}

// The last verb on it.
func (all *handles[T]) end(do func(thing T) error) verb {
	return func(args []string) (string, error) {
		thing, err := all.find(args[0], true)
		if err != nil {
			return "", err
		}
		return "", do(thing)
	}
}

func number(word string) int {
	value, _ := strconv.Atoi(word)
	return value
}

func bytesOf(word string) []byte {
	data, _ := hex.DecodeString(word)
	return data
}

func spawn(args []string) (string, error) {
	command := exec.Command(args[0], args[1:]...)
	if err := command.Start(); err != nil {
		return "", err
	}
	return fmt.Sprint("ok ", command.Process.Pid), nil
}
