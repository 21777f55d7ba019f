from __future__ import annotations

import pytest

from strongroom_cli.commands.step_arguments import option_table
from strongroom_cli.faults import CommandError


@pytest.mark.parametrize(
    ("typed", "meant"),
    [
        ("segment.numeric=income,stated_age", ["income", "stated_age"]),
        ("segment.numeric= income , attributes.tariff ", ["income", "attributes.tariff"]),
        ("segment.numeric=[income, stated_age]", ["income", "stated_age"]),
        ('segment.numeric=["a, b","c"]', ["a, b", "c"]),
        ("segment.numeric=income", ["income"]),
        ("segment.numeric=", []),
        ("segment.numeric=null", None),
        ("classify.ignored=null", ["null"]),
        ("classify.target=123", "123"),
        ("classify.target=true", "true"),
        ('classify.target="left the shop"', "left the shop"),
        ("match.incremental=Yes", True),
        ("match.incremental=off", False),
        ("match.accept_probability=.9", 0.9),
        ("match.comparisons_min=1e3", 1000),
        ("segment.max_segments=8", 8),
        ("value.as_of=1998-06-30", "1998-06-30"),
        ("enrich.joins=codes: city = town, zip = code -> region = land", ["codes: city = town, zip = code -> region = land"]),
    ],
)
def test_value_is_read_as_its_option_wants_it(typed: str, meant: object) -> None:
    step, _, key = typed.partition("=")[0].partition(".")

    assert option_table([typed]) == {step: {key: meant}}


@pytest.mark.parametrize(
    ("typed", "words"),
    [
        ("match.accept_probability=NaN", "must be a number such as 0.9"),
        ("match.accept_probability=0,9", "must be a number such as 0.9"),
        ("match.comparisons_min=1e400", "must be a whole number such as 8"),
        ("match.comparisons_min=" + "9" * 5000, "must be a whole number such as 8"),
        ("match.incremental=perhaps", "must be true or false"),
        ("segment.numeric=[1, 2]", "a list holds texts"),
        ("segment.numeric=" + "x" * 70_000, "at most 65,536 characters"),
        ("segment.max_segments", "written STEP.KEY=VALUE"),
        ("=8", "written STEP.KEY=VALUE"),
    ],
)
def test_value_that_cannot_be_is_refused_with_what_to_type(typed: str, words: str) -> None:
    with pytest.raises(CommandError) as refused:
        option_table([typed])

    assert words in refused.value.message
    assert "perhaps" not in refused.value.message


@pytest.mark.parametrize("brackets", ["[" * 60_000, '{"a":' * 10_000])
def test_no_depth_of_brackets_is_a_fault_of_the_command(brackets: str) -> None:
    assert option_table([f"segment.numeric={brackets}", f"impute.nothing={brackets}"])


def test_list_that_is_repeated_grows_and_anything_else_is_said_once() -> None:
    assert option_table(["enrich.joins=a: x = y -> f = g", "enrich.joins=b: x = y -> f = g"]) == {
        "enrich": {"joins": ["a: x = y -> f = g", "b: x = y -> f = g"]}
    }
    with pytest.raises(CommandError, match="given twice"):
        option_table(["segment.max_segments=8", "segment.max_segments=9"])


def test_option_that_no_step_has_is_left_to_the_vault_to_refuse() -> None:
    assert option_table(["match.foo=1", "dance.bar=NaN"]) == {"match": {"foo": 1}, "dance": {"bar": "NaN"}}
