"""The lines of one entry of a filer block, as YAML will read what people mean by them."""

import re
from collections.abc import Iterator

ENTRY = re.compile(r"([ \t]*)-[ \t]+(?=[\"']?[A-Za-z_][A-Za-z0-9_-]*[\"']?[ \t]*:)")
_TEXT_FIELD = re.compile(r"([ \t]*(?:id|title|body)[ \t]*:[ \t]+)(\S.*?)([ \t]*)")
_LIST_FIELD = re.compile(r"([ \t]*(?:labels|depends_on)[ \t]*:[ \t]+)\[(.*)\]([ \t]*)")
_LIST_ITEM = re.compile(r"([ \t]+-[ \t]+)([^\s\"'\[{].*?)([ \t]*)")
_BLOCK_TEXT = re.compile(r"([ \t]*)[A-Za-z_][A-Za-z0-9_-]*[ \t]*:[ \t]+[|>][-+0-9]*[ \t]*(?:#.*)?")
#: what YAML takes for something else than text, where it stands without quotes
_NO_TEXT = re.compile(
    r"(?P<boolean>(?i:yes|no|on|off|true|false))"
    r"|(?P<date>[0-9]{4}-[0-9]{2}-[0-9]{2}(?:[Tt \t].*)?)"
    r"|(?P<number>[-+]?(?:0x[0-9a-fA-F]+|[0-9][0-9_]*(?:\.[0-9]*)?(?:[eE][-+][0-9]+)?))"
)
#: lines whose depth a tab makes, and how deep one is
_BY_TAB = re.compile(r"\t|[ ]*-\t")
_LIST_MARK, _DEEP = 2, 8
_BLOCK_MARK = re.compile(r"[|>][-+0-9]*(?:[ \t]+#.*)?")


def mapping(rows: list[str]) -> list[str]:
    """The entry's lines as a mapping: its first key below the others, the list mark gone."""
    rows = _untabbed(rows)
    mark = ENTRY.match(rows[0])
    assert mark  # noqa: S101 - it is where the entry begins
    depth = mark.end()
    return [
        rows[0][depth:],
        *(row[depth:] if not row[:depth].strip() else row.lstrip() for row in rows[1:]),
    ]


def _untabbed(rows: list[str]) -> list[str]:
    """The lines, those that tabs indent as their writer saw them: YAML refuses tabs there.

    A tab is as deep as a list mark where keys are indented by tabs, and deeper than any key where
    only lines of a body are.
    """
    keys = next((row for row in rows[1:] if row.strip()), "")
    width = _DEEP if keys.startswith(" ") else _LIST_MARK
    return [_without_tabs(row, width) if _BY_TAB.match(row) else row for row in rows]


def _without_tabs(row: str, width: int) -> str:
    bare = row.lstrip()
    mark = "-" if bare.startswith("-\t") else ""
    bare = bare.removeprefix(mark).lstrip() if mark else bare
    indent = row[: len(row) - len(row.lstrip())]
    return f"{indent}{mark}{' ' if mark else ''}".expandtabs(width) + bare


def _outside_bodies(rows: list[str]) -> Iterator[tuple[str, bool]]:
    """Each line, and whether it is one of the entry's own and not one of a block of text."""
    inside: int | None = None
    for row in rows:
        depth = len(row) - len(row.lstrip())
        if inside is not None and (not row.strip() or depth > inside):
            yield row, False
            continue
        block = _BLOCK_TEXT.fullmatch(row)
        inside = len(block[1]) if block else None
        yield row, block is None


def quoted(rows: list[str]) -> Iterator[str]:
    """The lines with plain texts in quotes, so that no mark of YAML in them means anything."""
    for row, is_own in _outside_bodies(rows):
        yield _row_in_quotes(row) if is_own else row


def _row_in_quotes(row: str) -> str:
    if mark := _LIST_FIELD.fullmatch(row):
        items = (item.strip() for item in mark[2].split(","))
        texts = (_in_quotes(item) if _is_plain(item) else item for item in items if item)
        return f"{mark[1]}[{', '.join(texts)}]{mark[3]}"
    mark = _TEXT_FIELD.fullmatch(row) or _LIST_ITEM.fullmatch(row)
    return f"{mark[1]}{_in_quotes(mark[2])}{mark[3]}" if mark and _is_plain(mark[2]) else row


def typed(rows: list[str]) -> Iterator[tuple[int, str, str]]:
    """Where a text without quotes is none for YAML: how far down, the text, and what it is."""
    for at, (row, is_own) in enumerate(_outside_bodies(rows)):
        mark = _LIST_FIELD.fullmatch(row) or _TEXT_FIELD.fullmatch(row) or _LIST_ITEM.fullmatch(row)
        if not is_own or not mark:
            continue
        texts = mark[2].split(",") if _LIST_FIELD.fullmatch(row) else [mark[2]]
        for text in map(str.strip, texts):
            if typed := _NO_TEXT.fullmatch(text):
                yield at, text, str(typed.lastgroup)


def _is_plain(text: str) -> bool:
    """Whether the text stands without quotes, and is no mark of a block."""
    whole = len(text) > 1 and text[0] == text[-1] and text[0] in "\"'"
    return not whole and not _BLOCK_MARK.fullmatch(text)


def _in_quotes(text: str) -> str:
    return "'" + text.replace("'", "''") + "'"
