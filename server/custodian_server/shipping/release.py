"""All that is released, built into one folder, with a checksum of each file."""

import hashlib
import shutil
import subprocess
import sys
from pathlib import Path

from custodian_core.errors import FileTrouble

from .bundle import pack
from .facts import Facts
from .files import stale

#: what `sha256sum --check` reads
CHECKSUMS = "SHA256SUMS"
BUNDLE = "custodian.mcpb"


def release(facts: Facts, folder: Path) -> list[str]:
    """The folder holds wheel, source, bundle and the registry's manifest; named is each file."""
    if old := [name for name, _ in stale(facts)]:
        raise FileTrouble(old[0], "it is not what it is made from; run `make ship`, and commit it")
    folder.mkdir(parents=True, exist_ok=True)
    build = [sys.executable, "-m", "hatchling", "build", "-d", str(folder.resolve())]
    # (it names each file on standard output; whoever calls names them all)
    subprocess.run(build, cwd=facts.root, check=True, stdout=subprocess.DEVNULL)
    pack(facts, folder / BUNDLE)
    shutil.copy(facts.root / ".mcp/server.json", folder)
    return _sum_up(folder)


def _sum_up(folder: Path) -> list[str]:
    """Every file of the folder has a line among the checksums."""
    held = sorted(each for each in folder.iterdir() if each.name != CHECKSUMS)
    lines = [f"{hashlib.sha256(each.read_bytes()).hexdigest()}  {each.name}\n" for each in held]
    (folder / CHECKSUMS).write_text("".join(lines))
    return [*(each.name for each in held), CHECKSUMS]
