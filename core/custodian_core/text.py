"""Foreign text made fit to show: nothing in it steers a terminal, a log or a reader's eye."""


def printable(text: str, longest: int | None = None) -> str:
    """The text on one line, control and bidi characters replaced, cut at `longest`."""
    safe = text if text.isprintable() else "".join(map(_shown, text))
    return safe if longest is None or len(safe) <= longest else safe[: longest - 1] + "…"


def _shown(char: str) -> str:
    if char.isprintable():
        return char
    return " " if char.isspace() else "\N{REPLACEMENT CHARACTER}"
