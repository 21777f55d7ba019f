from __future__ import annotations

from strongroom.api.v1.review_service_pb2 import FieldWeight
from strongroom_cli.reviewing.explain import weights


def said(**found: float) -> str:
    return "\n".join(weights([FieldWeight(field=field.replace("__", "."), weight=weight) for field, weight in found.items()]))


def test_what_was_weighed_is_told_by_the_names_that_the_record_shows() -> None:
    assert "speak attributes.tariff, street for it; birth against it." in said(attr__tariff=4.0, street=3.0, birth=-2.0)


def test_what_goes_together_is_taken_back_in_words_and_speaks_for_nothing() -> None:
    text = said(dependence=-9.0, street=8.0, place=7.0)

    assert "In this order speak street, place for it." in text
    assert "what they say twice is taken back" in text
    assert "dependence" not in text
    assert "taken back" not in said(street=8.0)
