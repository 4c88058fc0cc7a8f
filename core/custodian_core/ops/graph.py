"""Things that wait for things: circles among them, and an order in which none waits in vain."""

from collections.abc import Hashable, Iterable, Iterator, Mapping, Sequence
from typing import TypeVar

K = TypeVar("K", bound=Hashable)


def circles(waits_for: Mapping[K, Iterable[K]]) -> list[tuple[K, ...]]:
    """Each set of two or more things that wait for each other, in the order of the mapping.

    A thing that waits for itself is no circle: it is a slip, and nobody else is held up by it.
    """
    place = {key: number for number, key in enumerate(waits_for)}
    found = [part for part in _components(waits_for) if len(part) > 1]
    ordered = [tuple(sorted(part, key=place.__getitem__)) for part in found]
    return sorted(ordered, key=lambda part: place[part[0]])


def _components(waits_for: Mapping[K, Iterable[K]]) -> Iterator[list[K]]:
    """Tarjan's strongly connected components, without recursion: chains may be long."""
    number: dict[K, int] = {}
    lowest: dict[K, int] = {}
    stack: list[K] = []
    on_stack: set[K] = set()
    for root in waits_for:
        if root in number:
            continue
        work: list[tuple[K, Iterator[K]]] = []
        _enter(root, waits_for, number, lowest, stack, on_stack, work)
        while work:
            key, others = work[-1]
            for other in others:
                if other not in waits_for:
                    continue
                if other not in number:
                    _enter(other, waits_for, number, lowest, stack, on_stack, work)
                    break
                if other in on_stack:
                    lowest[key] = min(lowest[key], number[other])
            else:
                work.pop()
                if work:
                    above = work[-1][0]
                    lowest[above] = min(lowest[above], lowest[key])
                if lowest[key] == number[key]:
                    yield _popped(key, stack, on_stack)


def _enter(
    key: K,
    waits_for: Mapping[K, Iterable[K]],
    number: dict[K, int],
    lowest: dict[K, int],
    stack: list[K],
    on_stack: set[K],
    work: list[tuple[K, Iterator[K]]],
) -> None:
    number[key] = lowest[key] = len(number)
    stack.append(key)
    on_stack.add(key)
    work.append((key, iter(waits_for[key])))


def _popped(key: K, stack: list[K], on_stack: set[K]) -> list[K]:
    """All of the stack down to `key`, which are one component."""
    part: list[K] = []
    while not part or part[-1] != key:
        part.append(stack.pop())
        on_stack.discard(part[-1])
    return part


def ordered(keys: Sequence[K], waits_for: Mapping[K, Iterable[K]]) -> list[K]:
    """The keys, each after those that it waits for, otherwise in the order given.

    What waits in a circle waits for one of them in vain, which then stands last.
    """
    known = frozenset(keys)
    done: dict[K, None] = {}
    for key in keys:
        work, begun = [key], {key}
        while work:
            waits = waits_for.get(work[-1], ())
            missing = next((k for k in waits if k in known and not (k in done or k in begun)), None)
            if missing is None:
                done.setdefault(work.pop())
            else:
                work.append(missing)
                begun.add(missing)
    return list(done)


def beyond(edges: Mapping[K, Iterable[K]], marks: Mapping[K, int]) -> dict[K, int]:
    """By thing, the marks of all that the edges lead to from it, its own among them, as bits."""
    found: dict[K, int] = {}
    for part in _components(edges):  # (each comes after those that it leads to)
        bits = 0
        for key in part:
            bits |= marks.get(key, 0)
            for other in edges[key]:
                bits |= found.get(other, 0)
        found |= dict.fromkeys(part, bits)
    return found
