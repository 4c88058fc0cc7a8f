"""The log tells once of each action that was asked for."""

from dataclasses import replace

import pytest

from custodian_core.commands import RecordAsked
from custodian_core.errors import BadValue, UnknownThing
from custodian_core.hub.vaults import ASKED
from custodian_core.ports import Hub
from custodian_core.records import Event

from .made import ME, YOU, a_repo

LOW = RecordAsked("marki-docx", "triage-20260509", "triage", "low", "Two issues wait.")


def test_an_action_that_was_asked_for_is_told_in_the_log_once(hub: Hub) -> None:
    a_repo(hub)
    event: Event = hub.do(LOW, ME)

    assert (event.type, event.subject, event.actor) == (
        ASKED,
        "marki-docx/triage-20260509",
        ME.name,
    )
    assert event.after == {"tier": "low", "formula": "triage", "context": "Two issues wait."}
    assert hub.do(LOW, YOU).seq == event.seq
    assert hub.events(type=ASKED).items == (event,)
    assert hub.do(replace(LOW, tier="high"), ME).seq > event.seq


@pytest.mark.parametrize(
    "asked",
    [replace(LOW, action="../x"), replace(LOW, tier="LOW"), replace(LOW, formula="a\nb")],
)
def test_what_names_no_action_is_not_told(hub: Hub, asked: RecordAsked) -> None:
    a_repo(hub)
    with pytest.raises(BadValue):
        hub.do(asked, ME)
    assert hub.events(type=ASKED).total == 0


def test_a_repo_that_nobody_knows_has_no_vault(hub: Hub) -> None:
    with pytest.raises(UnknownThing):
        hub.do(LOW, ME)
