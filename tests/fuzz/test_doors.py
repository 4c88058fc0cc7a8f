"""Whatever comes in is read or refused in words, and more of it costs no more than its share."""

import gc
import inspect
import pkgutil
import time
from collections.abc import Callable, Iterator
from importlib import import_module
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given
from hypothesis import settings as bounded

import custodian_core

from .door import Door
from .doors import BY_NAME, DOORS

#: a slow example is none of these tests' business
SUPPRESSED: tuple[HealthCheck, ...] = (
    HealthCheck.too_slow,
    HealthCheck.data_too_large,
    HealthCheck.large_base_example,
    HealthCheck.filter_too_much,
)
#: `make fuzz` tries very many more
EXAMPLES = 20
#: eight times as much may cost this many times the work; what looks at all of it for each part of
#: it costs 64 times
TIMES, AT_MOST = 8, 32
#: what is over so soon is not looked at more closely
SOON_S = 0.03

by_name = pytest.mark.parametrize("door", DOORS, ids=lambda door: door.name.replace(" ", "-"))
found = pytest.mark.parametrize(
    "path", sorted(Path(__file__).with_name("found").iterdir()), ids=lambda path: path.name
)


@by_name
def test_nothing_that_comes_in_ends_the_program(door: Door) -> None:
    @given(door.inputs())
    @bounded(max_examples=EXAMPLES, suppress_health_check=SUPPRESSED, database=None)
    def enter(data: bytes) -> None:
        door.enter(data)

    enter()


@by_name
def test_each_example_of_what_comes_in_is_taken(door: Door) -> None:
    for seed in door.seeds:
        door.enter(seed)


@found
def test_what_was_found_once_is_not_found_again(path: Path) -> None:
    name, _, _ = path.name.partition("--")

    BY_NAME[name.replace("-", " ")].enter(path.read_bytes())


@by_name
def test_more_of_the_same_costs_no_more_than_its_share(door: Door) -> None:
    for before in (b"", *door.seeds[:1]):
        for piece in door.pieces if door.most else ():
            assert costs_its_share(door, before, piece, door.most), (door.name, before, piece)


def costs_its_share(door: Door, before: bytes, piece: bytes, most: int) -> bool:
    """Whether some of a few looks at it shows that; another process may be in the way of one."""
    few = before + piece * (most // TIMES // len(piece) + 1)
    many = before + piece * (most // len(piece) + 1)
    return any(
        (cost := _cost_s(door, many)) < SOON_S or cost < AT_MOST * _cost_s(door, few)
        for _ in range(4)
    )


def _cost_s(door: Door, data: bytes) -> float:
    """How long the processor is at it, and nobody else."""
    gc.collect(0)
    begun = time.thread_time()
    door.enter(data)
    return time.thread_time() - begun


def test_every_reader_of_bytes_stands_behind_a_door() -> None:
    behind = "\n".join(
        path.read_text() for path in Path(__file__).parent.glob("*.py") if path != Path(__file__)
    )
    readers = {f"{each.__module__}.{each.__name__}" for each in _readers_of_bytes()}

    assert {name for name in readers if name.rpartition(".")[2] not in behind} == NO_DOOR


#: what is only given bytes by those that stand behind one
NO_DOOR = {
    "custodian_core.blob.blob_id",
    "custodian_core.fenced.take_out",
    "custodian_core.ops.markdown.decoded",
    "custodian_core.ops.tiers.read_toml",
    "custodian_core.workplan.sections.heading_text",
    "custodian_core.workplan.sections.sections",
}


def _readers_of_bytes() -> Iterator[Callable[..., object]]:
    """The public functions of the shared library that are given bytes first."""
    for module in pkgutil.walk_packages(custodian_core.__path__, "custodian_core."):
        loaded = import_module(module.name)
        for name, value in vars(loaded).items():
            if inspect.isfunction(value) and value.__module__ == module.name and name[0] != "_":
                first = next(iter(inspect.signature(value).parameters.values()), None)
                if first is not None and first.annotation in (bytes, bytes | None):
                    yield value
