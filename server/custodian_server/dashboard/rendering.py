"""Templates, and how times, texts and files are told in them."""

import hashlib
import json
import mimetypes
from collections.abc import Hashable
from dataclasses import dataclass
from datetime import datetime
from functools import cache, lru_cache
from pathlib import Path
from typing import TYPE_CHECKING, Any
from urllib.parse import quote

from custodian_core.codec import stamp
from custodian_core.text import printable
from custodian_tools.hub import age, ago

if TYPE_CHECKING:
    from jinja2 import Environment
    from markupsafe import Markup

HERE = Path(__file__).parent
#: how much of a text that somebody wrote a page shows
LONGEST = 2000


@dataclass(frozen=True, slots=True)
class Asset:
    """A file that pages load; its address changes whenever it does."""

    name: str
    content: bytes

    @property
    def kind(self) -> str:
        """Its media type."""
        return mimetypes.guess_type(self.name)[0] or "text/plain"

    @property
    def address(self) -> str:
        """Where pages load it from."""
        return f"/static/{self.name}?v={hashlib.sha256(self.content).hexdigest()[:12]}"


@cache
def assets() -> dict[str, Asset]:
    """Every file that pages load, by name."""
    files = sorted((HERE / "static").iterdir())
    return {each.name: Asset(each.name, each.read_bytes()) for each in files}


@cache
def templates() -> "Environment":
    """The templates; what stands in them is text unless a template says otherwise."""
    from jinja2 import Environment, FileSystemLoader, StrictUndefined

    environment: Any = Environment(  # (jinja2's own types know only what it fills in itself)
        loader=FileSystemLoader(HERE / "templates"),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
        auto_reload=False,
    )
    environment.filters |= {
        "part": part,
        "when": when,
        "age": age,
        "ago": ago,
        "left": left,
        "stamp": _stamp,
        "said": said,
        "segment": segment,
        "count": count,
        "json": in_json,
        "web": web,
    }
    environment.globals["asset"] = _address
    found: Environment = environment
    return found


def render(template: str, **facts: Any) -> str:
    """The template with those facts."""
    return templates().get_template(template).render(facts)


# Whoever looks at a page again sees most of its parts again; each costs many times its look-up.
@lru_cache(2048)
def part(value: Hashable, name: str, *more: Hashable) -> "Markup":
    """The part of a page that hangs on those values alone."""
    parts: Any = templates().get_template("_parts.html").module
    found: Markup = getattr(parts, name)(value, *more)
    return found


def when(at: datetime | None, now: datetime) -> "Markup":
    """How long ago that was, and when."""
    return part(at, "time", age(at, now))


def said(text: object, longest: int = LONGEST) -> str:
    """What somebody wrote, line by line: no control characters, none that turn text around."""
    lines = [printable(line, longest) for line in str(text or "").splitlines()]
    return "\n".join(lines)[:longest]


def segment(name: str) -> str:
    """The name as one segment of a path."""
    return quote(name, safe="")


def web(address: str) -> str:
    """The address if it leads to a web page; nothing else that a forge says is followed."""
    return address if address.startswith(("https://", "http://")) else ""


def count(number: int, noun: str) -> str:
    """`1 repo`, `2 repos`."""
    return f"{number:,} {noun}{'' if number == 1 else 's'}"


def in_json(value: object, indent: int | None = None) -> str:
    """The value as JSON, for people."""
    return json.dumps(value, indent=indent, ensure_ascii=False)


def left(until: datetime, now: datetime) -> str:
    """How long it is until then."""
    return "over" if until <= now else age(now, until)


def _stamp(at: datetime | None) -> str:
    return stamp(at) if at else ""


@cache  # (every page names each file, and the address is made of all that is in it)
def _address(asset: str) -> str:
    return assets()[asset].address
