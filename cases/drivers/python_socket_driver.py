#!/usr/bin/env python3
"""A driver for Python's socket module. The protocol is told in PORTING.md."""
import errno
import queue
import socket
import struct
import subprocess
import sys
import threading

connections = {}
waiting = queue.SimpleQueue()
SHUTDOWNS = {"finish": socket.SHUT_WR, "shutdown-receive": socket.SHUT_RD, "shutdown-both": socket.SHUT_RDWR}
OTHERS = ("accept", "stop", "send", "recv", "set-linger", "close", "abort")


def linger(connection, seconds):
    connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, seconds))


def do(verb, args):
    if verb == "hello":
        return "ok python-socket abort concurrent"
    if verb == "quit":
        return "ok"
    if verb == "connect":
        connections[args[0]] = socket.create_connection((args[1], int(args[2])))
        return "ok"
    if verb == "listen":
        connections[args[0]] = socket.create_server((args[1], int(args[2])))
        return f"ok {connections[args[0]].getsockname()[1]}"
    if verb == "spawn":
        return f"ok {subprocess.Popen(args).pid}"
    if verb not in SHUTDOWNS and verb not in OTHERS:
        return "unimplemented"
    if args[0] not in connections:
        return "error EBADF"
    connection = connections[args[0]]
    if verb == "accept":
        connections[args[1]] = connection.accept()[0]
    elif verb == "send":
        connection.sendall(bytes.fromhex(args[1]))
    elif verb == "recv":
        data = connection.recv(int(args[1]))
        return "ok " + data.hex() if data else "eof"
    elif verb in SHUTDOWNS:
        connection.shutdown(SHUTDOWNS[verb])
    elif verb == "set-linger":
        linger(connection, int(args[1]))
    else:
        del connections[args[0]]
        if verb == "abort":
            linger(connection, 0)
        connection.close()
    return "ok"


def answer(tag, verb, args):
    try:
        reply = do(verb, args)
    except OSError as error:
        reply = "error " + errno.errorcode.get(error.errno, "EIO")
    sys.stdout.write(f"{tag} {reply}\n")
    sys.stdout.flush()


def wait():
    while True:
        answer(*waiting.get())


threading.Thread(target=wait, daemon=True).start()
for line in sys.stdin:
    tag, verb, *args = line.split()
    if verb in ("accept", "recv"):
        waiting.put((tag, verb, args))
    else:
        answer(tag, verb, args)
    if verb == "quit":
        break
