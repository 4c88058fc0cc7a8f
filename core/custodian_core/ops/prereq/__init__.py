"""The prerequisite tree: what each objective needs, and what holds most of them up."""
