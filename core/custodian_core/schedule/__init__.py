"""Which agents run in a repo, and when: the schedule that the repo carries, and what follows.

Nothing here reads a repo or a clock; zones come from the system's own tables, or from tzdata.
"""
