"""The count of tokens stands above what a tokenizer says, and not far above."""

import json
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from custodian_core.model_tokens import count

#: texts of the kinds that a model reads here, each with its tokens as o200k counts them
SAMPLES = json.loads((Path(__file__).parent / "data/o200k.json").read_text())


@pytest.mark.parametrize("sample", SAMPLES, ids=lambda sample: sample["kind"])
def test_no_text_is_counted_for_less_than_it_costs_nor_for_much_more(
    sample: dict[str, str | int],
) -> None:
    told, real = count(str(sample["text"])), int(sample["tokens"])

    assert real <= told <= real * 1.16


@given(st.text(max_size=200), st.text(max_size=200))
def test_more_text_never_costs_less(one: str, other: str) -> None:
    assert count(one) <= count(f"{one}\n{other}")
    assert (count(one) == 0) is (one == "")
