"""Starts our own Python programs quickly: `python -m deploy.local.nursery FD` imports their libraries once, then forks.

Ten programs that each import the same libraries take half a minute of a small machine; forked from one that has them,
each takes half a second, and they share the memory. Only libraries are imported here, nothing of ours: a program that
is started again runs the code that lies there then. Outside `make up` and tests nothing depends on this.

Each request on the socket is one message: JSON, with four file descriptors: standard input, output and error, and a
pipe that gets the exit status. The answer is the process id. A program ends with its parent, and that is us.
"""

import array
import contextlib
import ctypes
import gc
import importlib
import json
import os
import runpy
import select
import signal
import socket
import sys
from typing import Any, Final, NoReturn

import setproctitle

# A library that is missing here is imported by each program itself, later and once more; nothing breaks.
LIBRARIES: Final = (
    "aiokafka.admin",
    "aiosmtplib",
    "alembic.autogenerate",
    "alembic.command",
    "argon2",
    "asyncpg",
    "babel.dates",
    "babel.support",
    "click",
    "cryptography.hazmat.primitives.ciphers.aead",
    "email_validator",
    "fastapi",
    "faststream.kafka",
    "hiredis",
    "httpcore",
    "httpx",
    "jinja2.ext",
    "joserfc.jwe",
    "joserfc.jwt",
    "limits.aio",
    "opentelemetry.sdk.trace.export",
    "prometheus_client",
    "pydantic.v1",
    "pydantic_settings",
    "python_multipart",
    "redis.asyncio",
    "sqlalchemy.dialects.postgresql.asyncpg",
    "sqlalchemy.ext.asyncio",
    "sqlalchemy.orm",
    "uvicorn.lifespan.on",
    "uvicorn.loops.uvloop",
    "uvicorn.main",
    "uvicorn.protocols.http.httptools_impl",
    "valkey.asyncio",
    "yaml",
    "zxcvbn",
)
LONGEST_REQUEST: Final = 256 * 1024
PR_SET_PDEATHSIG: Final = 1


def become(request: dict[str, Any], descriptors: list[int]) -> NoReturn:
    """In the child: take on what was asked for, run the module, and end as a program of its own would.

    Raises:
        SystemExit: always.
    """
    os.setsid()
    parent = os.getppid()
    ctypes.CDLL(None).prctl(PR_SET_PDEATHSIG, int(signal.SIGKILL))
    if os.getppid() != parent or parent == 1:
        os._exit(1)
    signal.set_wakeup_fd(-1)
    for number in (signal.SIGCHLD, signal.SIGINT, signal.SIGTERM):
        signal.signal(number, signal.default_int_handler if number == signal.SIGINT else signal.SIG_DFL)
    for target, descriptor in enumerate(descriptors[:3]):
        os.dup2(descriptor, target)
    os.closerange(3, 1024)
    os.environ.clear()
    os.environ.update(request["environment"])
    module, *arguments = request["module"]
    sys.path[:0] = [entry for entry in os.environ.get("PYTHONPATH", "").split(os.pathsep) if entry not in sys.path]
    sys.argv = [module, *arguments]
    setproctitle.setproctitle(" ".join([sys.executable, "-m", module, *arguments]))
    sys.stdin, sys.stdout, sys.stderr = os.fdopen(0), os.fdopen(1, "w", buffering=1), os.fdopen(2, "w", buffering=1)
    runpy.run_module(module, run_name="__main__", alter_sys=True)
    sys.exit(0)


def report(children: dict[int, int]) -> None:
    """Tell the exit status of every child that has ended."""
    while children:
        pid, status = os.waitpid(-1, os.WNOHANG)
        if not pid:
            return
        pipe = children.pop(pid)
        with contextlib.suppress(OSError):
            os.write(pipe, str(os.waitstatus_to_exitcode(status)).encode())
        os.close(pipe)


def serve(requests: socket.socket) -> None:
    """Fork what is asked for until whoever asks is gone."""
    woken, waker = os.pipe()
    os.set_blocking(waker, False)
    os.set_blocking(woken, False)
    signal.set_wakeup_fd(waker, warn_on_full_buffer=False)
    signal.signal(signal.SIGCHLD, lambda number, frame: None)
    children: dict[int, int] = {}
    while True:
        ready, _, _ = select.select([requests.fileno(), woken], [], [])
        if woken in ready:
            with contextlib.suppress(BlockingIOError):
                os.read(woken, 4096)
            report(children)
        if requests.fileno() in ready:
            message, descriptors, _, _ = socket.recv_fds(requests, LONGEST_REQUEST, 4)
            if not message:
                return
            pid = os.fork()
            if not pid:
                requests.detach()  # closed there; its number may be another file's by then
                become(json.loads(message), descriptors)
            for descriptor in descriptors[:3]:
                os.close(descriptor)
            children[pid] = descriptors[3]
            requests.send(array.array("i", [pid]).tobytes())


def main() -> None:
    """Import, then serve on the socket that we were given."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)  # Ctrl-C is for whoever started us
    for name in LIBRARIES:
        with contextlib.suppress(ImportError):
            importlib.import_module(name)
    setproctitle.getproctitle()  # finds its place now, before a child replaces the environment
    gc.collect()
    gc.freeze()  # what is shared stays shared: the collector does not touch it in the children
    with socket.socket(fileno=int(sys.argv[1])) as requests:
        serve(requests)


if __name__ == "__main__":
    main()
