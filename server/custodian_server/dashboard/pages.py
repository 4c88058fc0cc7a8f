"""Every page, and what answers for it."""

from . import (
    approvals,
    chat,
    entering,
    flow,
    health,
    history,
    inventory,
    prerequisites,
    questions,
    repo,
    schedules,
    work,
)
from .app import Page

PAGES = (
    Page("/", health.show),
    Page("/live", health.live),
    Page("/chat/health", chat.show),
    Page("/chat/repos", chat.repos),
    Page("/work", work.show),
    Page("/questions", questions.show),
    Page("/questions/{id}", questions.answer, "POST"),
    Page("/repo/{slug}", repo.show),
    Page("/repo/{slug}/goal", repo.set_goal, "POST"),
    Page("/inventory", inventory.show),
    Page("/inventory", inventory.ask, "POST"),
    Page("/inventory/register", inventory.register, "POST"),
    Page("/inventory/out-of-scope", inventory.leave_out, "POST"),
    Page("/repo/{slug}/prerequisites", prerequisites.show),
    Page("/schedules", schedules.show),
    Page("/approvals", approvals.show_all),
    Page("/approvals/{slug}", approvals.decide, "POST"),
    Page("/flow", flow.show),
    Page("/log", history.show),
    Page("/about", entering.about),
    Page("/docs", entering.docs),
    Page("/login", entering.show, is_open=True),
    Page("/login", entering.enter, "POST", is_open=True),
    Page("/logout", entering.leave, "POST", acts=False),
)
