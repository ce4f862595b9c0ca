"""A door to the sandbox that is some milliseconds away and speaks TLS: python -m tests.benchmarks.distance.

It stands for a load balancer, which keeps connections or closes each after its answer, and for the way to it: what is
said takes so long, and so do the packets that open a connection.
"""

from __future__ import annotations

import asyncio
import ssl
import subprocess
import sys
from collections.abc import Iterator, Mapping
from contextlib import contextmanager, suppress
from functools import partial
from pathlib import Path
from urllib.parse import urlsplit

_WAYS = set[object]()
_GONE = (ConnectionError, asyncio.IncompleteReadError, ssl.SSLError)


@contextmanager
def distant(environ: Mapping[str, str], place: Path, *, milliseconds: float, keeps: bool) -> Iterator[dict[str, str]]:
    """Put such a door before a sandbox; `milliseconds` are there and back. Gives the variables that lead through it."""
    place.mkdir(exist_ok=True)
    words = [
        environ["WXSYNC_API_BASE"],
        str((place / "ca.pem").absolute()),
        str(milliseconds),
        "keeps" if keeps else "closes",
    ]
    command = [sys.executable, "-m", __name__, *words]
    process = subprocess.Popen(command, cwd=Path(__file__).parents[2], stdout=subprocess.PIPE, text=True)
    assert process.stdout
    try:
        port = int(process.stdout.readline())
        yield {
            **environ,
            "WXSYNC_API_BASE": f"https://127.0.0.1:{port}",
            "REQUESTS_CA_BUNDLE": str(place / "ca.pem"),
        }
    finally:
        process.terminate()
        process.wait()
        process.stdout.close()


async def _main(base: str, authority: str, milliseconds: str, keeps: str) -> None:
    # Only here: what a command is said to need at the most begins at what the process that starts it has.
    import certifi
    import trustme

    issuer = trustme.CA()
    # Beside all those that are trusted anywhere, as on a real machine: to read them takes its time.
    Path(authority).write_bytes(issuer.cert_pem.bytes() + Path(certifi.where()).read_bytes())
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    issuer.issue_cert("127.0.0.1").configure_cert(context)
    sandbox = urlsplit(base).port or 0
    answers = partial(_answers, sandbox=sandbox, keeps=keeps == "keeps")
    door = await asyncio.start_server(answers, "127.0.0.1", 0, ssl=context)
    way = partial(_way, door=door.sockets[0].getsockname()[1], seconds=float(milliseconds) / 2000)
    far = await asyncio.start_server(way, "127.0.0.1", 0, backlog=128)
    print(far.sockets[0].getsockname()[1], flush=True)
    await far.serve_forever()


async def _way(near: asyncio.StreamReader, back: asyncio.StreamWriter, *, door: int, seconds: float) -> None:
    """Carry bytes to the door and back, each so many seconds late."""
    _WAYS.add(asyncio.current_task())  # asyncio itself does not hold it
    far, onward = await asyncio.open_connection("127.0.0.1", door)
    # What opens a connection has gone there and back before the first byte.
    await asyncio.sleep(2 * seconds)
    await asyncio.gather(_carried(near, onward, seconds), _carried(far, back, seconds))
    _WAYS.discard(asyncio.current_task())


async def _carried(source: asyncio.StreamReader, target: asyncio.StreamWriter, seconds: float) -> None:
    later = asyncio.get_running_loop().call_later
    with suppress(*_GONE):
        while piece := await source.read(1 << 16):
            later(seconds, target.write, piece)
    later(seconds, target.close)


async def _answers(asked: asyncio.StreamReader, answered: asyncio.StreamWriter, *, sandbox: int, keeps: bool) -> None:
    """Ask the sandbox, which keeps no connection, once for each request of one."""
    with suppress(*_GONE):
        is_first = True
        while keeps or is_first:
            head = await asked.readuntil(b"\r\n\r\n")
            lines = (line.partition(b":") for line in head.lower().split(b"\r\n"))
            size = next((int(value) for name, _, value in lines if name == b"content-length"), 0)
            far, there = await asyncio.open_connection("127.0.0.1", sandbox)
            there.write(head + await asked.readexactly(size))
            answer = await far.read()
            there.close()
            answered.write(answer.replace(b"Connection: close", b"Connection: keep-alive", 1) if keeps else answer)
            is_first = False
    answered.close()


if __name__ == "__main__":
    asyncio.run(_main(*sys.argv[1:]))
