"""`custodian human`: questions to people, and their answers."""

from datetime import datetime

import click

from custodian_core.codec import now, to_json
from custodian_core.commands import AnswerHuman, AskHuman
from custodian_core.records import Intervention
from custodian_core.text import printable

from .hub import echo_page, opened, paged
from .output import Group, as_json, echo_json, errors_as_json


@click.group(cls=Group, short_help="Ask people, list their open questions, answer them.")
def human() -> None:
    """Ask people, list their open questions, answer them."""


@human.command()
@click.argument("question")
@click.option("--repo", metavar="REPO", help="What it is about: a repo,")
@click.option("--task", metavar="KEY", help="or a task; its claim waits for the answer.")
@click.option("--context", default="", help="What one should know to answer.")
@click.option("--option", "options", multiple=True, help="A possible answer; give one for each.")
@as_json
@errors_as_json
def ask(
    question: str,
    repo: str | None,
    task: str | None,
    context: str,
    options: tuple[str, ...],
    json_: bool,
) -> None:
    """Ask a person QUESTION about a repo or a task."""
    with opened() as desk:
        slug = desk.slug(repo) if repo is not None else None
        asked: Intervention = desk.do(AskHuman(question, slug, task, context, options))
    if json_:
        echo_json("intervention", to_json(asked))
        return
    click.echo(f"asked about {asked.task_key or asked.repo_slug}; answer with")
    click.echo(f"  custodian human answer {asked.id[:8]} ANSWER")


@human.command("list")
@click.option("--repo", metavar="REPO", help="Only those about this repo.")
@click.option("--all", "all_", is_flag=True, help="Answered ones too.")
@paged
@as_json
@errors_as_json
def list_(repo: str | None, all_: bool, limit: int, after: str | None, json_: bool) -> None:
    """List the questions that wait for an answer, the oldest first."""
    with opened() as desk:
        page = desk.hub.interventions(
            repo=desk.slug(repo) if repo is not None else None,
            is_open=None if all_ else True,
            after=after,
            limit=limit,
        )
    if json_:
        echo_json("interventions", to_json(page))
    else:
        at = now()
        echo_page(page, lambda asked: _row(asked, at), "question" if all_ else "open question")


def _row(asked: Intervention, at: datetime) -> tuple[str, ...]:
    from custodian_tools.hub import ago

    text = printable(asked.question)
    if asked.options:
        text += f" ({printable(' / '.join(asked.options))})"
    if asked.context:
        text += f" | {printable(asked.context, 200)}"
    if asked.answer is not None:
        text += click.style(f" → {printable(asked.answer)}", fg="green")
    about = asked.task_key or asked.repo_slug
    return asked.id[:8], ago(asked.since, at), printable(asked.asked_by), about, text


@human.command()
@click.argument("id_", metavar="ID")
@click.argument("answer")
@as_json
@errors_as_json
def answer(id_: str, answer: str, json_: bool) -> None:
    """Answer the question ID, of which the first 6 characters suffice if no other begins so."""
    from custodian_tools.hub import question

    with opened() as desk:
        asked = question(desk.hub, id_)
        answered: Intervention = desk.do(AnswerHuman(asked.id, answer))
    if json_:
        echo_json("intervention", to_json(answered))
    else:
        click.echo(f"answered: {printable(answered.question)} → {printable(answered.answer or '')}")
