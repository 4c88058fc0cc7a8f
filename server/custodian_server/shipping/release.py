"""All that is released, built into one folder, with a checksum of each file."""

import hashlib
import shutil
import subprocess
import sys
from pathlib import Path

from custodian_core.errors import FileTrouble

from . import sbom
from .bundle import pack
from .facts import Facts
from .files import stale

#: what `sha256sum --check` reads
CHECKSUMS = "SHA256SUMS"
BUNDLE = "custodian.mcpb"


def settle(facts: Facts) -> None:
    """Every generated file is what it is made from; an error names one that is not."""
    if old := [name for name, _ in stale(facts)]:
        raise FileTrouble(old[0], "it is not what it is made from; run `make ship`, and commit it")


def release(facts: Facts, folder: Path) -> list[str]:
    """The folder holds wheel, source, bundle, manifest and bill of materials; named is each."""
    folder.mkdir(parents=True, exist_ok=True)
    _build(facts.root, folder.resolve())
    pack(facts, folder / BUNDLE)
    (folder / sbom.NAME).write_text(sbom.bill(facts))
    shutil.copy(facts.root / ".mcp/server.json", folder)
    return _sum_up(folder)


def _build(root: Path, folder: Path) -> None:
    """Wheel and source lie in the folder."""
    command = [sys.executable, "-m", "hatchling", "build", "-d", str(folder)]
    ran = subprocess.run(command, cwd=root, capture_output=True, text=True, check=False)
    if ran.returncode:
        raise FileTrouble(str(root), f"it cannot be built: {ran.stderr.strip()}")


def _sum_up(folder: Path) -> list[str]:
    """Every file of the folder has a line among the checksums."""
    held = sorted(each for each in folder.iterdir() if each.name != CHECKSUMS)
    lines = [f"{hashlib.sha256(each.read_bytes()).hexdigest()}  {each.name}\n" for each in held]
    (folder / CHECKSUMS).write_text("".join(lines))
    return [*(each.name for each in held), CHECKSUMS]
