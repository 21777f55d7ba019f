"""How good the segment step is on real customers: CDNOW purchases (recency, frequency, money) and Telco subscribers.

Run as `python -m benchmarks.quality.segment DATA_FOLDER`, a folder with `cdnow/CDNOW_sample.txt` and
`telco_churn/Telco-Customer-Churn.csv`. Beside the step stands plain k-means with five segments on standardised columns, the
recipe of most tutorials. Judged by what segments are for: how much of what the customer does later, which no segment saw,
they explain (share of variance), and whether shuffled columns are recognised as having no segments.
"""

import argparse
import time
from collections.abc import Mapping
from datetime import UTC, datetime
from pathlib import Path

import numpy as np
import pyarrow as pa
from numpy.typing import NDArray
from pyarrow import csv
from sklearn.cluster import KMeans
from sklearn.preprocessing import StandardScaler

from analysis_worker.steps.segment import RFM_COLUMNS, SegmentOptions, SegmentResult, segment, with_rfm

CALIBRATION_ENDS = datetime(1997, 9, 30, tzinfo=UTC)  # 39 weeks, the split of Fader and Hardie
Numbers = NDArray[np.float64]


def cdnow(folder: Path) -> tuple[pa.Table, Numbers]:
    """Return RFM features of the first 39 weeks, and the money of the 39 weeks after."""
    lines = [line.split() for line in (folder / "cdnow" / "CDNOW_sample.txt").read_text(encoding="ascii").splitlines()]
    transactions = pa.table(
        {
            "row_id": [line[1] for line in lines],
            "time": pa.array(
                [datetime.strptime(line[2], "%Y%m%d").replace(tzinfo=UTC) for line in lines], pa.timestamp("us", "UTC")
            ),
            "amount_minor": [round(float(line[4]) * 100) for line in lines],
            "currency": ["USD"] * len(lines),
            "kind": ["PURCHASE"] * len(lines),
        }
    )
    ids = sorted({line[1] for line in lines})
    later = dict.fromkeys(ids, 0.0)
    for line, when in zip(lines, transactions.column("time").to_pylist(), strict=True):
        if when > CALIBRATION_ENDS:
            later[line[1]] += float(line[4])
    return with_rfm(pa.table({"row_id": ids}), transactions, CALIBRATION_ENDS), np.array([later[row] for row in ids])


def telco(folder: Path) -> tuple[pa.Table, Numbers]:
    """Return the subscribers without their churn, and the churn."""
    convert = csv.ConvertOptions(null_values=["", " "], strings_can_be_null=True, column_types={"TotalCharges": pa.float64()})
    table = csv.read_csv(folder / "telco_churn" / "Telco-Customer-Churn.csv", convert_options=convert)
    churn = np.array([answer == "Yes" for answer in table.column("Churn").to_pylist()], np.float64)
    names = ["row_id" if name == "customerID" else name for name in table.column_names]
    return table.rename_columns(names).drop_columns(["Churn"]), churn


def shuffled(table: pa.Table, seed: int) -> pa.Table:
    random = np.random.default_rng(seed)
    columns: Mapping[str, pa.ChunkedArray] = {
        name: table.column(name) if name == "row_id" else table.column(name).take(pa.array(random.permutation(table.num_rows)))
        for name in table.column_names
    }
    return pa.table(columns)


def explained(labels: NDArray[np.int64], outcome: Numbers) -> float:
    """Return the share of the outcome's variance that lies between the segments (correlation ratio squared)."""
    between = sum(
        (labels == label).sum() * (outcome[labels == label].mean() - outcome.mean()) ** 2 for label in np.unique(labels)
    )
    return float(between / ((outcome - outcome.mean()) ** 2).sum())


def tutorial(table: pa.Table, segments: int, seed: int) -> NDArray[np.int64]:
    """Return plain k-means on standardised numbers and dummies, missing numbers as their mean."""
    columns: list[Numbers] = []
    for name in table.column_names[1:]:
        column = table.column(name)
        if pa.types.is_string(column.type):
            texts = np.array(column.to_pylist(), dtype=object).astype(str)
            columns.extend((texts == level).astype(np.float64) for level in np.unique(texts))
        else:
            numbers = np.array(column.cast(pa.float64()).to_numpy(), np.float64)
            columns.append(np.where(np.isnan(numbers), np.nanmean(numbers), numbers))
    scaled = StandardScaler().fit_transform(np.column_stack(columns))
    return np.asarray(KMeans(segments, n_init=10, random_state=seed).fit_predict(scaled), np.int64)


def describe(title: str, table: pa.Table, outcome: Numbers, options: SegmentOptions) -> None:
    start = time.perf_counter()
    result = segment(table, options)
    seconds = time.perf_counter() - start
    summary = result.summary
    labels = np.asarray(result.assignments.column("segment"), np.int64)
    print(f"\n{title}: {summary.customers} customers, {seconds:.1f} s, {len(summary.segments)} segments ({summary.reason})")
    print(
        f"  silhouette {summary.silhouette:.3f} (shuffled {summary.shuffled_silhouette:.3f}), stability {summary.stability:.3f}"
    )
    for item in summary.segments:
        mean = outcome[labels == item.segment].mean()
        print(f"  {item.segment}  {item.customers:6}  {item.share:6.1%}  later outcome {mean:8.2f}  {item.name}")
    print(f"  outcome explained: step {explained(labels, outcome):.3f}", end="")
    for count in sorted({len(summary.segments), 5}):
        print(f"; plain k-means with {count} {explained(tutorial(table, count, options.seed), outcome):.3f}", end="")
    print(f"\n  columns shuffled: {_verdict(segment(shuffled(table, options.seed), options))}")


def _verdict(result: SegmentResult) -> str:
    return f"{len(result.summary.segments)} segment(s), {result.summary.reason}"


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("data", type=Path, help="folder with cdnow/ and telco_churn/")
    parser.add_argument("--seed", type=int, default=7)
    arguments = parser.parse_args()
    table, later = cdnow(arguments.data)
    describe(f"CDNOW {', '.join(RFM_COLUMNS)}", table, later, SegmentOptions(seed=arguments.seed))
    describe("CDNOW, at least three segments asked", table, later, SegmentOptions(seed=arguments.seed, min_segments=3))
    table, churn = telco(arguments.data)
    describe("Telco attributes", table, churn, SegmentOptions(seed=arguments.seed))


if __name__ == "__main__":
    main()
