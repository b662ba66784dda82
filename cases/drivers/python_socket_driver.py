#!/usr/bin/env python3
"""A driver for Python's socket module. The protocol is told in PORTING.md."""
import errno
import socket
import struct
import sys

connections = {}


def do(verb, args):
    if verb == "hello":
        return "ok python-socket abort"
    if verb == "quit":
        return "ok"
    if verb == "connect":
        connections[args[0]] = socket.create_connection((args[1], int(args[2])))
        return "ok"
    if verb not in ("send", "recv", "finish", "close", "abort"):
        return "unimplemented"
    if args[0] not in connections:
        return "error EBADF"
    connection = connections[args[0]]
    if verb == "send":
        connection.sendall(bytes.fromhex(args[1]))
    elif verb == "recv":
        data = connection.recv(int(args[1]))
        return "ok " + data.hex() if data else "eof"
    elif verb == "finish":
        connection.shutdown(socket.SHUT_WR)
    else:
        del connections[args[0]]
        if verb == "abort":
            connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
        connection.close()
    return "ok"


for line in sys.stdin:
    tag, verb, *args = line.split()
    try:
        reply = do(verb, args)
    except OSError as error:
        reply = "error " + errno.errorcode.get(error.errno, "EIO")
    print(tag, reply, flush=True)
    if verb == "quit":
        break
