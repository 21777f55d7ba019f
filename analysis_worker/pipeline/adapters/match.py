"""Match: every customer gets the entity it belongs to; doubtful pairs become proposals; entities get their golden record.

Rules: an entity is named by the row id of the row that leads it, in hex, and the step chooses the row that led it before; the
vault turns that into an id that lasts over runs. Lines of a customer: its assignment first, then, where it leads an entity of
two or more, one line per field of the golden record, which names the row whose value was chosen.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from typing import TYPE_CHECKING

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from analysis_worker.engines.workers import Help
from analysis_worker.pipeline.customers import ATTRIBUTE_PREFIX, ENTITY, ENTITY_LEADS, ENTITY_ROW_ID, OTHER_ROW_ID, ROW_ID
from analysis_worker.pipeline.errors import RunFailureError
from analysis_worker.pipeline.json_values import json_object
from analysis_worker.pipeline.options import step_options
from analysis_worker.pipeline.ports import JsonObject, ResultRow
from analysis_worker.pipeline.step_adapter import Computed, StepInputs, lines_by_row
from strongroom.api.v1.customer_pb2 import DerivedData, EntityAssignment, GoldenField

if TYPE_CHECKING:
    from analysis_worker.steps.match import MatchOptions, MatchResult

_MATCH_ATTRIBUTE_PREFIX = "attr."
_UNREAD_CELLS = ("birth_date", "stated_age", "gender")
_SCORE_EDGES = (*np.arange(0.0, 0.95, 0.05).round(2).tolist(), 0.95, 0.98, 0.99, 1.0)
_BANDS = (("no", "different"), ("review", "review"), ("auto", "match"))
_WEIGHT_PREFIX = "weight."
_NOT_CHOSEN = frozenset({ROW_ID, "unparsed", ENTITY, ENTITY_LEADS, "stated_age"})
_LINES = pa.schema(
    {
        ROW_ID: pa.int64(),
        ENTITY_ROW_ID: pa.int64(),
        "size": pa.int32(),
        "probability": pa.float64(),
        "golden_field": pa.string(),
        "golden_rule": pa.string(),
    }
)


class MatchAdapter:
    """See `StepAdapter`."""

    name = "match"
    customer_fields = frozenset(
        {
            *("given_name", "family_name", "full_name", "gender", "birth_date", "stated_age"),
            *("emails", "phones", "addresses", "organisation", "job_title", "national_ids", "attributes", "unparsed"),
            ENTITY,
        }
    )
    transaction_fields = frozenset[str]()
    sees = frozenset[str]()

    def compute(self, inputs: StepInputs) -> Computed:
        from analysis_worker.steps.match import MatchError, MatchOptions, match

        options = step_options(MatchOptions, inputs.options, seed=inputs.seed, threads=inputs.threads)
        try:
            result = match(comparable(inputs.customers), options, inputs.decisions, inputs.workers)
        except MatchError as error:
            raise RunFailureError("MATCH_REFUSED", str(error)) from None
        return Computed(
            table=_lines(result, inputs.customers),
            summary=json_object(result.summary),
            report=_report(result, options),
            proposals=_proposals(result),
        )

    def shares_from_rows(self, options: Mapping[str, object]) -> int:
        from analysis_worker.steps.match import MatchOptions

        return step_options(MatchOptions, options, seed=0, threads=1).share_rows_min

    def get_ready(self) -> None:
        from analysis_worker.engines.embedded import open_embedded
        from analysis_worker.steps.match import match_help

        del match_help
        with open_embedded(threads=1, memory_limit_mb=1):
            pass

    @contextmanager
    def help(self, handed_over: bytes, options: Mapping[str, object], *, seed: int, threads: int) -> Iterator[Help]:
        from analysis_worker.steps.match import MatchError, MatchOptions, match_help

        try:
            with match_help(handed_over, step_options(MatchOptions, options, seed=seed, threads=threads)) as helper:
                yield helper
        except MatchError as error:
            raise RunFailureError("MATCH_REFUSED", str(error)) from None

    def apply(self, customers: pa.Table, lines: pa.Table) -> pa.Table:
        """Entities of this run in place of those of the run before: enough to tell which rows are one, no lasting names."""
        entity_of: dict[int, str] = {}
        for place, entity in zip(lines.column(ROW_ID).to_pylist(), lines.column(ENTITY_ROW_ID).to_pylist(), strict=True):
            entity_of.setdefault(place, entity.hex())  # a customer's first line is its own assignment
        entities = pa.array([entity_of.get(place) for place in customers.column(ROW_ID).to_pylist()], pa.string())
        if "entity" in customers.column_names:
            return customers.set_column(customers.column_names.index("entity"), "entity", entities)
        return customers.append_column("entity", entities)

    def derive(self, lines: pa.Table) -> Iterator[ResultRow]:
        for row_id, (line, *chosen) in lines_by_row(lines):
            entity = EntityAssignment(
                entity=line[ENTITY_ROW_ID].hex(),
                size=line["size"],
                probability=line["probability"],
                leads=line[ENTITY_ROW_ID] == row_id,
                golden=[
                    GoldenField(field=one["golden_field"], customer=one[ENTITY_ROW_ID].hex(), rule=one["golden_rule"])
                    for one in chosen
                ],
            )
            yield row_id, DerivedData(entity=entity)


def comparable(customers: pa.Table) -> pa.Table:
    """The columns under the names that the step knows; cells that did not parse stand in for empty ones."""
    columns = {}
    for name in customers.column_names:
        if name != "unparsed":
            known = name.startswith(ATTRIBUTE_PREFIX)
            columns[_MATCH_ATTRIBUTE_PREFIX + name.removeprefix(ATTRIBUTE_PREFIX) if known else name] = customers.column(name)
    for name in _UNREAD_CELLS if "unparsed" in customers.column_names else ():
        texts = pc.map_lookup(customers.column("unparsed"), name, "last")
        if texts.null_count < len(texts):
            said = columns[name].cast(pa.string()) if name in columns else pa.nulls(len(texts), pa.string())
            columns[name] = pc.coalesce(said, texts)
    return pa.table(columns)


def _lines(result: MatchResult, customers: pa.Table) -> pa.Table:
    """Assignments and golden fields, ordered by row, a row's assignment first."""
    both = pa.concat_tables([_assignments(result), _golden(result, customers)])
    return both.sort_by([(ROW_ID, "ascending"), ("golden_field", "ascending")]).select(_LINES.names)


def _assignments(result: MatchResult) -> pa.Table:
    rows = len(result.entity)
    sizes = np.bincount(result.entity, minlength=rows)[result.entity] if rows else np.zeros(0, np.int64)
    # Rows are places, so the rank of a row is its place.
    columns = [np.arange(rows), result.leader, sizes, _probability(result), [""] * rows, [""] * rows]
    return pa.table([pa.array(column, kind.type) for column, kind in zip(columns, _LINES, strict=True)], schema=_LINES)


def _golden(result: MatchResult, customers: pa.Table) -> pa.Table:
    from analysis_worker.steps.match import golden_records

    fields = [name for name in customers.column_names if name not in _NOT_CHOSEN]
    found = golden_records(customers, result.entity, fields)
    leaders = result.leader[found["entity"].to_numpy()]
    size, probability = pa.nulls(len(leaders), pa.int32()), pa.nulls(len(leaders), pa.float64())
    return pa.table([leaders, found["row"], size, probability, found["field"], found["rule"]], schema=_LINES)


def _proposals(result: MatchResult) -> pa.Table:
    """Pairs in the review band, with what each field adds or takes."""
    waiting = result.pairs.filter(pc.equal(result.pairs["band"], "review"))
    waiting = waiting.sort_by([("row_a", "ascending"), ("row_b", "ascending")])
    names = [name for name in waiting.column_names if name.startswith(_WEIGHT_PREFIX)]
    bits = np.column_stack([waiting[name].to_numpy() for name in names]) if names else np.zeros((waiting.num_rows, 0))
    told = bits != 0.0
    fields = np.broadcast_to(np.array([name.removeprefix(_WEIGHT_PREFIX) for name in names], dtype=object), bits.shape)
    struct = pa.StructArray.from_arrays(
        [pa.array(fields[told], pa.string()), pa.array(bits[told], pa.float64())], ["field", "weight"]
    )
    offsets = np.concatenate([[0], np.cumsum(told.sum(axis=1))]).astype(np.int32)
    return pa.table(
        {
            ROW_ID: waiting["row_a"].cast(pa.int64()),
            OTHER_ROW_ID: waiting["row_b"].cast(pa.int64()),
            "score": waiting["probability"],
            "weights": pa.ListArray.from_arrays(pa.array(offsets), struct),
        }
    )


def _probability(result: MatchResult) -> np.ndarray:
    """How likely each row shares its entity with its nearest fellow; 1 for a row that is alone."""
    likely = np.ones(len(result.entity))
    inside = result.pairs.filter(result.pairs.column("same_entity"))
    ends = np.concatenate([inside.column("row_a").to_numpy(), inside.column("row_b").to_numpy()]).astype(np.int64)
    best = np.zeros(len(result.entity))
    np.maximum.at(best, ends, np.tile(inside.column("probability").to_numpy(), 2))
    likely[ends] = best[ends]
    return likely


def _report(result: MatchResult, options: MatchOptions) -> JsonObject:
    """Aggregates; each count of pairs beside that of the customers in them, for many pairs may be about few people."""
    edges = _score_edges(options)
    scores = result.pairs.column("probability").to_numpy()
    place = np.clip(np.searchsorted(edges, scores, side="right") - 1, 0, len(edges) - 2)
    sizes, entities = np.unique(np.unique(result.entity, return_counts=True)[1], return_counts=True)
    bands = {str(band): pairs for band, pairs in result.summary.pairs_by_band}
    told = result.pairs.column("band").to_numpy(zero_copy_only=False)
    limits = ((0.0, options.reject_probability), (options.reject_probability, options.accept_probability))
    return {
        "rows": result.summary.rows,
        "entities": result.summary.entities,
        "histogram": [
            {
                "lower": float(edges[bin_]),
                "upper": float(edges[bin_ + 1]),
                "pairs": int((place == bin_).sum()),
                "customers": _customers(result, place == bin_),
            }
            for bin_ in range(len(edges) - 1)
        ],
        "bands": [
            {
                "band": shown,
                "lower": lower,
                "upper": upper,
                "pairs": bands.get(band, 0),
                "customers": _customers(result, told == band),
            }
            for (shown, band), (lower, upper) in zip(_BANDS, (*limits, (options.accept_probability, 1.0)), strict=True)
        ],
        "cluster_sizes": [{"size": int(size), "entities": int(count)} for size, count in zip(sizes, entities, strict=True)],
    }


def _score_edges(options: MatchOptions) -> np.ndarray:
    """Bins of the histogram: none lies in two bands."""
    return np.unique(np.concatenate([_SCORE_EDGES, [options.reject_probability, options.accept_probability]]))


def _customers(result: MatchResult, chosen: np.ndarray) -> int:
    """Customers in the chosen pairs."""
    ends = [result.pairs.column(name).to_numpy()[chosen] for name in ("row_a", "row_b")]
    return len(np.unique(np.concatenate(ends)))
