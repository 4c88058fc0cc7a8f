"""Try every door for a long time: python -m tests.fuzz SECONDS [DOOR...], or --again DOOR FILE.

Examples are made by what the doors say of themselves, and by coverage where atheris is installed.
What ends a door is kept in .artefacts/fuzz, with the command that tries it again.
"""

import argparse
import hashlib
import random
import resource
import signal
import subprocess
import sys
import time
from importlib import import_module
from importlib.util import find_spec
from pathlib import Path
from typing import Any, cast

KEPT = Path(".artefacts/fuzz")
#: how much of the processor and of memory one example may take
CPU_S, MEMORY = 20, 2 * 1024**3
#: of each door's time: made by its own words, by coverage, and of one thing much
SHARES = {"words": 0.45, "coverage": 0.45, "much": 0.1}
LARGER = 8


class TooLong(BaseException):
    """One example took more of the processor than any should."""


def main() -> int:
    """How many doors did not hold."""
    parser = argparse.ArgumentParser(prog="python -m tests.fuzz", description=__doc__)
    parser.add_argument("seconds", type=float, nargs="?", default=600)
    parser.add_argument("door", nargs="*", help="all of them, where none is named")
    parser.add_argument("--again", nargs=2, metavar=("DOOR", "FILE"))
    parser.add_argument("--by", choices=SHARES, help=argparse.SUPPRESS)
    said = parser.parse_args()
    if said.again:
        return _again(*said.again)
    if said.by:
        return _one(said.door[0], said.by, said.seconds)
    return _all(said.seconds, said.door)


def _all(seconds: float, names: list[str]) -> int:
    """Each door in a process of its own, whose fall is not that of the others."""
    from .doors import BY_NAME

    ways = [way for way in SHARES if way != "coverage" or find_spec("atheris")]
    wanted = names or list(BY_NAME)
    each_s = seconds / len(wanted) / sum(SHARES[way] for way in ways)
    fallen = 0
    for name in wanted:
        for way in ways:
            words = [sys.executable, "-m", "tests.fuzz", f"{each_s * SHARES[way]:.1f}", name]
            ran = subprocess.run([*words, "--by", way], check=False)
            fallen += ran.returncode != 0
            told = "holds" if ran.returncode == 0 else "FELL"
            sys.stdout.write(f"{name}, {way}: {told}\n")
            sys.stdout.flush()
    sys.stdout.write(f"{len(wanted)} doors, {fallen} did not hold\n")
    return int(bool(fallen))


def _one(name: str, way: str, seconds: float) -> int:
    if way == "coverage":
        return _by_coverage(name, seconds)
    from .doors import BY_NAME

    _bounded()
    door, until = BY_NAME[name], time.monotonic() + seconds
    return _by_words(door, until) if way == "words" else _of_one_thing_much(door, until)


def _bounded() -> None:
    """An example that takes too much ends by itself."""

    def stop(_signal: int, _frame: object) -> None:
        raise TooLong

    resource.setrlimit(resource.RLIMIT_AS, (MEMORY, MEMORY))
    signal.signal(signal.SIGVTALRM, stop)


def _entered(door: Any, data: bytes) -> None:
    signal.setitimer(signal.ITIMER_VIRTUAL, CPU_S)
    try:
        door.enter(data)
    except BaseException as error:
        _keep(door.name, data, error)
        raise
    finally:
        signal.setitimer(signal.ITIMER_VIRTUAL, 0)


def _by_words(door: Any, until: float) -> int:
    from hypothesis import given, seed
    from hypothesis import settings as bounded

    from .test_doors import SUPPRESSED

    tried, sown = 0, cast("Any", seed)

    def enter(data: bytes) -> None:
        nonlocal tried
        tried += 1
        _entered(door, data)

    several = bounded(
        max_examples=300, deadline=None, database=None, suppress_health_check=SUPPRESSED
    )
    while time.monotonic() < until:
        try:
            attempt: Any = given(door.inputs())
            trial: Any = several(attempt(enter))
            sown(random.getrandbits(64))(trial)()
        except BaseException as error:
            return _fallen(door.name, error)
    sys.stdout.write(f"{door.name}: {tried} examples\n")
    return 0


def _of_one_thing_much(door: Any, until: float) -> int:
    """Pairs of pieces, again and again, after any example: more may not cost out of proportion."""
    from .door import ODD
    from .test_doors import costs_its_share

    dice = random.Random()  # noqa: S311
    pieces = (*door.pieces, *ODD)
    while door.most and time.monotonic() < until:
        before = dice.choice((b"", *door.seeds))
        piece = b"".join(dice.choices(pieces, k=dice.randint(1, 3)))
        if not costs_its_share(door, before, piece, door.most * LARGER):
            _keep(door.name, before + piece * (door.most * LARGER // len(piece)), TooLong())
            return _fallen(door.name, TooLong())
    return 0


def _by_coverage(name: str, seconds: float) -> int:
    """Examples that come to lines where none came before."""
    fuzzer: Any = import_module("atheris")
    with fuzzer.instrument_imports(include=["custodian_core", "custodian_server.front"]):
        from .doors import BY_NAME

    door = BY_NAME[name]
    corpus = KEPT / "corpus" / name.replace(" ", "-")
    corpus.mkdir(parents=True, exist_ok=True)
    for seed in door.seeds:
        (corpus / hashlib.sha256(seed).hexdigest()[:16]).write_bytes(seed)
    words = KEPT / "corpus" / f"{corpus.name}.dict"
    words.write_text("".join(f'"{_escaped(piece)}"\n' for piece in door.pieces if len(piece) < 64))
    options = [f"-max_total_time={int(seconds) + 1}", "-max_len=4096", f"-timeout={CPU_S}"]
    options += [f"-dict={words}", f"-artifact_prefix={KEPT}/{corpus.name}--", "-verbosity=0"]
    fuzzer.Setup([sys.argv[0], *options, str(corpus)], door.enter)
    fuzzer.Fuzz()
    return 0


def _escaped(piece: bytes) -> str:
    return "".join(f"\\x{byte:02x}" for byte in piece)


def _place(name: str, error: BaseException) -> Path:
    return KEPT / f"{name.replace(' ', '-')}--{type(error).__name__}"


def _keep(name: str, data: bytes, error: BaseException) -> None:
    """The example lies where it can be tried again; the last of a door is the smallest."""
    KEPT.mkdir(parents=True, exist_ok=True)
    _place(name, error).write_bytes(data)


def _fallen(name: str, error: BaseException) -> int:
    """What it was is told, and how to see it again."""
    again = f'python -m tests.fuzz --again "{name}" {_place(name, error)}'
    sys.stdout.write(f"{name}: {error!r}"[:500] + f"\n  {again}\n")
    return 1


def _again(name: str, file: str) -> int:
    from .doors import BY_NAME

    BY_NAME[name].enter(Path(file).read_bytes())
    return 0


if __name__ == "__main__":
    sys.exit(main())
