from dataclasses import dataclass

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from custodian_core.errors import BadValue, NotEditable
from custodian_core.status import Status
from custodian_core.workplan.edit import (
    Change,
    SetPlanHubId,
    SetPlanStatus,
    SetTaskHubId,
    SetTaskStatus,
    edit,
)
from custodian_core.workplan.fields import Value
from custodian_core.workplan.model import Workplan
from custodian_core.workplan.read import read

from .plans import FRONT, HUB_ID, block, plan

DONE = SetTaskStatus("T01", Status.DONE)
LINK = SetTaskHubId("T01", HUB_ID)
OTHER = block("T02", "blocked")

# Text with the old value between « and », and what stands there afterwards.
EXACT_STATUS = {
    "plain": ("```task\nid: T01\nstatus: «todo»\n```\n", "done"),
    "double quotes": ('```task\nid: "T01"\nstatus: "«todo»"\n```\n', "done"),
    "single quotes": ("```task\nid: 'T01'\nstatus: '«todo»'\n```\n", "done"),
    "a comment": ("```task\nid: T01\nstatus: «todo»  # soon\n```\n", "done"),
    "a comment after a tab": ("```task\nid: T01\nstatus: «todo»\t# soon\n```\n", "done"),
    "trailing blanks": ("```task\nid: T01\nstatus: «todo»  \t \n```\n", "done"),
    "many blanks before": ("```task\nid: T01\nstatus:     «todo»\n```\n", "done"),
    "a tab before": ("```task\nid: T01\nstatus:\t«todo»\n```\n", "done"),
    "a blank before the colon": ("```task\nid: T01\nstatus : «todo»\n```\n", "done"),
    "CRLF": ("```task\r\nid: T01\r\nstatus: «todo»\r\n```\r\n", "done"),
    "mixed endings": ("```task\r\nid: T01\nstatus: «todo»\r\n```\nend\r\n", "done"),
    "no final newline": ("```task\nid: T01\nstatus: «todo»\n```", "done"),
    "tildes": ("~~~task\nid: T01\nstatus: «todo»\n~~~\n", "done"),
    "four backticks": ("````task\nid: T01\nstatus: «todo»\n````\n", "done"),
    "an indented fence": ("  ```task\n  id: T01\n  status: «todo»\n  ```\n", "done"),
    "a fence in a list": ("- a\n\n  ```task\n  id: T01\n  status: «todo»\n  ```\n", "done"),
    "indented keys": ("```task\n  id: T01\n  status: «todo»\n```\n", "done"),
    "id after status": ("```task\nstatus: «todo»\nid: T01\n```\n", "done"),
    "status in prose": ("status: todo\n```task\nid: T01\nstatus: «todo»\n```\nstatus: x\n", "done"),
    "status in another block": (
        OTHER + "```task\nid: T01\nstatus: «todo»\n```\n" + OTHER.replace("T02", "T03"),
        "done",
    ),
    "status in a scalar": ("```task\nid: T01\nnote: |\n  status: x\nstatus: «todo»\n```\n", "done"),
    "status in a mapping": ("```task\nid: T01\nmeta:\n  status: x\nstatus: «todo»\n```\n", "done"),
    "status quoted elsewhere": (
        "~~~\n```task\nid: T01\nstatus: todo\n```\n~~~\n```task\nid: T01\nstatus: «todo»\n```\n",
        "done",
    ),
    "a line separator": ("a\u2028b\x0cc\n```task\nid: T01\nstatus: «todo»\n```\n", "done"),
    "an odd list elsewhere": ("```task\nid: T01\nx: [a,  b]\nstatus: «todo»\n```\n", "done"),
    "a long line elsewhere": (f"```task\nid: T01\nx: {'y ' * 200}\nstatus: «todo»\n```\n", "done"),
    "an id that begins alike": (
        "```task\nid: T010\nstatus: todo\n```\n```task\nid: T01\nstatus: «todo»\n```\n",
        "done",
    ),
    "an unclosed block before": (
        "```task\nid: T02\nstatus: todo\n\n```task\nid: T01\nstatus: «todo»\n```\n",
        "done",
    ),
    "a broken block beside": (
        "```task\nid: T02\nstatus: *x\n```\n```task\nid: T01\nstatus: «todo»\n```\n",
        "done",
    ),
    "a status that is no word": ("```task\nid: T01\nstatus: «Done»\n```\n", "done"),
    "a line separator in a value above": (
        '```task\nid: T01\ntitle: "a\u2028b\u2028c"\nstatus: «todo»\n```\n',
        "done",
    ),
    "a carriage return in a value above": (
        '```task\nid: T01\nx: "a\rb\rc\rd"\nstatus: «todo»\n```\n',
        "done",
    ),
    "a list item's own line": ("- ```task\n  id: T01\n  status: «todo»\n  ```\n", "done"),
    "tabs for indent": ("-\tx\n\n\t```task\n\tid: T01\n\tstatus: «todo»\n\t```\n", "done"),
    "blank lines": ("```task\n\nid: T01\n\n\nstatus: «todo»\n\n```\n", "done"),
    "comments": ("```task\n# one\nid: T01 # two\n# status: x\nstatus: «todo»\n```\n", "done"),
}


@dataclass(frozen=True)
class Marked:
    before: bytes
    after: bytes


def marked(text: str, new: str) -> Marked:
    head, _, rest = text.partition("«")
    old, _, tail = rest.partition("»")
    return Marked((head + old + tail).encode(), (head + new + tail).encode())


@pytest.mark.parametrize("case", EXACT_STATUS.values(), ids=EXACT_STATUS.keys())
@pytest.mark.parametrize("around", ["plain", "BOM", "not UTF-8", "CRLF front"])
def test_a_status_edit_changes_its_value_and_no_other_byte(
    case: tuple[str, str], around: str
) -> None:
    body = marked(*case)
    front, tail = FRONT.encode(), b""
    if around == "BOM":
        front = b"\xef\xbb\xbf" + front
    elif around == "not UTF-8":
        front, tail = front + b"caf\xe9 \0\n\n", b"\n\xff\xfe"
    elif around == "CRLF front":
        front = front.replace(b"\n", b"\r\n")

    assert edit(front + body.before + tail, DONE) == front + body.after + tail


REFUSED = {
    "no such task": (
        "```task\nid: T02\nstatus: todo\n```\n",
        "no task block of this file has that id",
    ),
    "two blocks": (block() + block(), "2 task blocks have that id, on lines 10 and 15"),
    "two blocks, one broken": (block() + "```task\nid: T01\nstatus: *x\n```\n", "2 task blocks"),
    "a key twice": (
        "```task\nid: T01\nstatus: todo\nstatus: todo\n```\n",
        "'status' is written twice",
    ),
    "an anchor": ("```task\nid: T01\nstatus: &a todo\n```\n", "anchors are not allowed"),
    "no status": ("```task\nid: T01\n```\n", "the block has no `status:` line"),
    "a block scalar": (
        "```task\nid: T01\nstatus: >-\n  todo\n```\n",
        "is not a plain `status: value`",
    ),
    "a value on the next line": ("```task\nid: T01\nstatus:\n  todo\n```\n", "is not a plain"),
    "a value on two lines": ("```task\nid: T01\nstatus: to\n  do\n```\n", "is not a plain"),
    "a flow mapping": ("```task\n{id: T01, status: todo}\n```\n", "is not a plain"),
    "a quoted key": ('```task\nid: T01\n"status": todo\n```\n', "is not a plain"),
    "an escaped value": ('```task\nid: T01\nstatus: "\\x74odo"\n```\n', "is not a plain"),
    "a list": ("```task\nid: T01\nstatus: [todo]\n```\n", "is not a plain"),
    "two keys between carriage returns": (
        "```task\nid: T01\nx: y\rstatus: todo\n```\n",
        "is not a plain",
    ),
    "never closed": ("```task\nid: T01\nstatus: todo\n", "its fence is never closed"),
    "a conflict": ("<<<<<<< a\n" + block() + ">>>>>>> b\n", "a merge conflict is not resolved"),
    "quoted only": ("~~~\n" + block() + "~~~\n", "no task block of this file has that id"),
    "commented out": ("<!--\n" + block() + "-->\n", "no task block of this file has that id"),
}


@pytest.mark.parametrize("case", REFUSED.values(), ids=REFUSED.keys())
def test_f56_an_edit_that_cannot_be_exact_is_refused_with_a_reason(case: tuple[str, str]) -> None:
    body, reason = case

    with pytest.raises(NotEditable) as refused:
        edit(plan(body), DONE)
    assert reason in str(refused.value)
    assert str(refused.value).startswith("task T01") or "status of task T01" in str(refused.value)


IN_PLACE = {
    "~": ("state_hub_task_id: «~»\n", f'"{HUB_ID}"'),
    "null": ("state_hub_task_id: «null»   # soon\n", f'"{HUB_ID}"'),
    "empty quotes": ('state_hub_task_id: "«»"\n', HUB_ID),
    "empty single quotes": ("state_hub_task_id: '«»' # soon\n", HUB_ID),
    "a quoted ~": ('state_hub_task_id: "«~»"\n', HUB_ID),
    "nothing": ("state_hub_task_id:«»\n", f' "{HUB_ID}"'),
    "blanks": ("state_hub_task_id:«»  \n", f' "{HUB_ID}"'),
    "a comment": ("state_hub_task_id:«»  # soon\n", f' "{HUB_ID}"'),
    "another id": ('state_hub_task_id: "«9c1d5c0e»"\n', HUB_ID),
    "another plain id": ("state_hub_task_id: «9c1d5c0e»\n", HUB_ID),
    "CRLF": ("state_hub_task_id: «~»\r\n", f'"{HUB_ID}"'),
}


@pytest.mark.parametrize("case", IN_PLACE.values(), ids=IN_PLACE.keys())
@pytest.mark.parametrize("last", ["priority: low\n", ""])
def test_a_hub_id_that_is_written_is_replaced_in_place(case: tuple[str, str], last: str) -> None:
    text, new = case
    body = marked(f"```task\nid: T01\n{text}status: todo\n{last}```\n", new)

    assert edit(plan("") + body.before, LINK) == plan("") + body.after


@pytest.mark.parametrize(
    ("before", "line", "closing"),
    [
        ("```task\nid: T01\nstatus: todo\n", f'state_hub_task_id: "{HUB_ID}"\n', "```\n"),
        ("```task\r\nid: T01\r\nstatus: todo\r\n", f'state_hub_task_id: "{HUB_ID}"\r\n', "```\r\n"),
        ("```task\nid: T01\nstatus: todo\n\n", f'state_hub_task_id: "{HUB_ID}"\n', "```"),
        ("  ```task\n  id: T01\n  status: x\n", f'  state_hub_task_id: "{HUB_ID}"\n', "  ```\n"),
        ("```task\n  id: T01\n  x: |\n    y\n", f'  state_hub_task_id: "{HUB_ID}"\n', "```\n"),
        ("```task\nid: T01\nx:\n- a\n", f'state_hub_task_id: "{HUB_ID}"\n', "```\n"),
    ],
)
def test_a_hub_id_that_is_missing_is_put_in_before_the_closing_fence(
    before: str, line: str, closing: str
) -> None:
    data = plan(before + closing)

    assert edit(data, LINK) == plan(before + line + closing)


@pytest.mark.parametrize("block", ["{id: T01,\n status: todo}\n", "{id: T01, status: todo}\n"])
def test_a_line_that_would_change_what_the_block_says_is_not_put_in(block: str) -> None:
    with pytest.raises(NotEditable, match="another difference than the one asked"):
        edit(plan(f"```task\n{block}```\n"), LINK)


def test_the_front_matters_hub_id_and_status_are_set_in_place_or_put_in() -> None:
    bare = b"---\r\nid: A\r\ntype: workplan\r\nstatus: active # now\r\n---\r\nstatus: x\r\n"
    linked = edit(bare, SetPlanHubId(HUB_ID), SetPlanStatus(Status.DONE))

    line = f'state_hub_workstream_id: "{HUB_ID}"\r\n'.encode()
    assert linked == (
        b"---\r\nid: A\r\ntype: workplan\r\nstatus: done # now\r\n" + line + b"---\r\nstatus: x\r\n"
    )
    again = edit(linked, SetPlanHubId("32de6210"))
    assert again == linked.replace(HUB_ID.encode(), b"32de6210")


@pytest.mark.parametrize(
    ("word", "status"), [("active", Status.IN_PROGRESS), ("draft", Status.TODO)]
)
def test_a_workplans_word_that_means_the_status_is_left_as_it_is(word: str, status: Status) -> None:
    data = plan("").replace(b"active", word.encode())

    assert edit(data, SetPlanStatus(status)) == data


def test_what_is_said_already_is_not_written_again() -> None:
    data = plan(block(status="done", more=f"state_hub_task_id: '{HUB_ID}'\n"))

    assert edit(data, DONE, LINK) is data


def test_several_changes_are_made_at_once() -> None:
    data = plan(block("T01") + block("T02"))
    changes: tuple[Change, ...] = (SetTaskStatus("T02", Status.BLOCKED), LINK, DONE)

    after = read(edit(data, *changes)).workplan
    assert after
    assert [(t.id, t.status, t.state_hub_task_id) for t in after.tasks] == [
        ("T01", Status.DONE, HUB_ID),
        ("T02", Status.BLOCKED, None),
    ]


@pytest.mark.parametrize("bad", ["", "a b", "a\nstatus: done", 'x"', "# x"])
def test_a_hub_id_that_could_break_the_file_is_refused(bad: str) -> None:
    with pytest.raises(BadValue):
        edit(plan(block()), SetTaskHubId("T01", bad))


def test_front_matter_that_cannot_be_read_is_not_edited() -> None:
    with pytest.raises(NotEditable, match="line 4: key 'id' is written twice"):
        edit(b"---\nid: A\ntype: workplan\nid: B\n---\n", SetPlanStatus(Status.DONE))
    with pytest.raises(NotEditable, match="this file has none"):
        edit(b"# Prose\n", SetPlanHubId(HUB_ID))


noise = st.text(st.sampled_from("ab :#\"'\r\t|>[]{}&*~-\u2028é"), max_size=12)
values = st.sampled_from(
    ["todo", "'todo'", '"todo"', "todo # x", "todo\t", "~", "", "in_progress   ", "&a todo", "| "]
)


@st.composite
def odd_plans(draw: st.DrawFn) -> bytes:
    """Plans whose blocks hold odd lines in odd places, with odd line endings."""
    parts = [FRONT]
    for number in range(draw(st.integers(1, 3))):
        lines = [f"id: T0{draw(st.integers(1, 3)) if draw(st.booleans()) else number + 1}"]
        lines += [f"status:{draw(st.sampled_from([' ', '  ', chr(9)]))}{draw(values)}"]
        lines += [f"k{n}: {draw(noise)}" for n in range(draw(st.integers(0, 2)))]
        lines = draw(st.permutations(lines))
        indent = draw(st.sampled_from(["", "", "  "]))
        parts += [f"{indent}```task\n", *(f"{indent}{line}\n" for line in lines), f"{indent}```\n"]
        parts.append(draw(noise) + "\n")
    text = "".join(parts)
    if draw(st.booleans()):
        text = text.replace("\n", "\r\n")
    return text.encode() + draw(st.binary(max_size=6))


def said(workplan: Workplan) -> list[dict[str, Value]]:
    return [dict(workplan.fields), *(dict(task.fields) for task in workplan.tasks)]


@settings(max_examples=400)
@given(odd_plans(), st.sampled_from(Status), st.sampled_from(["T01", "T02"]))
def test_an_edit_is_exact_or_refused_whatever_the_file_holds(
    data: bytes, status: Status, task: str
) -> None:
    try:
        after = edit(data, SetTaskStatus(task, status), SetTaskHubId(task, HUB_ID))
    except NotEditable:
        return

    old_lines, new_lines = data.split(b"\n"), after.split(b"\n")
    put_in = [line for line in new_lines if HUB_ID.encode() in line]
    assert len(put_in) == 1
    kept = [line for line in new_lines if line not in put_in]
    changed = [(a, b) for a, b in zip(old_lines, kept, strict=True) if a != b]
    assert len(changed) <= 1
    assert all(a.lstrip().startswith(b"status") for a, _ in changed)
    before_plan, after_plan = read(data).workplan, read(after).workplan
    assert (before_plan is None) == (after_plan is None)
    if before_plan and after_plan and before_plan.task(task):
        expected = said(before_plan)
        for fields in expected[1:]:
            if fields.get("id") == task:
                fields.update(status=status.value, state_hub_task_id=HUB_ID)
        assert said(after_plan) == expected
