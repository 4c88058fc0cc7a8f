"""What agents ask of people: answered in place, remembered."""

from typing import TYPE_CHECKING

from starlette.responses import Response

from custodian_core.commands import AnswerHuman
from custodian_core.errors import BadValue
from custodian_core.records import Intervention, Page
from custodian_tools.hub import every

from .entering import required

if TYPE_CHECKING:
    from .app import View

#: how many questions of each kind are shown
MOST_OPEN, MOST_ANSWERED = 100, 50


def show(view: "View") -> Response:
    """Open questions, those that hold up the most first; then what was answered."""
    repo = view.wanted.get("repo") or None
    found: Page[Intervention] = view.hub.interventions(repo=repo, limit=1000)
    held = view.hub.held_up()
    open_ = sorted(found.items, key=lambda each: (-held.get(each.task_id or "", 0), each.since))
    answered = sorted(
        every(view.hub.interventions, repo=repo, is_open=False),
        key=lambda each: each.answered_at or each.since,
        reverse=True,
    )
    return view.page(
        "questions.html",
        open=open_[:MOST_OPEN],
        total=found.total,
        held=held,
        answered=answered[:MOST_ANSWERED],
        answered_total=len(answered),
        repo=repo,
    )


def answer(view: "View") -> Response:
    """The question is answered, under the visitor's name."""
    asked = view.hub.intervention(view.name("id"))
    answered: Intervention = view.do(AnswerHuman(asked.id, _said(view, asked)))
    return view.back("/questions", "_answered.html", asked=answered)


def _said(view: "View", asked: Intervention) -> str:
    """What the form answers: one of the options, or words."""
    choice = view.form.get("choice", "")
    if not choice:
        return required(view, "answer", "the answer")
    if not (choice.isascii() and choice.isdigit()) or int(choice[:9]) >= len(asked.options):
        raise BadValue("choice", "the question has no such option; load the page again")
    return asked.options[int(choice)]
