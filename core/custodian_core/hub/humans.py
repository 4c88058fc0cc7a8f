"""Questions to people: asked, answered, and what waits for them."""

from custodian_core.commands import AnswerHuman, AskHuman
from custodian_core.errors import BadValue, Conflict, UnknownThing
from custodian_core.records import Intervention

from . import claims, rows
from .rows import as_text
from .writing import Reading, Writing, new_id


def ask_human(tx: Writing, command: AskHuman) -> Intervention:
    """The question is open, and a claim on its task waits for the answer."""
    if not command.question.strip():
        raise BadValue("question", "it is empty")
    task = tx.task(command.task) if command.task else None
    slug = task.repo_slug if task else command.repo
    if slug is None:
        raise BadValue("question", "say which repo or task it is about")
    if task and command.repo not in (None, slug):
        raise BadValue("repo", f"task {task.key} is of repo {slug}, not {command.repo}")
    intervention_id = new_id()
    tx.run(
        "add_intervention",
        id=intervention_id,
        repo_id=tx.repo_row(slug)["id"],
        task_id=task.id if task else None,
        question=command.question,
        context=command.context,
        options=as_text(command.options),
        asked_by=tx.by.name,
        at=tx.at,
    )
    tx.event(
        "human.asked",
        intervention_id,
        subject=task.key if task else None,
        repo=slug,
        after={"question": command.question},
    )
    if task:
        claims.park(tx, task, parked=True)
    return the_intervention(tx, intervention_id)


def answer_human(tx: Writing, command: AnswerHuman) -> Intervention:
    """The question is answered; when it was the task's last, its claim goes on."""
    asked = the_intervention(tx, command.intervention)
    if not command.answer.strip():
        raise BadValue("answer", "it is empty")
    if not asked.is_open:
        who = f"{asked.answered_by} answered it already: {asked.answer}"
        raise Conflict(f"question {asked.id}", who)
    tx.run(
        "answer_intervention",
        id=asked.id,
        answer=command.answer,
        answered_by=tx.by.name,
        at=tx.at,
    )
    tx.event(
        "human.answered",
        asked.id,
        subject=asked.task_key,
        repo=asked.repo_slug,
        before={"question": asked.question},
        after={"answer": command.answer},
    )
    if asked.task_id and not tx.value("open_questions_of_task", task_id=asked.task_id):
        claims.park(tx, tx.task(asked.task_id), parked=False)
    return the_intervention(tx, asked.id)


def the_intervention(tx: Reading, intervention_id: str) -> Intervention:
    """The question of that id."""
    row = tx.one("intervention", id=intervention_id)
    if row is None:
        raise UnknownThing("intervention", intervention_id)
    return rows.intervention(row)
