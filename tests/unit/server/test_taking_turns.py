"""Whoever comes to a shared job is served once, by whichever caller leads, and nobody sleeps for ever."""

from __future__ import annotations

import threading
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass

import pytest

from vault_server.taking_turns import ClosedError, Take, TakingTurns


@dataclass(eq=False)
class Item:
    number: int
    worked: int = 0


class Desk:
    """Counts who works, and in which groups."""

    def __init__(self, most: int = 8) -> None:
        self.groups: list[list[int]] = []
        self.at_once = 0
        self.most = most
        self.failing: set[int] = set()
        self.turns = TakingTurns[Item](self.work)

    def work(self, take: Take[Item]) -> None:
        self.at_once += 1
        assert self.at_once == 1, "two callers work at the same time"
        group: list[int] = []
        try:
            while len(group) < self.most and (item := take()) is not None:
                item.worked += 1
                group.append(item.number)
                if item.number in self.failing:
                    raise ValueError(item.number)
        finally:
            self.groups.append(group)
            self.at_once -= 1


def test_every_item_is_worked_off_once_and_groups_stay_small() -> None:
    desk = Desk()
    items = [Item(number) for number in range(3000)]
    with ThreadPoolExecutor(24) as pool:
        list(pool.map(desk.turns.run, items))
    assert {item.worked for item in items} == {1}
    assert max(map(len, desk.groups)) <= desk.most
    assert sorted(number for group in desk.groups for number in group) == list(range(3000))


def test_waiting_items_share_a_group_in_the_order_they_came() -> None:
    desk = Desk()
    entered, go_on = threading.Event(), threading.Event()

    def work(take: Take[Item]) -> None:
        desk.work(take)
        entered.set()
        go_on.wait(10)

    slow = TakingTurns[Item](work)
    leader = threading.Thread(target=slow.run, args=(Item(0),))
    leader.start()
    assert entered.wait(10)
    others = []
    for number in (1, 2, 3):
        others.append(threading.Thread(target=slow.run, args=(Item(number),)))
        others[-1].start()
        while slow.waiting < number:  # the order is the test's, so each must be in line before the next comes
            threading.Event().wait(0.001)
    go_on.set()
    for thread in (leader, *others):
        thread.join(10)
    assert desk.groups == [[0], [1, 2, 3]]


def test_error_reaches_the_leader_alone_and_the_rest_of_the_line_goes_on() -> None:
    desk = Desk(most=1)
    desk.failing = {0}
    with pytest.raises(ValueError, match="0"):
        desk.turns.run(Item(0))
    last = Item(1)
    desk.turns.run(last)
    assert last.worked == 1


def test_who_works_for_the_others_is_told_not_to_queue_again() -> None:
    turns: TakingTurns[Item] = TakingTurns(lambda _: turns.run(Item(2)))
    with pytest.raises(RuntimeError, match="behind itself"):
        turns.run(Item(1))


def test_closing_waits_for_the_line_and_refuses_what_comes_later() -> None:
    desk = Desk()
    entered, go_on = threading.Event(), threading.Event()

    def work(take: Take[Item]) -> None:
        entered.set()
        go_on.wait(10)
        desk.work(take)

    slow = TakingTurns[Item](work)
    item = Item(0)
    leader = threading.Thread(target=slow.run, args=(item,))
    leader.start()
    assert entered.wait(10)
    closed: list[bool] = []
    closer = threading.Thread(target=lambda: closed.append(slow.close()))
    closer.start()
    go_on.set()
    leader.join(10)
    closer.join(10)
    assert (item.worked, closed) == (1, [True])
    assert slow.close() is False
    with pytest.raises(ClosedError):
        slow.run(Item(1))


def test_what_comes_after_the_group_runs_before_the_next_leads() -> None:
    order: list[str] = []

    def work(take: Take[Item]) -> None:
        take()
        order.append("work")

    turns = TakingTurns[Item](work, afterwards=lambda: order.append("after"))
    turns.run(Item(0))
    turns.run(Item(1))
    assert order == ["work", "after", "work", "after"]
