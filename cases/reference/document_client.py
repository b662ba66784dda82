"""A client that ends its connection as the document "How do you properly close a socket?" advises.

    python3 document_client.py HOST PORT

Sends one request, then its FIN; receives to the peer's end; closes in any case. What came goes to stdout. After an
error, which BrokenPipeError and ConnectionResetError are too, it says so on stderr and exits with 1.
"""

import socket
import sys


def exchange(host, port):
    """Returns all that the peer sends after our request."""
    received = bytearray()
    connection = socket.create_connection((host, port), timeout=5)
    try:
        connection.sendall(f"GET / HTTP/1.0\r\nHost: {host}\r\n\r\n".encode())
        connection.shutdown(socket.SHUT_WR)
        while chunk := connection.recv(4096):
            received += chunk
    finally:
        connection.close()
    return bytes(received)


def main():
    if len(sys.argv) != 3:
        sys.exit("usage: document_client.py HOST PORT")
    host, port = sys.argv[1], int(sys.argv[2])
    try:
        sys.stdout.buffer.write(exchange(host, port))
    except OSError as error:
        sys.exit(f"document_client.py: {type(error).__name__}: {error}")


if __name__ == "__main__":
    main()
