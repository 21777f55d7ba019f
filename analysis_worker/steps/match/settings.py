"""Our comparisons in Splink's words, and the feature table that they are evaluated on.

Rules: SQL names only feature columns, which are ours; the table carries no column that no comparison reads. Every condition
but a plain equality is a macro of the engine: Splink takes each level's SQL apart to see whether it is an equality, which
cost more processor time than all comparisons of a small table together (8 of 14 seconds measured on 5,000 rows).
"""

from typing import Any

import numpy as np
import pyarrow as pa

from analysis_worker.steps.match.comparisons import ELSE, Comparison
from analysis_worker.steps.match.features import Features
from analysis_worker.steps.match.parameters import Parameters

INDEX = "row_index"
_EM_CONVERGENCE = 1e-4
_EM_ROUNDS_MAX = 25


def model_settings(comparisons: tuple[Comparison, ...], parameters: Parameters) -> dict[str, Any]:
    """Splink's settings for one de-duplication model with the given m, u and prior."""
    return {
        "link_type": "dedupe_only",
        "unique_id_column_name": INDEX,
        "comparisons": [_comparison_settings(entry, parameters) for entry in comparisons],
        "probability_two_random_records_match": parameters.prior,
        "em_convergence": _EM_CONVERGENCE,
        "max_iterations": _EM_ROUNDS_MAX,
        "retain_matching_columns": False,
        "retain_intermediate_calculation_columns": True,
    }


def feature_table(features: Features, comparisons: tuple[Comparison, ...]) -> pa.Table:
    """Every column that some comparison reads, with the row's index; absent cells are null."""
    columns: dict[str, pa.Array] = {INDEX: pa.array(np.arange(features.rows))}
    for name in sorted({column for entry in comparisons for column in entry.columns}):
        if name in features.scalars:
            columns[name] = features.scalars[name].texts()
        elif name in features.lists:
            columns[name] = features.lists[name].texts()
    return pa.table(columns)


def open_linker(connection: Any, table: pa.Table, name: str, settings: dict[str, Any]) -> Any:
    """A Splink linker over one table; its database interface is at `linker._db_api` only, so it is returned beside it."""
    from splink import DuckDBAPI, Linker

    api = DuckDBAPI(connection=connection)
    return Linker(api.register(table, table_name=name), settings, log_level=None, validate_settings=False), api


def define_levels(connection: Any, comparisons: tuple[Comparison, ...]) -> None:
    """Create the macros that `model_settings` refers to, once per connection."""
    for comparison in comparisons:
        parameters = ", ".join(_sides(comparison))
        for name, condition in _macros(comparison).items():
            connection.execute(f"CREATE MACRO {name}({parameters}) AS ({condition})")


def _macros(comparison: Comparison) -> dict[str, str]:
    conditions = {f"absent_{comparison.name}": comparison.null_condition}
    for number, level in enumerate(comparison.levels):
        if level.condition != ELSE and not level.is_equality:
            conditions[f"level_{comparison.name}_{number}"] = level.condition
    return conditions


def _sides(comparison: Comparison) -> list[str]:
    return [f'"{column}_{side}"' for column in comparison.columns for side in "lr"]


def _comparison_settings(comparison: Comparison, parameters: Parameters) -> dict[str, Any]:
    call, defined = f"({', '.join(_sides(comparison))})", _macros(comparison)
    levels: list[dict[str, Any]] = [
        {"sql_condition": f"absent_{comparison.name}{call}", "label_for_charts": "absent", "is_null_level": True}
    ]
    for number, (level, odds) in enumerate(zip(comparison.levels, parameters.levels[comparison.name], strict=True)):
        macro = f"level_{comparison.name}_{number}"
        entry: dict[str, Any] = {
            "sql_condition": f"{macro}{call}" if macro in defined else level.condition,
            "label_for_charts": level.label,
            "m_probability": odds.m,
            "u_probability": odds.u,
        }
        if level.frequency_column is not None:
            entry["tf_adjustment_column"] = level.frequency_column
        levels.append(entry)
    return {"output_column_name": comparison.name, "comparison_levels": levels}
