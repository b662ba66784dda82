"""The driver protocol over standard input and output, for drivers written as coroutines (PORTING.md)."""

import asyncio
import errno
import sys


def outcome_of(error):
    if isinstance(error, NotImplementedError):
        return "unimplemented"
    return "error " + errno.errorcode.get(getattr(error, "errno", None), "EIO")


async def answer(verbs, tag, verb, args):
    try:
        reply = await verbs[verb](*args) if verb in verbs else "unimplemented"
    except KeyError:  # no such handle
        reply = "error EBADF"
    except (OSError, NotImplementedError) as error:
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
