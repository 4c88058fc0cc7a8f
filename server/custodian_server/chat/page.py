"""The page of the chat, whole: it stands in one file and loads nothing."""

import hashlib
import json
import re
from base64 import b64encode
from functools import cache
from pathlib import Path

from custodian_core.findings import CATALOGUE

FILE = Path(__file__).with_name("health.html")
#: where the page holds what each check code asks a person to do
CODES = "/*codes*/"


@cache
def page() -> str:
    """The page, which knows what each check code means."""
    told = {code: [each.title, each.todo] for code, each in CATALOGUE.items()}
    # (no text can end the element that holds it)
    codes = json.dumps(told, ensure_ascii=False, separators=(",", ":")).replace("<", "\\u003c")
    return FILE.read_text(encoding="utf-8").replace(CODES, codes)


@cache
def policy() -> str:
    """What the page may do where the hub serves it: run its own script, and ask this hub."""
    scripts, styles = (_hashes(page(), name) for name in ("script", "style"))
    return (
        f"default-src 'none'; script-src {scripts}; style-src {styles}; connect-src 'self'; "
        "form-action 'none'; frame-ancestors 'none'; base-uri 'none'"
    )


def _hashes(html: str, element: str) -> str:
    """What names each of those elements without attributes, so that no other is obeyed."""
    found = re.findall(rf"<{element}>(.*?)</{element}>", html, re.DOTALL)
    digests = (hashlib.sha256(each.encode()).digest() for each in found)
    return " ".join(f"'sha256-{b64encode(digest).decode()}'" for digest in digests)
