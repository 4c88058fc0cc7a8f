"""The filer block of a sprint: the pieces of work that are to be filed, as YAML that people write.

Each entry is read by itself, so that one that is broken costs only itself. Titles and lists are
put in quotes before YAML sees them: `fix(#6): x` means what it says.
"""

import re
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import NamedTuple

from custodian_core.findings import Finding, found
from custodian_core.text import printable
from custodian_core.workplan.fields import Fields, Unreadable, Value, read_fields
from custodian_core.workplan.grammar import ID, ID_RULE

from .filer_rows import ENTRY, mapping, quoted, typed
from .markdown import Page
from .references import Reference, references

BEGIN = re.compile(r"[ ]{0,3}<!--[ \t]*filer:begin[ \t]*-->[ \t]*")
END = re.compile(r"[ ]{0,3}<!--[ \t]*filer:end[ \t]*-->[ \t]*")
FIELDS = ("id", "title", "labels", "depends_on", "body")
#: how large a block may be, and how many entries are read of all blocks
MAX_BLOCK = 256 * 1024
MAX_ENTRIES = 500


@dataclass(frozen=True, slots=True)
class Entry:
    """A piece of work that is to be filed."""

    id: str
    title: str
    line: int
    labels: tuple[str, ...] = ()
    #: the entries of the same sprint that it waits for
    depends_on: tuple[str, ...] = ()
    #: the issues that it waits for
    issues: tuple[Reference, ...] = ()
    body: str = ""


@dataclass(slots=True)
class Filer:
    """What the blocks of a sprint say."""

    entries: list[Entry] = field(default_factory=list[Entry])
    findings: list[Finding] = field(default_factory=list[Finding])
    #: whether there is any block
    present: bool = False


class _Block(NamedTuple):
    """The lines between two marks, of which the first has the number `first`."""

    first: int
    rows: list[str]


def read_filer(told: Page, path: str) -> Filer:
    """The entries of all blocks of the page, in order."""
    reading = _Reading(path)
    for block in reading.blocks(told):
        reading.read(block)
    filer = reading.filer
    if filer.present and not filer.entries and not filer.findings:
        filer.findings.append(found("SP01", {"why": "holds no entries"}, path=path))
    return filer


class _Reading:
    """One walk over the blocks of a sprint."""

    def __init__(self, path: str) -> None:
        self.path = path
        self.filer = Filer()

    def _add(self, code: str, line: int | None, **facts: str | int) -> None:
        self.filer.findings.append(found(code, facts, path=self.path, line=line))

    def blocks(self, told: Page) -> Iterator[_Block]:
        """Each block that has its end."""
        begun: int | None = None
        for number, row in enumerate(told.rows, 1):
            bare = row.removesuffix("\r")
            if begun is None and number in told.fenced:
                continue  # an example; inside of a block, fences are part of a body
            if BEGIN.fullmatch(bare):
                if begun is not None:
                    why = f"of line {begun} has no end before the next one"
                    self._add("SP01", begun, why=why)
                begun, self.filer.present = number, True
            elif END.fullmatch(bare):
                if begun is None:
                    self._add("SP01", number, why=f"ends on line {number} and does not begin")
                else:
                    yield _Block(begun + 1, told.rows[begun : number - 1])
                self.filer.present, begun = True, None
        if begun is not None:
            self._add("SP01", begun, why=f"of line {begun} has no end")

    def read(self, block: _Block) -> None:
        """The entries of one block are read."""
        rows = [row.removesuffix("\r") for row in block.rows]
        if sum(map(len, rows)) > MAX_BLOCK:
            self._add("SP01", block.first, why=f"is larger than {MAX_BLOCK // 1024} KiB")
            return
        starts = list(_starts(rows))
        for at in range(starts[0] if starts else len(rows)):
            if rows[at].strip() and not rows[at].lstrip().startswith("#"):
                why = "it belongs to no entry; one begins with `- id: name`"
                self._add("SP02", block.first + at, what=f"'{printable(rows[at], 40)}'", why=why)
                break
        ends = [*starts[1:], len(rows)]
        for start, end in zip(starts, ends, strict=False):
            if len(self.filer.entries) >= MAX_ENTRIES:
                self._add("SP01", block.first + start, why=f"has more than {MAX_ENTRIES} entries")
                return
            self._entry(block.first + start, rows[start:end])

    def _entry(self, line: int, rows: list[str]) -> None:
        text = mapping(rows)
        fields = read_fields("\n".join(quoted(text)), line)
        if isinstance(fields, Unreadable):
            self._add("SP02", fields.line, what=_name(text), why=fields.why)
            return
        entry = self._checked(line, fields, _name(text))
        if entry is None:
            return
        self._compare(entry, fields, read_fields("\n".join(text), line))
        for at, said, kind in typed(text):
            field_name = _field_at(fields, line + at)
            why = f"take '{printable(said, 40)}' for a {kind}"
            self._add("SP08", line + at, id=entry.id, field=field_name, why=why)
        self.filer.entries.append(entry)

    def _checked(self, line: int, fields: Fields, what: str) -> Entry | None:
        """The entry of fields that are each as they should be."""
        before = len(self.filer.findings)
        values = {key: fields.values.get(key) for key in FIELDS}
        for key in ("id", "title"):
            if not fields.text(key):
                at = fields.line(key, line)
                why = "is missing" if values[key] is None else "is no text"
                self._add("SP03", at, what=what, field=key, why=why)
        said = fields.text("id")
        if said and not ID.fullmatch(said):
            self._add(
                "SP03", fields.line("id", line), what=what, field="id", why=f"is not {ID_RULE}"
            )
        labels, waits = (self._texts(key, values[key], fields, line, what) for key in FIELDS[2:4])
        body = values["body"]
        if body is not None and not isinstance(body, str):
            self._add("SP03", fields.line("body", line), what=what, field="body", why="is no text")
        if len(self.filer.findings) > before or not isinstance(said, str):
            return None
        for key in fields.values.keys() - set(FIELDS):
            known = ", ".join(FIELDS)
            field_name = printable(key, 40)
            self._add("SP12", fields.line(key, line), id=said, field=field_name, known=known)
        issues = [each for text in waits if "#" in text for each in references(text)]
        return Entry(
            id=said,
            title=" ".join(str(values["title"]).split()),
            line=line,
            labels=labels,
            depends_on=tuple(text for text in waits if "#" not in text),
            issues=tuple(dict.fromkeys(issues)),
            body=str(body or "").strip("\n"),
        )

    def _texts(
        self, key: str, value: Value, fields: Fields, line: int, what: str
    ) -> tuple[str, ...]:
        """The texts of a list, or of one text with commas."""
        if value is None:
            return ()
        items = value.split(",") if isinstance(value, str) else value
        texts = [item.strip() for item in items if isinstance(item, str) and item.strip()]
        if not isinstance(items, list) or len(texts) != len(items):
            at = fields.line(key, line)
            self._add("SP03", at, what=what, field=key, why="is no list of texts")
            return ()
        return tuple(dict.fromkeys(texts))

    def _compare(self, entry: Entry, fields: Fields, plain: Fields | Unreadable) -> None:
        """Tell what YAML alone would have made of it, where that is something else."""
        if isinstance(plain, Unreadable):
            why = f"refuse it: {plain.why}"
            self._add("SP08", plain.line, id=entry.id, field=_field_at(fields, plain.line), why=why)
            return
        for key in FIELDS:
            if plain.values.get(key) != fields.values.get(key):
                shown = printable(str(plain.values.get(key)), 60)
                line, why = fields.line(key, entry.line), f"read '{shown}'"
                self._add("SP08", line, id=entry.id, field=key, why=why)


def _starts(rows: list[str]) -> Iterator[int]:
    """Where the entries begin: at the list marks that are indented as the first is."""
    indent: str | None = None
    for at, row in enumerate(rows):
        mark = ENTRY.match(row)
        if mark and (indent is None or mark[1] == indent):
            indent = mark[1]
            yield at


def _field_at(fields: Fields, line: int) -> str:
    """The field that stands on the line or last before it."""
    before = [(at, key) for key, at in fields.lines.items() if at <= line]
    return max(before)[1] if before else "it"


def _name(rows: list[str]) -> str:
    """What the entry seems to be called."""
    for row in rows:
        mark = re.match(r"[\"']?id[\"']?[ \t]*:[ \t]*[\"']?([^\s\"'#]{1,60})", row)
        if mark:
            return f"entry '{printable(mark[1])}'"
    return "entry without an id"
