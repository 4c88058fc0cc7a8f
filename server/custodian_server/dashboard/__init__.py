"""The dashboard: the fleet's health, work, questions and history, for people in a browser."""

#: the first segments of the paths that are pages; all others are the API's
PAGES = frozenset(
    {
        "",
        "live",
        "chat",
        "work",
        "questions",
        "repo",
        "flow",
        "log",
        "schedules",
        "approvals",
        "inventory",
        "about",
        "docs",
        "login",
        "logout",
        "static",
    }
)


def is_page(path: str) -> bool:
    """Whether the path is one of the dashboard's."""
    return path.lstrip("/").partition("/")[0] in PAGES
