"""Both ends of a connection in one process, closed as the document "How do you properly close a socket?" shows.

    python3 closing_pair.py half-close|broken-pipe|reset IPv4|IPv6|AF_UNIX

Says on each line what came of a call: NAME=VALUE.
"""

import select
import socket
import struct
import sys


def connected(family):
    """Returns a client and the server's end of its connection."""
    if family == "AF_UNIX":
        return socket.socketpair()
    kind, address = (socket.AF_INET6, "::1") if family == "IPv6" else (socket.AF_INET, "127.0.0.1")
    with socket.socket(kind, socket.SOCK_STREAM) as listener:
        listener.bind((address, 0))
        listener.listen(1)
        client = socket.socket(kind, socket.SOCK_STREAM)
        client.connect(listener.getsockname()[:2])
        return client, listener.accept()[0]


def read_to_end(end):
    """Returns what came, in words."""
    size = 0
    while data := end.recv(4096):
        size += len(data)
    return f"{size} bytes, then EOF"


def outcome(call):
    """Returns the call's result, or the name of its exception."""
    try:
        result = call()
    except OSError as error:
        return type(error).__name__
    return f"{len(result)} bytes" if isinstance(result, bytes) else str(result)


def await_hang_up(end):
    poll = select.poll()
    poll.register(end, 0)
    poll.poll(3000)


def half_close(client, server):
    client.sendall(b"request")
    client.shutdown(socket.SHUT_WR)
    print("server received=" + read_to_end(server))
    server.sendall(b"answer")
    server.close()
    print("client received=" + read_to_end(client))
    print("close=" + outcome(client.close))


def broken_pipe(client, server):
    server.close()
    print("first send=" + outcome(lambda: client.send(b"x")))
    await_hang_up(client)
    print("second send=" + outcome(lambda: client.send(b"x")))
    print("close=" + outcome(client.close))


def reset(client, server):
    server.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
    server.close()
    await_hang_up(client)
    print("recv=" + outcome(lambda: client.recv(1)))
    print("second recv=" + outcome(lambda: client.recv(1)))
    print("close=" + outcome(client.close))


def main():
    mode, family = sys.argv[1:]
    {"half-close": half_close, "broken-pipe": broken_pipe, "reset": reset}[mode](*connected(family))


if __name__ == "__main__":
    main()
