"""The bundle that a desktop client installs by a click: a zip of the source, and a manifest."""

import zipfile
from collections.abc import Iterator
from pathlib import Path

from .facts import Facts
from .icon import png
from .manifests import START, bundle_manifest, text

#: what a wheel is built from
SOURCE = ("pyproject.toml", "README.md", "LICENSE", "core", "tools", "server", "prompts")
#: the time of every file in it, so that the same source makes the same bytes
_TIME = (2026, 1, 1, 0, 0, 0)
_START = '''\
"""What a host of bundles runs."""

from custodian_server.cli import mcp

mcp()
'''


def pack(facts: Facts, file: Path) -> int:
    """The bundle is written to `file`; answered is how many files it holds."""
    held = dict(_held(facts))
    file.parent.mkdir(parents=True, exist_ok=True)
    with zipfile.ZipFile(file, "w", zipfile.ZIP_DEFLATED) as made:
        for name, data in sorted(held.items()):
            entry = zipfile.ZipInfo(name, _TIME)
            entry.external_attr = 0o644 << 16
            made.writestr(entry, data, zipfile.ZIP_DEFLATED)
    return len(held)


def _held(facts: Facts) -> Iterator[tuple[str, bytes]]:
    yield "manifest.json", text(bundle_manifest(facts)).encode()
    yield START, _START.encode()
    yield "icon.png", png()
    for name in SOURCE:
        place = facts.root / name
        found = sorted(place.rglob("*")) if place.is_dir() else [place]
        for each in found:
            if each.is_file() and "__pycache__" not in each.parts:
                yield each.relative_to(facts.root).as_posix(), each.read_bytes()
