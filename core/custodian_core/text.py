"""Foreign text made fit to show: nothing in it steers a terminal, a log or a reader's eye."""

import re


def printable(text: str, longest: int | None = None) -> str:
    """The text on one line, control and bidi characters replaced, cut at `longest`."""
    safe = text if text.isprintable() else "".join(map(_shown, text))
    return safe if longest is None or len(safe) <= longest else safe[: longest - 1] + "…"


def _shown(char: str) -> str:
    if char.isprintable():
        return char
    return " " if char.isspace() else "\N{REPLACEMENT CHARACTER}"


def fitted(name: str) -> str:
    """The name made to fit a slug; nothing where no letter or digit is in it."""
    return re.sub(r"[^a-z0-9._-]+", "-", name.lower()).lstrip("._-")[:100].rstrip("-")
