"""Swapped names: what endings, everyday names and the file's own share of swapped rows say."""

from datetime import date

import pyarrow as pa

from analysis_worker.steps.correct import CorrectOptions, correct
from analysis_worker.steps.correct.known_names import is_family_name, is_given_name
from analysis_worker.steps.correct.name_endings import NameEndings
from analysis_worker.steps.correct.swap_odds import least_log_odds

STEMS = ("Br", "Dr", "Fl", "Gr", "Kl", "Pl", "St", "Tr", "Gl", "Bl")
GIVEN = [f"{stem}{vowel}ette" for stem in STEMS for vowel in "aou"]
FAMILY = [f"{stem}{vowel}nmann" for stem in STEMS for vowel in "aou"]
PAIRS = [(given, FAMILY[(place * 7 + turn * 11) % len(FAMILY)]) for turn in range(5) for place, given in enumerate(GIVEN)]


def swapped(*pairs: tuple[str, str]) -> set[tuple[str, str]]:
    """The pairs, of those given, that are said to be swapped in a file of `PAIRS` and them."""
    rows = [*pairs, *PAIRS]
    table = pa.table(
        {
            "row_id": [str(place) for place in range(len(rows))],
            "given_name": [a for a, _ in rows],
            "family_name": [b for _, b in rows],
        }
    )
    found = correct(table, CorrectOptions(as_of=date(2026, 1, 1))).proposals.to_pylist()
    return {rows[int(one["row_id"])] for one in found if one["rule"] == "name.swapped"}


def test_name_nobody_else_has_is_told_by_its_ending() -> None:
    assert swapped(("Zwolinmann", GIVEN[0])) == {("Zwolinmann", GIVEN[0])}
    assert swapped(("Zwolix", "Zwarox")) == set()


def test_share_of_an_ending_leaves_the_name_itself_out() -> None:
    endings = NameEndings({"anna": 3, "zwolinmann": 1}, {"brandmann": 2, "stromann": 5}, share_of_family=0.5)
    alone = NameEndings({"anna": 3}, {"brandmann": 2, "stromann": 5}, share_of_family=0.5)
    assert endings.share_of_family("zwolinmann") == alone.share_of_family("zwolinmann") > 0.7


def test_everyday_names_are_known_in_one_role_only() -> None:
    assert is_given_name("malgorzata")
    assert is_family_name("kowalczyk")
    assert not any(
        is_given_name(name) and is_family_name(name) for name in ("martin", "thomas", "bruno", "kelly", "anna", "smith")
    )
    assert not is_given_name("martin")
    assert not is_family_name("martin")


def test_two_everyday_names_are_enough_in_a_small_file() -> None:
    assert swapped(("Kowalczyk", "Katarzyna")) == {("Kowalczyk", "Katarzyna")}
    assert swapped(("Katarzyna", "Kowalczyk")) == set()


def test_pair_that_stands_both_ways_is_left_alone_where_only_these_two_rows_use_the_names() -> None:
    assert swapped(("Zwolix", "Zwarox"), ("Zwarox", "Zwolix")) == set()
    known = ("Katarzyna", "Zwarox")
    assert swapped(known, known[::-1]) == {known[::-1]}


def test_file_without_a_clear_case_asks_for_more() -> None:
    quiet = least_log_odds([-8.0] * 5_000, pairs=5_000, found=0)
    messy = least_log_odds([*[-8.0] * 5_000, *[12.0] * 200], pairs=5_200, found=0)
    assert quiet > messy + 2
