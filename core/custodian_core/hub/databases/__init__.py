"""The two databases: how each is opened, begun in, and brought to the schema of today."""

from .port import Database, Question, Turn, roll_back
from .postgresql import PostgreSQL
from .sqlite import SQLite

__all__ = ["Database", "PostgreSQL", "Question", "SQLite", "Turn", "roll_back"]
