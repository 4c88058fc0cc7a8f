"""One parser says what a body depends on; each case is one that another parser got wrong."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from custodian_core.ops.deps import (
    Dependencies,
    Item,
    Via,
    blockers,
    dependencies,
    ready,
    suggestion,
)
from custodian_core.ops.graph import beyond, circles, ordered
from custodian_core.ops.references import LONGEST_RUN, Reference, references
from custodian_core.ops.references import numbers as numbers_in

BODIES: dict[str, tuple[str, tuple[int, ...]]] = {
    "a clause": ("Depends on #11 and #12", (11, 12)),
    "any case": ("DEPENDS ON #11, Blocked By #12", (11, 12)),
    "in the middle of a line": ("This is blocked by #7.", (7,)),
    "what stands before the phrase waits itself": ("#5 is blocked by #6", (6,)),
    "the next sentence": ("Depends on #11. See also #12", (11,)),
    "a remark in the same clause": ("Depends on #3, see #4 for why, not #5", (3,)),
    "two phrases": ("depends on #1 and is blocked by #2", (1, 2)),
    "a section": ("## Dependencies\n\n- #14 — schema\n- #15\n", (14, 15)),
    "a section with a colon, bold, deep": ("### **Blocked by:**\n#3", (3,)),
    "the next heading ends a section": ("## Dependencies\n- #14\n### Notes\nsee #21", (14,)),
    "a heading of a higher level ends it too": ("## Depends on\n#14\n# Other\n#21", (14,)),
    "a heading that names them": ("## Depends on #11", (11,)),
    "related is no dependency": ("## Related\n- #5\n", ()),
    "no longer": ("no longer depends on #57", ()),
    "not": ("Not depends on anything, see #56", ()),
    "does not": ("It does not depend on #5 any more", ()),
    "isn't": ("isn't blocked by #3, isn\u2019t strictly blocked by #4", ()),
    "a negation of something else": ("not urgent at all, but depends on #3", (3,)),
    "unblocked is not blocked": ("Unblocked by #9", ()),
    "blocks is the other way": ("blocks #9", ()),
    "a fence": ("```\ndepends on #3\n```\ndepends on #4", (4,)),
    "a section in a fence": ("````md\n## Dependencies\n- #3\n```\n````\n- #4", ()),
    "a tilde fence": ("~~~\nblocked by #3\n~~~", ()),
    "a fence in a list": ("- x\n\n  ```\n  depends on #3\n  ```\n", ()),
    "a fence inside of a section": ("## Dependencies\n```\n#3\n```\n#4", (4,)),
    "a comment": ("<!-- depends on #3 -->\ndepends on <!-- #4 --> #5", (5,)),
    "code": ("`depends on #3`, blocked by ``#4``", ()),
    "struck out": ("~~depends on #3~~, depends on ~~#4~~ #5", (5,)),
    "a list below": ("**Depends on:**\n- #1\n- [ ] #2\n\n- #4\ntext\n- #9", (1, 2, 4)),
    "a list below a sentence is another list": ("It depends on you:  who else?\n- #1", ()),
    "a run": ("depends on #73-#77", (73, 74, 75, 76, 77)),
    "a pull request": ("Blocked by PR #8", (8,)),
    "windows lines": ("## Dependencies\r\n- #14\r\n## Other\r\n- #15\r\n", (14,)),
    "no final line end, odd blanks": ("depends\ton  #3", (3,)),
    "numbers that are none": ("depends on #3a, ##4, x#5, &#39, #0x1 and #", ()),
    "an address": ("depends on https://forge.example/o/r#5", ()),
    "nothing": ("", ()),
}


@pytest.mark.parametrize(("body", "numbers"), BODIES.values(), ids=BODIES.keys())
def test_a_body_depends_on_what_it_says(body: str, numbers: tuple[int, ...]) -> None:
    assert dependencies(body).numbers == numbers


def test_an_issue_of_another_repo_is_external() -> None:
    found = dependencies("Depends on #11, owner/x#15\n## Dependencies\n- other/repo#3")

    assert found.numbers == (11,)
    assert found.external == ("other/repo#3", "owner/x#15")


def test_a_dependency_says_where_it_was_found_and_why() -> None:
    found = dependencies("x\ndepends on #3\n## Blocked by\n- #3\n- #4").found

    assert [(each.on.number, each.line, each.via) for each in found] == [
        (3, 2, Via.CLAUSE),
        (4, 5, Via.SECTION),
    ]


def test_a_run_that_goes_on_too_long_means_its_ends() -> None:
    assert len(references(f"#1-#{LONGEST_RUN + 1}")) == LONGEST_RUN + 1
    assert references("#1-#999999999") == [Reference(1), Reference(999_999_999)]
    assert references("#9-#3") == [Reference(9), Reference(3)]


@given(
    st.lists(st.sampled_from(["#1", "#22", "#", "-", " ", "(", "a", "o/r", "é", "\n"]), max_size=6)
)
def test_the_numbers_in_a_text_are_its_references_to_this_repo(pieces: list[str]) -> None:
    text = "".join(pieces)
    own = [each.number for each in references(text) if each.repo is None]

    assert list(numbers_in(text)) == own


ITEMS = {
    1: Item(1, closed=True),
    2: Item(2, closed=False, depends_on=(1,)),
    3: Item(3, closed=False, depends_on=(1, 2)),
    4: Item(4, closed=False, depends_on=(9,)),
    5: Item(5, closed=None),
    6: Item(6, closed=False, depends_on=(5,)),
    7: Item(7, closed=False, depends_on=(4, 3, 2)),
}


def test_ready_is_what_waits_for_nothing() -> None:
    assert ready(ITEMS) == [2]


def test_what_nobody_could_say_to_be_closed_counts_as_open() -> None:
    assert blockers(ITEMS[4], ITEMS) == (9,)
    assert blockers(ITEMS[6], ITEMS) == (5,)


def test_the_suggestion_is_the_first_blocker_that_can_be_begun() -> None:
    assert suggestion(ITEMS[7], ITEMS) == 2
    assert suggestion(ITEMS[6], ITEMS) is None


TEXTS = st.lists(
    st.sampled_from(
        [
            *("depends on ", "Blocked by", "#1", "owner/r#2", "\n", "\r\n", "```", "~~~", "## "),
            *("Dependencies", "- ", "<!--", "-->", "`", "~~", " ", "not ", "é", "\ud800", "\x00"),
        ]
    ),
    max_size=60,
).map("".join)


@given(TEXTS)
def test_any_text_is_read_and_names_only_what_stands_in_it(body: str) -> None:
    found = dependencies(body)

    assert isinstance(found, Dependencies)
    assert all(str(each.on) in body for each in found.found)
    assert all(1 <= each.line <= body.count("\n") + 1 for each in found.found)


@given(TEXTS)
def test_a_fence_around_a_text_takes_every_dependency_out(body: str) -> None:
    assert dependencies(f"{'`' * 200}\n{body}\n{'`' * 200}\n").found == ()


@pytest.mark.parametrize(
    "piece", ["depends on ", "`", "~~", "<!--", "# a\n", "#1-", "a/", "[", "- ", "- depends on:\n"]
)
def test_no_repetition_makes_reading_slow(piece: str) -> None:
    """It would not end within a test's patience if a line were looked through again and again."""
    assert dependencies(piece * (300_000 // len(piece))).numbers in ((), (1,))


GRAPHS = st.dictionaries(st.integers(0, 12), st.lists(st.integers(0, 14), max_size=4), max_size=12)


def test_circles_are_told_in_the_order_of_the_mapping() -> None:
    graph = {"c": ["d"], "a": ["b"], "b": ["a"], "d": ["c"], "e": ["e"], "f": ["a", "nowhere"]}

    assert circles(graph) == [("c", "d"), ("a", "b")]


def test_a_long_chain_is_no_matter_of_recursion() -> None:
    chain = {n: [n + 1] for n in range(20_000)} | {20_000: [0]}

    assert len(circles(chain)[0]) == 20_001


def reached(start: int, edges: dict[int, list[int]]) -> set[int]:
    """Everything that the edges lead to from there, one step after the other."""
    found, work = {start}, [start]
    while work:
        work += (new := set(edges.get(work.pop(), ())) - found)
        found |= new
    return found


@given(GRAPHS)
def test_the_marks_beyond_a_thing_are_those_of_all_that_it_leads_to(
    graph: dict[int, list[int]],
) -> None:
    held = beyond(graph, {key: 1 << key for key in graph})

    assert held == {
        key: sum(1 << other for other in reached(key, graph) if other in graph) for key in graph
    }


@given(GRAPHS)
def test_two_are_in_one_circle_when_each_leads_to_the_other(graph: dict[int, list[int]]) -> None:
    part_of = {key: part for part in circles(graph) for key in part}

    for one in graph:
        for other in graph:
            alike = one in reached(other, graph) and other in reached(one, graph)
            assert (one != other and alike) == (
                one != other and one in part_of and part_of[one] == part_of.get(other)
            )


@given(GRAPHS)
def test_in_order_nothing_stands_before_what_it_waits_for(graph: dict[int, list[int]]) -> None:
    acyclic = {key: [other for other in others if other < key] for key, others in graph.items()}
    keys = list(acyclic)
    order = ordered(keys, acyclic)

    assert sorted(order) == sorted(keys)
    for key in keys:
        for other in acyclic[key]:
            assert other not in keys or order.index(other) < order.index(key)
