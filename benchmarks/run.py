"""`make bench`: every benchmark, or those whose names are given, with `--json` for programs."""

import importlib
import sys
from pathlib import Path

from harness import Row, report

NAMES = (
    "startup",
    "workplans",
    "hub",
    "crowd",
    "hooks",
    "schedules",
    "forge",
    "ops",
    "dashboard",
    "queue",
)


def main() -> None:
    """Run the benchmarks named on the command line, or all."""
    wanted = [name for name in sys.argv[1:] if not name.startswith("-")] or list(NAMES)
    if unknown := set(wanted) - set(NAMES):
        sys.exit(f"no benchmark {', '.join(sorted(unknown))}; there are {', '.join(NAMES)}")
    sys.path.insert(0, str(Path(__file__).parent))
    rows: list[Row] = []
    for name in wanted:
        rows += importlib.import_module(f"bench_{name}").rows()
    report(rows)


if __name__ == "__main__":
    main()
