"""A driver for Python's asyncio streams."""

import asyncio
import socket
import struct

import protocol

streams = {}
listeners = {}


async def hello(_version):
    return "ok python-asyncio abort concurrent"


async def quit():
    return "ok"


async def connect(handle, host, port):
    streams[handle] = await asyncio.open_connection(host, int(port))


async def send(handle, data):
    writer = streams[handle][1]
    writer.write(bytes.fromhex(data))
    await writer.drain()


async def recv(handle, most):
    data = await streams[handle][0].read(int(most))
    return "ok " + data.hex() if data else "eof"


async def finish(handle):
    streams[handle][1].write_eof()


async def set_linger(handle, seconds):
    linger = struct.pack("ii", 1, int(seconds))
    streams[handle][1].get_extra_info("socket").setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, linger)


async def close(handle):
    writer = streams.pop(handle)[1]
    writer.close()
    await writer.wait_closed()


async def abort(handle):
    writer = streams.pop(handle)[1]
    writer.transport.abort()
    await writer.wait_closed()


async def listen(handle, host, port):
    accepted = asyncio.Queue()
    server = await asyncio.start_server(lambda reader, writer: accepted.put_nowait((reader, writer)), host, int(port))
    listeners[handle] = server, accepted
    return f"ok {server.sockets[0].getsockname()[1]}"


async def accept(listener, handle):
    streams[handle] = await listeners[listener][1].get()


async def stop(handle):
    server = listeners.pop(handle)[0]
    server.close()
    await server.wait_closed()


async def spawn(*words):
    return f"ok {(await asyncio.create_subprocess_exec(*words)).pid}"


verbs = {name.replace("_", "-"): verb for name, verb in list(globals().items()) if asyncio.iscoroutinefunction(verb)}
asyncio.run(protocol.serve(verbs))
