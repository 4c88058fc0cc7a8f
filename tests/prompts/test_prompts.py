from custodian_core.findings import Severity
from custodian_core.workplan import read
from custodian_prompts import load
from custodian_tools.workplans import guide


def test_the_example_in_the_guide_is_a_plan_that_custodian_reads() -> None:
    text = guide(load)
    front = text.split("```yaml\n")[1].split("```")[0]
    task = text.split("~~~markdown\n")[1].split("~~~")[0]
    reading = read((front + task).encode())

    assert all(finding.severity is Severity.INFO for finding in reading.findings)
    assert reading.workplan
    (one,) = reading.workplan.tasks
    assert (one.title, one.acceptance[0].text) == (
        "Git post-commit hook installer",
        "a commit in `marki-docx` shows in the hub within 2 s.",
    )


def test_nothing_in_the_guide_is_left_to_fill_in() -> None:
    assert "{" not in guide(load)
