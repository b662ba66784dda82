"""Prints what a server at HOST PORT says, and answers nothing."""

import socket
import sys

with socket.create_connection((sys.argv[1], int(sys.argv[2]))) as peer:
    while data := peer.recv(4096):
        sys.stdout.buffer.write(data)
