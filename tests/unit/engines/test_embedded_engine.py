"""The embedded engine: a place to compute, and nothing else."""

import pytest

from analysis_worker.engines.embedded import EmbeddedEngineError, open_embedded


@pytest.mark.parametrize(
    "statement",
    [
        "COPY (SELECT 1) TO '/tmp/out.csv'",
        "SELECT * FROM read_csv('/etc/hostname')",
        "ATTACH '/tmp/other.db'",
        "INSTALL httpfs",
        "SET enable_external_access = true",
        "SET temp_directory = '/tmp'",
    ],
)
def test_the_engine_reaches_neither_disk_nor_network_and_keeps_its_locks(statement: str) -> None:
    with pytest.raises(EmbeddedEngineError), open_embedded(threads=1, memory_limit_mb=50) as connection:
        connection.execute(statement)


def test_what_does_not_fit_into_memory_is_refused_and_not_spilt() -> None:
    with pytest.raises(EmbeddedEngineError) as raised, open_embedded(threads=1, memory_limit_mb=30) as connection:
        connection.execute("SELECT list(range::VARCHAR || repeat('x', 100)) FROM range(3000000)").fetchall()

    assert raised.value.kind == "OutOfMemoryException"


def test_an_engine_error_carries_its_kind_and_not_its_words() -> None:
    with pytest.raises(EmbeddedEngineError) as raised, open_embedded(threads=1, memory_limit_mb=50) as connection:
        connection.execute("SELECT CAST('Grimsby' AS INTEGER)")

    assert raised.value.kind == "ConversionException"
    assert "Grimsby" not in str(raised.value)
    assert raised.value.__suppress_context__


def test_two_engines_share_nothing() -> None:
    with open_embedded(threads=1, memory_limit_mb=50) as one, open_embedded(threads=1, memory_limit_mb=50) as other:
        one.execute("CREATE TABLE kept AS SELECT 1")
        tables = other.execute("SELECT count(*) FROM duckdb_tables()").fetchall()

    assert tables == [(0,)]
