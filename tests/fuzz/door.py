"""A door: where something from outside comes in, what it is made of, and how it may be refused."""

import json
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, cast

from hypothesis import strategies as st

from custodian_core.errors import CustodianError

#: what no parser should trip over, whatever it reads
ODD = (
    b"\x00",
    b"\xff\xfe",
    b"\xef\xbb\xbf",
    b"\r",
    b"\r\n",
    b"\n",
    b"\t",
    b" ",
    b"\xe2\x80\xa8",
    b"\xe2\x80\xae",
    b"\xcc\x81",
    b"\x1b[31m",
    b"9" * 30,
    b"9" * 5000,
    b"-1",
    b"[",
    b"{",
    b'"',
    b"'",
    b"\\",
    b"%00",
    b"../",
)
#: what JSON can say where something else was expected
JUNK: tuple[Any, ...] = (
    None,
    True,
    0,
    -1,
    10**25,
    1.5,
    float("inf"),
    "",
    "x" * 300,
    "a\x00b",
    "\ud800",
    "\u202e\x1b[31m",
    "0001-01-01T00:00:00+23:59",
    "9999-12-31T23:59:59-23:59",
    "http://[",
    "~nobody",
    "./a\x00b",
    "/\ud800",
    [],
    [[]],
    {},
    {"a": {"a": None}},
)


def refused(act: Callable[[], object], *kinds: type[Exception]) -> str | None:
    """In which words the act was refused, if it was; what is no refusal is raised."""
    try:
        act()
    except Exception as refusal:
        if not isinstance(refusal, kinds or CustodianError):
            raise
        return str(refusal)
    return None


@dataclass(frozen=True, slots=True)
class Door:
    """What is read there, given as bytes however it comes."""

    name: str
    read: Callable[[bytes], object]
    #: what such bytes are made of
    pieces: tuple[bytes, ...]
    #: whole examples
    seeds: tuple[bytes, ...] = ()
    #: in which words it may refuse; anything else is a crash
    refuses: tuple[type[Exception], ...] = (CustodianError,)
    #: how much of one thing is given to it to see what more costs; 0 where processes are started
    most: int = 16 * 1024

    def enter(self, data: bytes) -> None:
        """The bytes are read or refused; whatever else happens is raised."""
        refused(lambda: self.read(data), *self.refuses)

    def inputs(self) -> st.SearchStrategy[bytes]:
        """Nonsense, pieces in any order, and examples in which something is not as it was."""
        pieces = st.sampled_from((*self.pieces, *ODD))
        made = [st.binary(max_size=200), st.lists(pieces, max_size=25).map(b"".join)]
        if self.seeds:
            made.append(_mangled(self.seeds, pieces))
        trees = [tree for seed in self.seeds if (tree := _tree(seed)) is not None]
        if trees:
            made.append(_replaced(trees))
        return st.one_of(made)


@st.composite
def _mangled(draw: st.DrawFn, seeds: tuple[bytes, ...], pieces: st.SearchStrategy[bytes]) -> bytes:
    data = draw(st.sampled_from(seeds))
    for _ in range(draw(st.integers(1, 4))):
        at = draw(st.integers(0, len(data)))
        gone = draw(st.integers(0, 12))
        data = data[:at] + draw(pieces) + data[at + gone :]
    return data


@st.composite
def _replaced(draw: st.DrawFn, trees: list[Any]) -> bytes:
    tree = draw(st.sampled_from(trees))
    for _ in range(draw(st.integers(1, 3))):
        tree = _put(draw, tree)
    return json.dumps(tree).encode()


def _put(draw: st.DrawFn, tree: Any) -> Any:
    """The tree with one value replaced, taken out, or put where nobody expects it."""
    if not tree or not isinstance(tree, (dict, list)) or draw(st.integers(0, 9)) == 0:
        return draw(st.sampled_from(JUNK))
    if isinstance(tree, list):
        items = cast("list[Any]", tree)  # type: ignore[redundant-cast]
        place = draw(st.integers(0, len(items) - 1))
        return [*items[:place], _put(draw, items[place]), *items[place + 1 :]]
    table = cast("dict[str, Any]", tree)
    key = draw(st.sampled_from(sorted(table)))
    match draw(st.integers(0, 9)):
        case 0:
            return {other: value for other, value in table.items() if other != key}
        case 1:
            return {**table, draw(st.sampled_from(["", "x", "\x00", "\uff29\uff24"])): table[key]}
        case _:
            return {**table, key: _put(draw, table[key])}


def _tree(seed: bytes) -> Any:
    """The seed as JSON; None where it is none."""
    try:
        return json.loads(seed)
    except ValueError:
        return None
