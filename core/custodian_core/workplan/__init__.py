"""Workplans: Markdown plans with front matter and fenced task blocks."""

from custodian_core.blob import blob_id

from .cache import Readings
from .edit import Change, SetPlanHubId, SetPlanStatus, SetTaskHubId, SetTaskStatus, edit
from .model import BrokenTask, Criterion, Reading, Span, Task, Workplan
from .read import read, too_large

__all__ = [
    "BrokenTask",
    "Change",
    "Criterion",
    "Reading",
    "Readings",
    "SetPlanHubId",
    "SetPlanStatus",
    "SetTaskHubId",
    "SetTaskStatus",
    "Span",
    "Task",
    "Workplan",
    "blob_id",
    "edit",
    "read",
    "too_large",
]
