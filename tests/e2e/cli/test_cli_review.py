"""`strongroom review` over a real vault, and the keyboard review on a real pseudo-terminal."""

from __future__ import annotations

import re

import pytest

from helpers.cli_desk import Desk
from helpers.review_making import MatchRun
from helpers.terminal_screen import Screen
from strongroom import Customer, ExternalId
from strongroom.api.v1.customer_pb2 import PROPOSAL_STATE_PENDING, Correction

NAMES = ("Brandt", "Brand", "Wessel", "Vessel")


@pytest.fixture
def asked(desk: Desk) -> list[str]:
    """Ids of three proposals, the most doubtful first: two pairs and a correction."""
    for number, name in enumerate(NAMES):
        desk.tenant.admin.customers.create(
            Customer(
                family_name=name, emails=[f"{name}@mail.example"], external_ids=[ExternalId(source="crm", id=f"K{number}")]
            )
        )
    run = MatchRun(desk.tenant)
    run.propose(run.pair("Brandt", "Brand", 0.5), run.pair("Wessel", "Vessel", 0.6))
    wrong = Correction(field="family_name", rule="name_case", before="Brandt", after="Brandl", confidence=0.9)
    wrong.state = PROPOSAL_STATE_PENDING
    run.correct("Brandt", wrong)
    run.commit(pairs=2, corrections=1)
    rows = desk.run("review", "list", "-o", "json").json()
    return [row["name"].rpartition("/")[2] for row in rows]


def test_the_queue_is_listed_in_every_format(desk: Desk, asked: list[str]) -> None:
    table = desk.run("review", "list")
    lines = table.out.splitlines()
    assert lines[0].split() == ["proposal", "kind", "asks", "sure", "likely", "state", "assignee"]
    assert [line.split()[0] for line in lines[1:]] == asked
    assert "same given_name but family_name" in lines[1]
    assert "family_name: name_case" in lines[3]
    assert len(desk.run("review", "list", "-o", "jsonl", "--limit", "2").out.splitlines()) == 2
    assert len(desk.run("review", "list", "-o", "json", "--kind", "correction").json()) == 1
    assert desk.run("review", "list", "--state", "rejected").err == "Nothing found.\n"


def test_a_pair_is_explained_in_words_and_masked_unless_a_purpose_shows_it(desk: Desk, asked: list[str]) -> None:
    shown = desk.run("review", "show", asked[0])
    assert shown.code == 0
    assert "The run was 50% sure (step match of run" in shown.out
    assert re.search(r"family_name +-3\.50 +-{24}\n +given_name +\+2\.00 +\+{14}\n", shown.out)
    assert "In this order speak given_name for it; family_name against it." in shown.out
    assert "Brand" not in shown.out
    assert "--purpose" in shown.err
    whole = desk.run("review", "show", asked[0], "--purpose", "service")
    assert {"Brandt", "Brand"} <= set(whole.out.split()), whole
    assert set(desk.run("review", "show", asked[0], "-o", "json").json()) == {"proposal", "records"}
    assert "Brandt  ->  Brandl" in desk.run("review", "show", asked[2], "--purpose", "service").out


def test_proposals_are_decided_assigned_and_taken_back(desk: Desk, asked: list[str]) -> None:
    ended = desk.run("review", "assign", *asked[:2], "--to", "analyst")
    assert ended.out.count("analyst") == 2
    assert len(desk.run("review", "list", "-o", "json", "--assignee", "analyst").json()) == 2
    accepted = desk.run("review", "accept", asked[0], "--comment", "same birth date", "-o", "json").json()
    assert (accepted[0]["state"], accepted[0]["kind"]) == ("accepted", "match")
    assert accepted[0]["votes"][0]["verdict"] == "accept"
    again = desk.run("review", "reject", asked[0])
    assert again.code == 6
    assert "ALREADY_DECIDED" in again.err
    assert "developer: accept (same birth date)" in desk.run("review", "show", asked[0]).out
    assert desk.run("review", "reopen", asked[0]).code == 0
    assert desk.run("review", "show", "00000000-0000-0000-0000-000000000000").code == 3
    assert desk.run("review", "accept", "no-such-form").code == 2


def test_of_several_decisions_those_before_a_refusal_are_told_and_stand(desk: Desk, asked: list[str]) -> None:
    nothing = "00000000-0000-0000-0000-000000000000"
    ended = desk.run("review", "accept", asked[0], nothing, asked[1])
    assert (ended.code, asked[0] in ended.out, asked[1] in ended.out) == (3, True, False)
    assert f"1 of 3 done; it stopped at {nothing}." in ended.err
    assert asked[1] in desk.run("review", "list").out


def test_customers_are_linked_and_split_by_hand(desk: Desk, asked: list[str]) -> None:
    assert asked
    assert "accepted" in desk.run("review", "link", "crm:K0", "crm:K2", "--comment", "moved").out
    assert desk.run("review", "split", "crm:K0", "crm:K2").code == 6
    assert "rejected" in desk.run("review", "split", "crm:K1", "crm:K3").out


def test_two_person_review_is_switched_and_shown(desk: Desk, asked: list[str]) -> None:
    assert desk.run("review", "settings", "-o", "json").json() == {"two_person": False, "two_person_kinds": []}
    assert desk.run("review", "settings", "--two-person", "correction").out.split() == ["two_person", "correction"]
    assert desk.run("review", "settings", "--two-person", "on").out.split() == ["two_person", "yes"]
    assert "waiting for a second vote" in desk.run("review", "accept", asked[0]).out
    assert "SAME_PRINCIPAL" in desk.run("review", "accept", asked[0]).err


def test_the_keyboard_review_refuses_without_a_terminal_in_one_line_and_a_hint(desk: Desk, asked: list[str]) -> None:
    assert asked
    refused = desk.run("review", "run")
    assert refused.code == 2
    assert refused.err.splitlines()[0] == "strongroom: The keyboard review needs a terminal."
    assert refused.out == ""


def test_the_keyboard_decides_skips_undoes_and_quits(desk: Desk, asked: list[str], terminal: tuple[Screen, int]) -> None:
    screen, theirs = terminal
    process = desk.process("review", "run", "--purpose", "service", stdin=theirs, stdout=theirs, stderr=theirs)
    prompt = "u undo last   q quit"
    assert asked[0] in screen.until(prompt)
    screen.press("x")  # means nothing
    for arrow_or_function_key in ("\x1b[A", "\x1bOR", "\x1b[1;5A"):
        screen.press(arrow_or_function_key)
    screen.press("a")
    screen.until("accepted")
    assert asked[1] in screen.until(prompt)
    screen.press("u")
    assert asked[0] in screen.until(prompt)
    screen.press("r")
    screen.until("rejected")
    assert asked[1] in screen.until(prompt)
    screen.press("s")
    assert asked[2] in screen.until(prompt)
    screen.press("q")
    screen.until("1 rejected, 1 skipped")
    assert process.wait(30) == 0
    states = {one.name.rpartition("/")[2] for one in desk.tenant.analyst.review.list(state="rejected")}
    assert states == {asked[0]}
    history = desk.tenant.analyst.review.get(asked[0]).proposal.votes
    assert [vote.verdict for vote in history] == [1, 3, 2]


def test_a_key_that_was_pressed_before_a_proposal_was_shown_does_not_decide_it(
    desk: Desk, asked: list[str], terminal: tuple[Screen, int]
) -> None:
    screen, theirs = terminal
    process = desk.process("review", "run", stdin=theirs, stdout=theirs, stderr=theirs)
    prompt = "u undo last   q quit"
    assert asked[0] in screen.until(prompt)
    screen.press("aaa")
    assert asked[1] in screen.until(prompt)
    screen.press("q")
    screen.until("1 accepted")
    assert process.wait(30) == 0
    assert [one.name.rpartition("/")[2] for one in desk.tenant.analyst.review.list(state="accepted")] == [asked[0]]


def test_the_terminal_is_as_before_when_the_review_is_interrupted(
    desk: Desk, asked: list[str], terminal: tuple[Screen, int]
) -> None:
    import termios

    assert asked
    screen, theirs = terminal
    before = termios.tcgetattr(theirs)
    process = desk.process("review", "run", stdin=theirs, stdout=theirs, stderr=theirs)
    screen.until("q quit")
    process.send_signal(2)
    assert process.wait(30) == 130
    assert termios.tcgetattr(theirs) == before
