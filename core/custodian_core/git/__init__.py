"""Git as Custodian uses it: one runner, facts about a checkout, commits built aside, the seal."""
