from __future__ import annotations

from datetime import UTC, datetime

import pytest

from vault_server.errors import InvalidArgumentError
from vault_server.usecases.slot_times import At, cron_times


def us(text: str) -> int:
    return int(datetime.fromisoformat(text).replace(tzinfo=UTC).timestamp()) * 1_000_000


@pytest.mark.parametrize(
    ("line", "now", "newest", "following"),
    [
        ("0 2 * * *", "2026-03-01T01:59:59", "2026-02-28T02:00", "2026-03-01T02:00"),
        ("0 2 * * *", "2026-03-01T02:00:00", "2026-03-01T02:00", "2026-03-02T02:00"),
        ("*/15 9-17 * * mon-fri", "2026-11-21T12:00", "2026-11-20T17:45", "2026-11-23T09:00"),
        ("30 6 1 * *", "2026-11-22T00:00", "2026-11-01T06:30", "2026-12-01T06:30"),
        ("0 0 29 2 *", "2026-11-22T00:00", "2024-02-29T00:00", "2028-02-29T00:00"),
        ("0 12 13 * 5", "2026-11-22T00:00", "2026-11-20T12:00", "2026-11-27T12:00"),
        ("0 12 13 * */2", "2026-11-22T00:00", "2026-10-13T12:00", "2026-12-13T12:00"),
        ("5,10 0 * jan,jul 7", "2026-11-22T00:00", "2026-07-26T00:10", "2027-01-03T00:05"),
        ("50/5 23 31 12 *", "2026-11-22T00:00", "2025-12-31T23:55", "2026-12-31T23:50"),
    ],
)
def test_cron_lines_mean_what_posix_says(line: str, now: str, newest: str, following: str) -> None:
    times = cron_times(line)
    assert (times.newest(us(now)), times.first_behind(us(now))) == (us(newest), us(following))


@pytest.mark.parametrize(
    ("line", "words"),
    [
        ("", "five fields"),
        ("* * * *", "five fields"),
        ("60 * * * *", "minute"),
        ("* 24 * * *", "hour"),
        ("* * 0 * *", "day of the month"),
        ("* * * foo *", "month"),
        ("* * * * 8", "day of the week"),
        ("5-1 * * * *", "backwards"),
        ("*/0 * * * *", "minute"),
        ("1,,2 * * * *", "minute"),
        ("٣ * * * *", "minute"),
        ("0 0 31 2 *", "no such day"),
        ("9" * 400 + " * * * *", "minute"),
    ],
)
def test_refusal_of_a_cron_line_names_the_field(line: str, words: str) -> None:
    with pytest.raises(InvalidArgumentError, match=words) as refused:
        cron_times(line)
    assert refused.value.reason == "INVALID_CRON"


def test_of_missed_slots_the_newest_is_due_and_none_from_before_it_was_set() -> None:
    nightly = At(cron_times("0 2 * * *"), us("2026-11-01T12:00"))
    assert nightly.due(None, us("2026-11-02T01:59")) is None
    assert nightly.next(None, us("2026-11-02T01:59")) == us("2026-11-02T02:00")
    assert nightly.due(None, us("2026-11-02T02:00")) == us("2026-11-02T02:00")
    assert nightly.due(us("2026-11-02T02:00"), us("2026-11-02T23:00")) is None
    assert nightly.due(us("2026-11-02T02:00"), us("2026-11-09T03:00")) == us("2026-11-09T02:00")
    assert nightly.next(us("2026-11-02T02:00"), us("2026-11-09T03:00")) == us("2026-11-09T03:00")
