"""What an agent should know to work with Custodian, as skills: texts with a name and a purpose."""

import hashlib
from collections.abc import Callable, Iterator
from dataclasses import dataclass

from .workplans import guide

#: every skill, the one that is needed first coming first
NAMES = (
    "custodian-work",
    "custodian-close",
    "custodian-questions",
    "custodian-workplan",
    "custodian-triage",
)
#: the prompts that a skill may hold; where one speaks of a repo, a skill leaves it open
PROMPTS = ("session_close", "answer_questions", "triage_inventory")
FENCE = "---\n"


@dataclass(frozen=True, slots=True)
class Skill:
    """One skill, as the file `SKILL.md` that hosts of agents read."""

    name: str
    description: str
    #: the whole file, its front matter too
    text: str

    @property
    def size(self) -> int:
        """How many bytes the file has."""
        return len(self.text.encode())

    @property
    def digest(self) -> str:
        """What names these very bytes."""
        return f"sha256:{hashlib.sha256(self.text.encode()).hexdigest()}"


def skills(load: Callable[[str], str]) -> tuple[Skill, ...]:
    """Every skill, made of the prompts that `load` finds: what they say is written once."""
    said = {name: load(name).format(repo="REPO").strip() for name in PROMPTS}
    said["workplan_format"] = guide(load).strip()
    return tuple(_skill(load(f"skills/{name}"), said) for name in NAMES)


def _skill(source: str, said: dict[str, str]) -> Skill:
    _, front, body = source.split(FENCE, 2)
    told = dict(_fields(front))
    text = f"{FENCE}{front}{FENCE}{body.format_map(said)}"
    return Skill(told["name"], told["description"], text)


def _fields(front: str) -> Iterator[tuple[str, str]]:
    for row in front.splitlines():
        name, _, value = row.partition(": ")
        yield name, value
