"""`make bench`: every benchmark, or those that are named; what is found is told, or recorded."""

import argparse
import os
import platform
import re
import sqlite3
import subprocess
import sys
import time
import traceback
from collections.abc import Iterable, Iterator
from concurrent.futures import ProcessPoolExecutor
from datetime import UTC, datetime
from importlib import import_module
from multiprocessing import get_context
from pathlib import Path

from areas import AREAS
from page import PICTURES, page, pictures
from records import Area, Found, Run, from_json, to_json
from table import table

HERE = Path(__file__).parent
RESULTS = HERE / "results.json"
PAGE = HERE.parent / "docs/benchmarks.md"
_PLACE = re.compile(r"(?<![\w.:/-])/[\w.-]+(?:/[\w.-]+)+")
#: a recording that takes programs of others along only where somebody asked for them before
ON_REQUEST = "peers"


def main() -> None:
    """What was asked for is measured; the command ends with 1 where a bar does not hold."""
    asked = _arguments()
    if asked.page:
        write(from_json(RESULTS.read_text()))
        return
    compiled()
    names = asked.names or [name for name in AREAS if name != ON_REQUEST or asked.record]
    run = Run(machine(), ())
    for area in measured(names):
        run = run.renewed(Run(run.machine, (area,)), AREAS)
        if asked.record:  # at once, so that a run that is stopped keeps what it has found
            recorded(run)
    print(to_json(run) if asked.json else table(run))
    good = all(area.gap is None and all(row.holds for row in area.rows) for area in run.areas)
    sys.exit(0 if good else 1)


def _arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="make bench", description=__doc__)
    parser.add_argument("names", nargs="*", metavar="NAME", help=f"one of {', '.join(AREAS)}")
    parser.add_argument("--json", action="store_true", help="print one JSON envelope")
    parser.add_argument("--record", action="store_true", help="renew results.json and the page")
    parser.add_argument("--page", action="store_true", help="only make the page of results.json")
    asked = parser.parse_args()
    if unknown := set(asked.names) - set(AREAS):
        parser.error(f"no benchmark {', '.join(sorted(unknown))}; there are {', '.join(AREAS)}")
    return asked


def compiled() -> None:
    """The sources are compiled, as an installer does: starting takes twice as long otherwise."""
    os.environ.pop("PYTHONDONTWRITEBYTECODE", None)
    sources = [str(HERE.parent / name) for name in ("core", "tools", "server", "prompts")]
    subprocess.run([sys.executable, "-m", "compileall", "-q", *sources], check=True)


def recorded(run: Run) -> None:
    """What is kept has the run's areas in the place of its own."""
    before = from_json(RESULTS.read_text()) if RESULTS.exists() else run
    write(before.renewed(run, AREAS))


def write(run: Run) -> None:
    """The results, their page and its pictures are those of `run`."""
    RESULTS.write_text(to_json(run))
    PAGE.write_text(page(run))
    for name, drawn in pictures(run).items():
        (PAGE.parent / PICTURES / name).write_text(drawn)


def measured(names: Iterable[str]) -> Iterator[Area]:
    """The areas, one after the other; one that cannot be measured says why, and the next begins.

    Each has a process of its own: what one has left in memory would slow the next, and be its size.
    """
    for name in names:
        print(f"{name} ...", end="", file=sys.stderr, flush=True)
        with ProcessPoolExecutor(1, mp_context=get_context("spawn")) as pool:
            area = pool.submit(_area, name).result()
        told = f", {area.gap}" if area.gap else ""
        print(f" {area.seconds:.0f} s{told}", file=sys.stderr, flush=True)
        yield area


def _area(name: str) -> Area:
    before, begin = os.getloadavg()[0], time.monotonic()
    found: list[Found] = []
    gap = _gap(name, found)
    took, load = time.monotonic() - begin, (before, os.getloadavg()[0])
    at = datetime.now(UTC).strftime("%Y-%m-%dT%H:%M:%SZ")
    area = Area(name, at, round(took, 1), (round(load[0], 1), round(load[1], 1)), gap=gap)
    return area.with_found(found)


def _gap(name: str, found: list[Found]) -> str | None:
    """Why `found` does not hold all that the benchmark measures."""
    try:
        for each in import_module(f"bench_{name}").rows():
            found.append(each)  # noqa: PERF402 - what came before a fault is kept
    except Exception as error:  # one area's fault must not take the others' figures along
        traceback.print_exc()
        told = f"{type(error).__name__}: {error}".splitlines()[0]
        return _PLACE.sub("...", told)  # where this machine keeps things is of no use to a reader
    return None


def machine() -> str:
    """What kind of machine this is, without its name."""
    memory = os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES") / 2**30
    git = subprocess.run(["git", "version"], capture_output=True, text=True, check=True).stdout
    return (
        f"{os.cpu_count()} cores of {platform.machine()}, {memory:.0f} GiB, {platform.system()}, "
        f"Python {platform.python_version()}, git {git.split()[2]}, SQLite {sqlite3.sqlite_version}"
    )


if __name__ == "__main__":
    main()
