"""Listing a forge that answers in 50 ms: the time for 120 repos, the memory for 10,000."""

import asyncio
import json
import re
import resource
import subprocess
import sys
import time
from collections.abc import Generator
from contextlib import contextmanager
from functools import cache

import httpx
from harness import Row, in_turn

from custodian_core.forge.client import HttpForge
from custodian_server.demo.forge import DemoForge
from custodian_server.demo.forge_shapes import repo_json

_ANSWERS_S = 0.05
_PAGE = 50
_TIME_BAR_MS = 3 * 50 + 100
_MEMORY_BAR_MIB = 150


def rows(rounds: int = 10) -> list[Row]:
    """A cold client, page by page against a bare one; and how large a process grows."""
    with _forge(120) as url:
        ours, peer = in_turn(lambda: _listed(url, 120), lambda: _one_by_one(url), rounds)
    holds = ours <= _TIME_BAR_MS
    name, against = "120 repos in 3 pages (wall)", "bare httpx, one page after the other"
    pages = Row(name, ours, against, peer, f"<= {_TIME_BAR_MS} ms", holds, rounds)
    with _forge(10_000) as url:
        grown = _output("weigh", url)
    name, bar = "10,000 repos: MiB the process has at most", f"<= {_MEMORY_BAR_MIB} MiB"
    return [pages, Row(name, grown, "the bar alone", None, bar, grown <= _MEMORY_BAR_MIB, 1)]


def _listed(url: str, expected: int) -> float:
    begin = time.perf_counter()
    with HttpForge(url, "token") as forge:
        listing = forge.org_repos("coulomb")
        took = (time.perf_counter() - begin) * 1000
    assert len(listing.repos) == expected
    assert not listing.partial
    return took


def _one_by_one(url: str) -> float:
    begin = time.perf_counter()
    with httpx.Client(verify=False) as client:  # noqa: S501 - it is http
        for page in (1, 2, 3):
            client.get(f"{url}/api/v1/orgs/coulomb/repos?limit=50&page={page}").json()
    return (time.perf_counter() - begin) * 1000


def _output(what: str, *arguments: str) -> float:
    command = [sys.executable, __file__, what, *arguments]
    return float(subprocess.run(command, check=True, capture_output=True, text=True).stdout)


@contextmanager
def _forge(repos: int) -> Generator[str]:
    """A forge in a process of its own, so that its work is not counted as ours."""
    command = [sys.executable, __file__, "serve", str(repos)]
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as process:
        assert process.stdout
        try:
            yield f"http://127.0.0.1:{process.stdout.readline().strip()}"
        finally:
            process.terminate()


def _weigh(url: str) -> None:
    _listed(url, 10_000)
    print(resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024)


async def _serve(repos: int) -> None:
    """A server that does nothing but wait and send: each page is made once."""
    forge = DemoForge()
    forge.add_person("ada")
    forge.add_org("coulomb", "ada")

    @cache
    def page(number: int) -> bytes:
        items = [_repo(forge, n) for n in range(repos)[(number - 1) * _PAGE : number * _PAGE]]
        return json.dumps(items).encode()

    async def answer(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        while head := await reader.readuntil(b"\r\n\r\n"):
            path = head.split(b" ", 2)[1].decode()
            number = re.search(r"[?&]page=(\d+)", path)
            body = page(int(number[1])) if number else b'{"max_response_items": 50}'
            told = f"Content-Length: {len(body)}\r\nX-Total-Count: {repos}"
            await asyncio.sleep(_ANSWERS_S)
            writer.write(f"HTTP/1.1 200 OK\r\n{told}\r\n\r\n".encode() + body)

    async def connected(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        try:
            await answer(reader, writer)
        except (asyncio.IncompleteReadError, ConnectionError):
            writer.close()

    server = await asyncio.start_server(connected, "127.0.0.1", 0)
    print(server.sockets[0].getsockname()[1], flush=True)
    await server.serve_forever()


def _repo(forge: DemoForge, number: int) -> dict[str, object]:
    """A repo with as much to tell as a Gitea has: about 2 KiB."""
    repo = forge.add_repo(f"coulomb/repo-{number}", description="what it is for, " * 6)
    more = {f"field_{each}": "said, and not asked for" for each in range(25)}
    return {**repo_json(forge, repo, "ada"), **more}


if __name__ == "__main__":
    if sys.argv[1] == "weigh":
        _weigh(sys.argv[2])
    else:
        asyncio.run(_serve(int(sys.argv[2])))
