"""A repo as a forge tells of it; alone, since every command that opens the hub loads it."""

from dataclasses import dataclass
from datetime import datetime


@dataclass(frozen=True, slots=True)
class ForgeRepo:
    """A repo as the forge tells of it to this token."""

    #: stays the same when the repo is renamed or moves to another owner
    id: int
    owner: str
    name: str
    full_name: str
    clone_url: str
    ssh_url: str
    html_url: str
    description: str = ""
    default_branch: str | None = None
    archived: bool = False
    mirror: bool = False
    empty: bool = False
    fork: bool = False
    template: bool = False
    private: bool = False
    language: str | None = None
    size_kib: int | None = None
    #: forges do not tell when somebody pushed; this moves with every push, and with some else
    updated_at: datetime | None = None
    #: None where the forge did not say
    can_pull: bool | None = None
    can_push: bool | None = None
    can_admin: bool | None = None
    #: None where nobody looked
    has_workplans: bool | None = None
    #: the full name it was asked by, where it goes by another now
    renamed_from: str | None = None
