"""The forge: what Custodian asks of Gitea and Forgejo, as values, and the client that asks."""
