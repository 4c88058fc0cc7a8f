"""Whom automated commits are by."""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Author:
    """Whom automated commits are by."""

    name: str
    email: str
