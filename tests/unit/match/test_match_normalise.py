"""One cell to its comparable spelling."""

import pytest

from analysis_worker.steps.match import normalise
from analysis_worker.steps.match.nicknames import given_root


@pytest.mark.parametrize(
    ("cell", "expected"),
    [
        ("  O'BRIEN-Müller ", "obrien muller"),
        ("Łukasz Ørsted", "lukasz orsted"),
        ("Straße", "strasse"),
        ("李 小龙", "李 小龙"),
        ("N/A", None),
        ("unknown", None),
        ("---", None),
        ("", None),
    ],
)
def test_case_accents_and_punctuation_do_not_distinguish_people(cell: str, expected: str | None) -> None:
    assert normalise.folded(cell) == expected


@pytest.mark.parametrize(
    ("cell", "expected"),
    [
        ("1908-12-09", "19081209"),
        ("19081209", "19081209"),
        ("1908-12-09T00:00:00", "19081209"),
        ("9.12.1908", "19081209"),
        ("12/25/1980", "19801225"),
        ("04-06-82", "19820604"),
        ("1852-00-01", "18520001"),
        ("31/02/1990", "19900231"),
        ("0000-00-00", None),
        ("n/a", None),
    ],
)
def test_a_date_is_its_digits_even_when_no_calendar_has_it(cell: str, expected: str | None) -> None:
    assert normalise.date_digits(cell) == expected


def test_local_and_international_phone_numbers_share_their_key() -> None:
    assert normalise.phone_key("+44 20 7946 0958") == normalise.phone_key("(020) 7946-0958")


@pytest.mark.parametrize("cell", ["0000000", "12", "none", ""])
def test_a_phone_placeholder_is_absent(cell: str) -> None:
    assert normalise.phone_key(cell) is None


def test_an_email_without_a_mailbox_name_is_absent() -> None:
    assert normalise.email_key(" Ilva.Roe@Mail.Example ") == "ilva.roe@mail.example"
    assert normalise.email_key("n/a@mail.example") is None
    assert normalise.email_key("@mail.example") is None


@pytest.mark.parametrize(
    ("cell", "expected"),
    [
        ("12b High Street", ("12b", "high st")),
        ("Hauptstrasse 7", ("7", "hauptstrasse")),
        ("The Old Mill", (None, "the old mill")),
        ("n/a", (None, None)),
    ],
)
def test_a_street_is_split_into_number_and_name(cell: str, expected: tuple[str | None, str | None]) -> None:
    assert normalise.split_street(cell) == expected


def test_full_names_are_read_in_both_orders() -> None:
    assert normalise.split_full_name("Ilva Maria Roe") == ("ilva maria", "roe")
    assert normalise.split_full_name("Roe, Ilva Maria") == ("ilva maria", "roe")
    assert normalise.split_full_name("Roe") == (None, "roe")


def test_swapped_names_have_the_same_sorted_words() -> None:
    assert normalise.sorted_tokens("ilva", "roe") == normalise.sorted_tokens("roe", "ilva")


@pytest.mark.parametrize(
    ("form", "other"), [("bob", "robert"), ("liz", "elizabeth"), ("william", "billy"), ("kate", "katherine")]
)
def test_everyday_forms_share_their_root(form: str, other: str) -> None:
    assert given_root(form) == given_root(other)


def test_sound_alike_names_share_their_skeleton() -> None:
    assert normalise.skeleton("philips") == normalise.skeleton("fillips")
    assert normalise.skeleton("mccarthy") != normalise.skeleton("dunmore")


def test_spellings_of_a_gender_are_one_word() -> None:
    assert normalise.gender_word("Mrs") == normalise.gender_word("F") == normalise.gender_word("FEMALE")
    assert normalise.gender_word("diverse") == "diverse"


@pytest.mark.parametrize(
    "cell", ["03. 02. 1980", "03-02-1980", "3 February 1980", "Feb 3, 1980", "3. Februar 1980", "3 févr. 1980"]
)
def test_a_date_in_words_or_with_wide_separators_is_that_date(cell: str) -> None:
    assert normalise.date_digits(cell) == "19800203"


@pytest.mark.parametrize("cell", ["01/01/1900", "1900-01-01", "01.01.1970"])
def test_a_date_that_stands_in_for_an_unknown_one_is_absent(cell: str) -> None:
    assert normalise.date_digits(cell) is None
