"""Texts and files looked through for secrets."""

from collections.abc import Collection
from dataclasses import replace
from pathlib import Path

from custodian_core.errors import BadValue
from custodian_core.files import read_file, shown
from custodian_core.findings import Finding
from custodian_core.secrets import Hit, scan

#: how large a text may be
LARGEST = 8 * 1024 * 1024


def scan_text(data: bytes, name: str | None = None, allowed: Collection[str] = ()) -> list[Finding]:
    """What in the text looks like a secret; none of it is told."""
    return [_placed(hit, name) for hit in scan(decoded(data, name or "text"), allowed)]


def scan_file(file: Path, allowed: Collection[str] = ()) -> list[Finding]:
    """What in the file looks like a secret; none of it is told."""
    return scan_text(read_file(file, LARGEST), shown(file), allowed)


def decoded(data: bytes, name: str) -> str:
    """The text, whose bytes can be had again from it, UTF-8 or not."""
    if len(data) > LARGEST:
        raise BadValue(name, f"it is larger than {LARGEST // 1024**2} MiB")
    return data.decode(errors="surrogateescape")


def _placed(hit: Hit, name: str | None) -> Finding:
    return replace(hit.finding, path=name)
