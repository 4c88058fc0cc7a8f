"""What is amiss between workplans that each are well: one id used in two files."""

from collections import defaultdict
from collections.abc import Iterable, Iterator
from dataclasses import dataclass

from custodian_core.findings import Finding, found

from .model import Workplan

#: how many places are told
MOST = 10


@dataclass(frozen=True, slots=True)
class Shared:
    """An id, and each place that uses it."""

    field: str
    value: str
    places: tuple[tuple[str, int], ...]

    @property
    def finding(self) -> Finding:
        """C-04, at the second place."""
        told = ", ".join(f"{path}:{line}" for path, line in self.places[:MOST])
        facts: dict[str, str | int] = {
            "field": self.field,
            "value": self.value,
            "times": len(self.places),
            "places": told,
        }
        path, line = self.places[1]
        return found("C-04", facts, path=path, line=line)


def shared_ids(plans: Iterable[Workplan]) -> Iterator[Shared]:
    """Each id that two files use."""
    uses: defaultdict[tuple[str, str], list[tuple[str, int]]] = defaultdict(list)
    for plan in plans:
        uses["workplan id", plan.id].append((plan.path, plan.lines["id"]))
        if plan.state_hub_workstream_id:
            line = plan.lines["state_hub_workstream_id"]
            uses["state_hub_workstream_id", plan.state_hub_workstream_id].append((plan.path, line))
        for task in plan.tasks:
            uses["task id", task.id].append((plan.path, task.lines["id"]))
            if task.state_hub_task_id:
                line = task.lines["state_hub_task_id"]
                uses["state_hub_task_id", task.state_hub_task_id].append((plan.path, line))
    for (field, value), places in uses.items():
        if len(places) > 1:
            yield Shared(field, value, tuple(places))
