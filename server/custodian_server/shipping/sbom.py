"""The bill of materials: all that an installation brings along, as CycloneDX 1.6 tells it."""

import hashlib
import json
import re
import uuid
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from importlib.metadata import PackageNotFoundError, metadata
from pathlib import Path
from typing import Any

from .facts import Facts

NAME = "custodian.cdx.json"
#: what a plain installation brings, and what the extras of a team bring besides
LOCKS = ("requirements.lock", "docs/examples/deploy/requirements.lock")
HTMX = "server/custodian_server/dashboard/static/htmx.min.js"
_PIN = re.compile(
    r"^(?P<name>[a-z0-9._-]+)(?:\[[\w,-]+\])?==(?P<version>\S+)(?: ; (?P<marker>[^\\\n]+?))? \\\n"
    r"(?P<hashes>(?:    --hash=sha256:[0-9a-f]{64}(?: \\)?\n)+)"
    r"(?P<via>(?:    #.*\n?)*)",
    re.MULTILINE,
)
_HASH = re.compile(r"sha256:([0-9a-f]{64})")
_VIA = re.compile(r"^    #(?: via)?\s+([a-zA-Z0-9._-]+)", re.MULTILINE)


@dataclass(frozen=True, slots=True)
class Pin:
    """A package as a lock names it."""

    name: str
    version: str
    hashes: tuple[str, ...]
    #: what asked for it
    via: tuple[str, ...]
    #: on which machines alone it is installed
    marker: str | None
    #: whether a plain installation goes without it
    is_optional: bool

    @property
    def ref(self) -> str:
        """The address by which everybody knows it."""
        return f"pkg:pypi/{self.name}@{self.version}"


def pins(text: str, *, are_optional: bool = False) -> Iterator[Pin]:
    """The packages of a lock, as uv writes it."""
    for found in _PIN.finditer(text):
        yield Pin(
            found["name"],
            found["version"],
            tuple(_HASH.findall(found["hashes"])),
            tuple(name for name in _VIA.findall(found["via"]) if name != "via"),
            found["marker"],
            are_optional or found["marker"] is not None,
        )


def bill(facts: Facts) -> str:
    """The bill of materials, the same text for the same locks."""
    plain, team = ((facts.root / lock).read_text() for lock in LOCKS)
    known = {pin.name: pin for pin in (*pins(team, are_optional=True), *pins(plain))}
    held = [known[name] for name in sorted(known)]
    root = f"pkg:pypi/{facts.package}@{facts.version}"
    components = [*map(_component, held), _htmx(facts.root)]
    content = {
        "metadata": {"component": _root(facts, root)},
        "components": components,
        "dependencies": [*_needs(facts.package, root, held, components[-1]["bom-ref"])],
    }
    number = uuid.uuid5(uuid.NAMESPACE_URL, json.dumps(content, sort_keys=True))
    head = {
        "$schema": "http://cyclonedx.org/schema/bom-1.6.schema.json",
        "bomFormat": "CycloneDX",
        "specVersion": "1.6",
        "serialNumber": f"urn:uuid:{number}",
        "version": 1,
    }
    return json.dumps({**head, **content}, indent=2) + "\n"


def _root(facts: Facts, ref: str) -> dict[str, Any]:
    return {
        "type": "application",
        "bom-ref": ref,
        "name": facts.package,
        "version": facts.version,
        "description": facts.description,
        "licenses": [{"license": {"id": "MIT"}}],
        "purl": ref,
    }


def _component(pin: Pin) -> dict[str, Any]:
    told: dict[str, Any] = {
        "type": "library",
        "bom-ref": pin.ref,
        "name": pin.name,
        "version": pin.version,
        "scope": "optional" if pin.is_optional else "required",
        # (one file of several is installed: each has its digest)
        "externalReferences": [
            {
                "type": "distribution",
                "url": pin.ref,
                "hashes": [{"alg": "SHA-256", "content": each} for each in pin.hashes],
            }
        ],
        "purl": pin.ref,
    }
    if licenses := _licenses(pin):
        told["licenses"] = licenses
    if pin.marker:
        told["properties"] = [{"name": "custodian:marker", "value": pin.marker}]
    return told


def _licenses(pin: Pin) -> list[dict[str, Any]]:
    """Under what it is licensed, where it is installed and says so."""
    try:
        said = metadata(pin.name)
    except PackageNotFoundError:
        return []
    if "License-Expression" in said:
        return [{"expression": said["License-Expression"]}]
    kinds = [each.rpartition(" :: ")[2] for each in said.get_all("Classifier") or ()]
    named = [each for each in kinds if "License" in each]
    if not named and "License" in said and "\n" not in said["License"]:
        named = [said["License"]]
    return [{"license": {"name": each}} for each in named]


def _htmx(root: Path) -> dict[str, Any]:
    """The one file of somebody else's that lies in the wheel itself."""
    data = (root / HTMX).read_bytes()
    found = re.search(rb'version:"([\d.]+)"', data)
    version = found[1].decode() if found else "unknown"
    return {
        "type": "library",
        "bom-ref": f"pkg:npm/htmx.org@{version}",
        "name": "htmx.org",
        "version": version,
        "scope": "required",
        "hashes": [{"alg": "SHA-256", "content": hashlib.sha256(data).hexdigest()}],
        "licenses": [{"license": {"id": "0BSD"}}],
        "purl": f"pkg:npm/htmx.org@{version}",
    }


def _needs(package: str, root: str, held: Iterable[Pin], vendored: str) -> Iterator[dict[str, Any]]:
    """Who needs whom, as the locks remember it."""
    refs = {pin.name: pin.ref for pin in held}
    needed: dict[str, list[str]] = {root: [vendored], vendored: [], **{pin.ref: [] for pin in held}}
    for pin in held:
        for name in pin.via:
            needed[root if name == package else refs[name]].append(pin.ref)
    for ref, others in needed.items():
        yield {"ref": ref, "dependsOn": others}
