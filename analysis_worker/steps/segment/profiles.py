"""What each segment looks like in the units of the source, beside all customers: aggregates for the report.

Rules: medians and shares only; no row, no extreme.
"""

import numpy as np
import pyarrow as pa

from analysis_worker.steps.segment.choice import Labels
from analysis_worker.steps.segment.encoding import Encoded, Feature

PROFILE_SCHEMA = pa.schema(
    [
        ("segment", pa.int32()),
        ("feature", pa.string()),
        ("kind", pa.string()),
        ("level", pa.string()),
        ("value", pa.float64()),
        ("overall", pa.float64()),
        ("difference", pa.float64()),
        ("missing_share", pa.float64()),
    ]
)

Line = dict[str, int | str | float | None]


def profiles(encoded: Encoded, labels: Labels, numbers: Labels) -> pa.Table:
    """Return, for each label under its number, a line per number (its median) and per category and level (its share)."""
    lines: list[Line] = []
    for place, number in enumerate(numbers.tolist()):
        inside = labels == place
        for feature in encoded.features:
            describe = _number_lines if feature.kind == "numeric" else _level_lines
            lines.extend({"segment": number, **line} for line in describe(encoded, feature, inside))
    return pa.Table.from_pylist(lines, schema=PROFILE_SCHEMA)


def _median(values: np.ndarray) -> float | None:
    present = values[~np.isnan(values)]
    return float(np.median(present)) if present.size else None


def _number_lines(encoded: Encoded, feature: Feature, inside: np.ndarray) -> list[Line]:
    values = encoded.values[feature.name]
    missing = float(np.isnan(values[inside]).mean()) if inside.any() else None
    compared = _compared(_median(values[inside]), _median(values))
    return [{"feature": feature.name, "kind": feature.kind, "level": None, **compared, "missing_share": missing}]


def _level_lines(encoded: Encoded, feature: Feature, inside: np.ndarray) -> list[Line]:
    hot = encoded.matrix[:, feature.start : feature.stop]
    lines: list[Line] = []
    for place, level in enumerate(feature.levels):
        compared = _compared(_share(hot[inside, place]), _share(hot[:, place]))
        lines.append({"feature": feature.name, "kind": feature.kind, "level": level, **compared, "missing_share": None})
    return lines


def _share(column: np.ndarray) -> float | None:
    return float(column.mean()) if column.size else None


def _compared(value: float | None, overall: float | None) -> Line:
    difference = value - overall if value is not None and overall is not None else None
    return {"value": value, "overall": overall, "difference": difference}
