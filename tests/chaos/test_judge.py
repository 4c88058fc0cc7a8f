"""The judge of the chaos: it is content with what is right, and sees each thing that is not."""

import socket
import subprocess
import sys
import threading
from collections import Counter
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest

from custodian_core.records import Event

from . import judge
from .judge import Draft, Told
from .links import Link, Weather
from .moves import shape_of, story
from .plans import BROKEN, ODD, says, with_status
from .run import Outcome
from .world import CLOCK, plan_of

KEYS = ("ALPH-WP-0001-T01", "ALPH-WP-0001-T02")
PATH = "workplans/ALPH-WP-0001.md"
AT = datetime(2026, 11, 21, 12, tzinfo=UTC)
HUB: dict[str, str] = dict(zip(KEYS, ("done", "todo"), strict=True))
PLAN = plan_of("alpha", HUB).encode()


def told(*codes: str, sealed: bool | None = True, path: str | None = PATH) -> Told:
    """What a run tells that found these codes."""
    findings = tuple({"code": code, "path": path, "message": "so"} for code in codes)
    return Told("a", "alpha", "ok", sealed, "1" * 40, findings)


def event(seq: int, kind: str, **more: Any) -> Event:
    return Event(seq, AT, "me", kind, "t1", subject=KEYS[0], **more)


def granted(seq: int, fence: int, holder: str) -> Event:
    return event(seq, "claim.granted", after={"fence": fence, "holder": holder})


def test_a_file_that_says_what_the_hub_says_is_in_order() -> None:
    assert judge.unexplained(HUB, {PATH: PLAN}, [told()]) == []


def test_a_file_that_was_tampered_with_is_seen() -> None:
    tampered = with_status(PLAN, KEYS[1], "done")

    (breach,) = judge.unexplained(HUB, {PATH: tampered}, [told("C-08", "C-13")])
    assert KEYS[1] in str(breach)
    assert judge.unexplained(HUB, {PATH: tampered}, [told("C-14")]) == []
    assert judge.unexplained(HUB, {PATH: tampered}, [told("C-14", path="workplans/x.md")])
    assert judge.unexplained(HUB, {PATH: tampered}, [told("C-18", path=None)]) == []


def test_a_task_that_is_gone_or_there_twice_is_seen() -> None:
    one = plan_of("alpha", {KEYS[0]: "done"}).encode()
    other = plan_of("alpha", {KEYS[1]: "todo"}).encode()

    assert len(judge.unexplained(HUB, {PATH: one}, [told()])) == 1
    assert judge.unexplained(HUB, {PATH: other}, [told()]) == []
    assert len(judge.unexplained(HUB, {PATH: PLAN, "workplans/2.md": one}, [told()])) == 1
    assert len(judge.unexplained({}, {PATH: one}, [told()])) == 1


def test_a_plan_that_is_gone_with_open_tasks_is_seen_unless_a_finding_names_its_file() -> None:
    assert len(judge.unexplained({KEYS[1]: "todo"}, {}, [told()])) == 1
    assert judge.unexplained({KEYS[1]: "todo"}, {}, [told("C-07")]) == []
    assert len(judge.unexplained({KEYS[1]: "todo"}, {}, [told("C-07", path="workplans/x.md")])) == 1


def test_a_task_that_went_back_without_a_word_is_seen() -> None:
    back: dict[str, Any] = {"before": {"status": "done"}, "after": {"status": "todo"}}

    assert judge.gone_back([event(1, "task.reopened", reason="it broke", **back)]) == []
    assert len(judge.gone_back([event(1, "task.status", **back)])) == 1


def test_an_update_that_is_lost_is_seen() -> None:
    assert judge.lost_progress({KEYS[0]: (0, 2)}, {KEYS[0]: (1, 0)}) == []
    assert len(judge.lost_progress({KEYS[0]: (1, 1)}, {KEYS[0]: (1, 0)})) == 1
    assert len(judge.lost_progress({KEYS[0]: (0, 1)}, {})) == 1


def test_a_claim_that_two_hold_is_seen() -> None:
    released = event(2, "claim.released")

    assert judge.held_twice([granted(1, 1, "ada"), released, granted(3, 3, "bob")]) == []
    assert len(judge.held_twice([granted(1, 1, "ada"), granted(2, 2, "bob")])) == 1
    assert len(judge.held_twice([granted(1, 1, "ada"), released, granted(3, 1, "bob")])) == 1


def test_a_claim_that_was_told_to_somebody_else_is_seen() -> None:
    log = [granted(1, 1, "ada")]

    assert judge.won_by_nobody([(KEYS[0], 1, "ada")], log) == []
    assert len(judge.won_by_nobody([(KEYS[0], 1, "bob")], log)) == 1


def test_a_seal_that_does_not_hold_is_seen() -> None:
    assert judge.unsealed([told()], {"alpha": "1" * 40}) == []
    assert len(judge.unsealed([told()], {"alpha": "2" * 40})) == 1
    assert len(judge.unsealed([told(sealed=False)], {"alpha": "2" * 40})) == 1
    assert judge.unsealed([told("C-17", sealed=False)], {"alpha": "2" * 40}) == []


def test_work_that_is_gone_is_seen() -> None:
    assert judge.lost_work(["a 1.", "a 2."], "a 2.\n\na 1.\n") == []
    assert len(judge.lost_work(["a 1.", "a 2."], "a 1.\n")) == 1


def test_a_byte_beside_is_seen() -> None:
    linked = PLAN.replace(b"priority", b'state_hub_task_id: "x"\npriority', 1)

    assert judge.overwritten("c", PATH, PLAN, with_status(linked, KEYS[0], "todo")) == []
    assert len(judge.overwritten("c", PATH, PLAN, PLAN.replace(b"Prose", b"prose", 1))) == 1
    assert len(judge.overwritten("c", "README.md", PLAN, PLAN)) == 1


def test_a_traceback_and_an_unknown_end_are_seen() -> None:
    assert judge.ill_mannered("fix", 1, "fail") == []
    assert len(judge.ill_mannered("fix", 1, "Traceback (most recent call last)")) == 1
    assert len(judge.ill_mannered("fix", -11, "")) == 1


def draft(**more: Any) -> Draft:
    """A workplan that somebody has changed, and staged before that."""
    known: dict[str, Any] = {"path": PATH, "on_disk": b"mine", "staged": "b1"}
    known |= {"words": "Draft 0 of a.", "task": "ALPH-WP-0001-T900", "is_new": False}
    return Draft(**known | more)


def test_a_draft_that_is_not_as_its_owner_left_it_is_seen() -> None:
    gone = draft(on_disk=None, staged="")

    assert judge.disturbed("alpha on a", draft(), b"mine", "b1") == []
    assert judge.disturbed("alpha on a", draft(staged=None), b"mine", "b2") == []
    assert judge.disturbed("alpha on a", gone, None, "") == []
    (overwritten,) = judge.disturbed("alpha on a", draft(), b"theirs", "b1")
    assert "theirs" in str(overwritten)
    assert len(judge.disturbed("alpha on a", draft(), None, "b1")) == 1
    assert len(judge.disturbed("alpha on a", draft(), b"mine", "b2")) == 1
    assert len(judge.disturbed("alpha on a", gone, b"again", "b1")) == 2


def test_a_draft_in_a_commit_or_in_a_hub_is_seen() -> None:
    secrets = [("Draft 0 of a.", "ALPH-WP-0001-T900")]

    assert judge.leaked(secrets, "+Draft 1 of a.\n", KEYS) == []
    assert len(judge.leaked(secrets, "+Draft 0 of a.\n", KEYS)) == 1
    assert len(judge.leaked(secrets, "", [*KEYS, "ALPH-WP-0001-T900"])) == 1


def test_a_draft_of_which_no_finding_tells_is_seen() -> None:
    assert judge.untold([PATH], [told("C-14")]) == []
    assert judge.untold(["notes.txt"], [told()]) == []
    assert judge.untold([PATH], [told("C-15")]) == []
    assert len(judge.untold([PATH], [told()])) == 1
    assert len(judge.untold([PATH], [told("C-14", path="workplans/x.md")])) == 1


def test_runs_that_start_runs_are_seen() -> None:
    assert judge.looping("a", runs=3, fired=3) == []
    assert len(judge.looping("a", runs=4, fired=3)) == 1


def test_a_workers_clone_that_stays_damaged_is_seen() -> None:
    assert judge.unmended([told("C-14", "C-08")]) == []
    assert len(judge.unmended([told("C-15")])) == 1


def test_what_a_worker_leaves_lying_about_is_seen() -> None:
    assert judge.littered("a", ["alpha", ".alpha.damaged"], ("alpha",)) == []
    assert len(judge.littered("a", ["alpha", ".alpha.0f3a"], ("alpha",))) == 1


def test_a_server_that_tells_another_story_is_seen() -> None:
    assert judge.told_apart(["t1", "t2"], {"server0": ["t2", "t1"]}) == []
    (breach,) = judge.told_apart(["t1"], {"server0": ["t1"], "server1": ["t0"]})
    assert "server1 says t0" in str(breach)
    assert len(judge.told_apart(["t1"], {"server0": []})) == 1


@pytest.mark.parametrize("odd", range(len(ODD)))
def test_what_is_odd_still_says_what_it_said(odd: int) -> None:
    strange = ODD[odd](PLAN)

    assert {key: says(strange)[key] for key in KEYS} == HUB
    assert says(with_status(strange, KEYS[1], "blocked"))[KEYS[1]] == "blocked"


@pytest.mark.parametrize("broken", range(len(BROKEN)))
def test_what_is_broken_is_not_what_it_was(broken: int) -> None:
    assert BROKEN[broken](PLAN) != PLAN


def test_a_seed_is_one_story_and_a_shorter_one_begins_alike() -> None:
    assert story(7, 40) == story(7, 40)
    assert story(7, 40)[:12] == story(7, 12)
    assert story(7, 40) != story(8, 40)
    assert {shape_of(seed).hosts for seed in range(200)} == {2, 3, 4, 5}


def test_a_breach_is_told_with_the_line_that_replays_it() -> None:
    breach = judge.Breach("nothing is lost", "the commit of 'a 1.' is not there any more")
    outcome = Outcome(7, 30, Counter(), (breach,))

    assert "nothing is lost: the commit of 'a 1.'" in outcome.told
    assert outcome.told.endswith("\nreplay: make chaos SEED=7 STEPS=30")


def echo(listener: socket.socket) -> None:
    """Whoever connects hears what they say."""
    while True:
        try:
            end, _ = listener.accept()
        except OSError:
            return
        with end:
            while piece := end.recv(100):
                end.sendall(piece)


def heard(link: Link, said: bytes) -> bytes:
    with socket.create_connection(("127.0.0.1", link.port), 10) as end:
        end.sendall(said)
        try:
            return end.recv(100)
        except ConnectionError:
            return b""


def test_the_weather_on_a_link_is_what_it_was_told_to_be() -> None:
    with socket.create_server(("127.0.0.1", 0)) as listener:
        threading.Thread(target=echo, args=(listener,), daemon=True).start()
        address = listener.getsockname()
        link = Link(lambda: socket.create_connection(address))
        fair = heard(link, b"POST /")
        link.turn(Weather.DEAF)
        deaf = heard(link, b"POST /"), heard(link, b"GET /")
        link.turn(Weather.CUT)
        cut = heard(link, b"GET /")
        link.turn(Weather.STALLED, 0.05)
        after_a_while = heard(link, b"GET /")
        link.close()
        listener.shutdown(socket.SHUT_RDWR)

    assert (fair, deaf, cut, after_a_while) == (b"POST /", (b"", b"GET /"), b"", b"GET /")


def test_a_process_has_the_clock_of_its_host(tmp_path: Path) -> None:
    clock = tmp_path / "clock"
    clock.write_text("-86400")
    program = (
        "import time\nfrom custodian_core.codec import now\nprint(now().isoformat(), time.time())"
    )
    env = {"PYTHONPATH": str(CLOCK), "CHAOS_CLOCK": str(clock)}
    ran = subprocess.run(
        [sys.executable, "-c", program], env=env, capture_output=True, text=True, check=True
    )
    told, seconds = ran.stdout.split()

    behind = datetime.now(UTC) - datetime.fromisoformat(told)
    assert 86_300 < behind.total_seconds() < 86_500
    assert abs(datetime.fromisoformat(told).timestamp() - float(seconds)) < 5
