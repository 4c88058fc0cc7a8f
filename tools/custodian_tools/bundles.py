"""What a prepared run holds, as one document and as one folder."""

import base64
import hashlib
import json
import os
import shutil
import tempfile
from collections.abc import Iterator
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

from custodian_core.codec import to_json
from custodian_core.errors import FileTrouble
from custodian_core.files import shown
from custodian_core.records import Event, PreparedRun
from custodian_core.schedule.model import Entry, entry_json


@dataclass(frozen=True, slots=True)
class Part:
    """A file that the agent is given."""

    part: str
    #: relative to the repo's top folder
    path: str
    data: bytes

    @property
    def sha256(self) -> str:
        """What names its bytes."""
        return hashlib.sha256(self.data).hexdigest()

    def to_json(self, longest: int | None = None) -> dict[str, Any]:
        """The file with what it says: as text, or as base64 where it is none."""
        told: dict[str, Any] = {"part": self.part, "path": self.path, "bytes": len(self.data)}
        told["sha256"] = self.sha256
        try:
            text = self.data.decode()
        except UnicodeDecodeError:
            return {**told, "encoding": "base64", "text": base64.b64encode(self.data).decode()}
        if longest is not None and len(text) > longest:
            return {**told, "encoding": "utf-8", "text": text[:longest], "truncated": True}
        return {**told, "encoding": "utf-8", "text": text}


@dataclass(frozen=True, slots=True)
class Missing:
    """A part that is not there, and why."""

    part: str
    paths: tuple[str, ...]
    why: str

    def to_json(self) -> dict[str, Any]:
        """The same as `--json` shows it."""
        return {"part": self.part, "paths": list(self.paths), "why": self.why}


@dataclass(frozen=True, slots=True)
class Bundle:
    """A prepared run: what the hub's log tells of it, and all that the agent is given."""

    run: PreparedRun
    entry: Entry
    repo: dict[str, Any]
    parts: tuple[Part, ...]
    missing: tuple[Missing, ...]
    #: what is to be done in the repo, as `custodian dispatch` tells it
    dispatch: dict[str, Any] | None
    #: why the hub's log does not tell of it, where it does not
    no_event: str = ""
    event: Event | None = None

    def to_json(self, longest: int | None = None) -> dict[str, Any]:
        """The document; `longest` cuts the text of each part."""
        return {
            "run": to_json(self.run),
            "entry": entry_json(self.entry),
            "repo": self.repo,
            "parts": [each.to_json(longest) for each in self.parts],
            "missing": [each.to_json() for each in self.missing],
            "dispatch": self.dispatch,
            "event": self.event.seq if self.event else None,
            "no_event": self.no_event or None,
        }


def write(bundle: Bundle, out: Path) -> Bundle:
    """The folder holds `run.json` and the parts by their paths; it is there whole or not at all."""
    folder = out.expanduser().absolute()
    if os.path.lexists(folder):
        raise FileTrouble(shown(folder), "it is there already and is not overwritten")
    bundle = replace(bundle, run=replace(bundle.run, folder=str(folder)))
    try:
        beside = Path(tempfile.mkdtemp(dir=folder.parent, prefix=f".{folder.name}."))
    except OSError as error:
        raise FileTrouble(shown(folder), _reason(error)) from error
    try:
        for path, data in _files(bundle):
            file = beside / path
            file.parent.mkdir(parents=True, exist_ok=True)
            file.write_bytes(data)
        beside.rename(folder)
    except OSError as error:
        shutil.rmtree(beside, ignore_errors=True)
        raise FileTrouble(shown(folder), _reason(error)) from error
    return bundle


def _reason(error: OSError) -> str:
    return f"it cannot be written: {(error.strerror or str(error)).lower()}"


def _files(bundle: Bundle) -> Iterator[tuple[str, bytes]]:
    told = bundle.to_json(0)
    for part in told["parts"]:
        for key in ("text", "truncated", "encoding"):
            part.pop(key, None)
        part["file"] = f"parts/{part['path']}"
    text = json.dumps(told, ensure_ascii=False, indent=2)
    yield "run.json", f"{text}\n".encode()
    for part in bundle.parts:
        yield f"parts/{part.path}", part.data
