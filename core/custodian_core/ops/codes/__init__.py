"""The codes of what can be amiss in an ops repo, as part of the catalogue."""

from .prerequisites import PREREQUISITES
from .repo import DEFECTS, EVIDENCE, LAYOUT, SECRETS
from .sprints import SPRINTS
from .vault import VAULT

#: every rule, in the order in which people read them
RULES = (*PREREQUISITES, *VAULT, *SPRINTS, *EVIDENCE, *LAYOUT, *DEFECTS, *SECRETS)
