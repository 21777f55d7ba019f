import json
from pathlib import Path

import pytest
import sqlalchemy as sa

from benchmarks.speed.__main__ import yardstick_lines
from benchmarks.speed.engines import sqlite_engine
from benchmarks.speed.loops import SealedLoop
from benchmarks.speed.measurement import Measurement, Unavailable, median_of
from benchmarks.speed.records import FIELDS, speed_records
from benchmarks.speed.sealers import RsaSealer, Sealer, TinkSealer, TwoTierSealer
from benchmarks.speed.table import compare, missing, render, within, write_json
from benchmarks.speed.yardsticks import BARE_READ, BARE_WRITE, bare_sqlite


def measurement(name: str, per_second: float) -> Measurement:
    return Measurement(name=name, rows=100, seconds=100 / per_second, per_second=per_second)


def test_the_median_run_is_reported() -> None:
    assert median_of("work", 10, [9.0, 1.0, 2.0]).per_second == 5.0


def test_a_measurement_without_runs_is_refused() -> None:
    with pytest.raises(ValueError, match="at least one run"):
        median_of("work", 10, [])


def test_a_line_is_ok_only_when_the_ratio_reaches_the_least() -> None:
    bare = measurement("bare", 1_000)
    assert compare(measurement("import", 300), bare, at_least=0.3, aim=0.6).ok is True
    assert compare(measurement("import", 299), bare, at_least=0.3, aim=0.6).ok is False
    assert compare(measurement("peer", 1), bare).ok is None


def test_what_must_stay_small_is_ok_up_to_the_allowance() -> None:
    assert within("server memory", 300, "MB", allowed=300, aimed=200).ok is True
    assert within("server memory", 301, "MB", allowed=300, aimed=200).ok is False


def test_columns_line_up_and_absent_peers_say_why(tmp_path: Path) -> None:
    lines = [
        compare(measurement("import", 300), measurement("bare", 1_000)),
        missing(Unavailable(name="peer", reason="absent")),
    ]
    heading, _, first, second = render(lines).splitlines()
    assert heading.index("yardstick") == first.index("bare") == second.index("absent")
    write_json(lines, tmp_path / "bench.json")
    written = json.loads((tmp_path / "bench.json").read_text())
    assert set(written[0]) == {"work", "rate", "unit", "yardstick", "ratio", "at_least", "aim", "ok"}


def test_records_have_eleven_filled_fields() -> None:
    records = speed_records(50)
    assert len(FIELDS) == 11
    assert all(tuple(record) == FIELDS and all(record.values()) for record in records)


@pytest.mark.parametrize("make", [TwoTierSealer, RsaSealer, TinkSealer])
def test_a_sealed_record_opens_only_under_its_own_associated_data(make: type[Sealer]) -> None:
    if make is TinkSealer:
        pytest.importorskip("tink", reason="a peer of the bench group")
    sealer = make()
    wrapped, sealed = sealer.seal(b"a customer", b"one")
    assert sealer.unseal(wrapped, sealed, b"one") == b"a customer"
    with pytest.raises(Exception):  # noqa: B017, PT011  # every library has its own error; that it fails is the rule
        sealer.unseal(wrapped, sealed, b"two")


def test_the_bare_loop_is_durable_and_keeps_no_plaintext() -> None:
    records = speed_records(30)
    with sqlite_engine() as engine:
        loop = SealedLoop(engine, TwoTierSealer())
        loop.write(records)
        assert loop.read() == 30
        with engine.connect() as connection:
            assert connection.scalar(sa.text("PRAGMA synchronous")) == 2
            assert connection.scalar(sa.text("PRAGMA journal_mode")) == "wal"
            payloads = connection.execute(sa.text("SELECT payload FROM sealed")).scalars().all()
    assert not any(record["email"].encode() in payload for record, payload in zip(records, payloads, strict=True))


def test_peers_stand_beside_the_bare_loop() -> None:
    outcomes = [*bare_sqlite(speed_records(20), runs=1), measurement("some peer read", 5.0)]
    lines = yardstick_lines(outcomes)
    assert [line.yardstick for line in lines] == [BARE_WRITE, BARE_READ, BARE_READ]
    assert lines[0].ratio == 1.0
