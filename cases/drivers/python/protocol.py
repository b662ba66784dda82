"""The driver protocol over standard input and output, for drivers written as coroutines (PORTING.md)."""

import asyncio
import errno
import sys


# Exceptions that carry no errno. asyncio raises RuntimeError for a write after write_eof.
NEAREST = {
    BrokenPipeError: "EPIPE",
    ConnectionAbortedError: "ECONNABORTED",
    ConnectionResetError: "ECONNRESET",
    RuntimeError: "EPIPE",
    TimeoutError: "ETIMEDOUT",
}


def outcome_of(error):
    name = errno.errorcode.get(getattr(error, "errno", None))
    return "error " + (name or NEAREST.get(type(error), "EIO"))


async def answer(verbs, tag, verb, args):
    try:
        reply = await verbs[verb](*args) if verb in verbs else "unimplemented"
    except KeyError:  # no such handle
        reply = "error EBADF"
    except (OSError, RuntimeError) as error:
        reply = outcome_of(error)
    sys.stdout.write(f"{tag} {reply or 'ok'}\n")
    sys.stdout.flush()


async def serve(verbs):
    """Answers requests by `verbs`, coroutines by name, until `quit`. What may wait does so beside the others."""
    waiting = set()
    while line := await asyncio.to_thread(sys.stdin.readline):
        tag, verb, *args = line.split()
        if verb in ("accept", "recv"):
            task = asyncio.create_task(answer(verbs, tag, verb, args))
            waiting.add(task)
            task.add_done_callback(waiting.discard)
        else:
            await answer(verbs, tag, verb, args)
        if verb == "quit":
            return
