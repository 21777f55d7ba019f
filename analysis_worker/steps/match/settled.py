"""What a table says of earlier runs, and what people said of its pairs, as ranks by row id.

Rules: `entity` and `entity_leads` are what the last run wrote (absent or null for a row that has no entity yet); decisions name
rows by id, and one about a row that is not in the table is left out.
"""

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
import pyarrow as pa
import pyarrow.compute as pc

from analysis_worker.steps.match.constraints import NEW, Decisions, Ties, resolve, unsettled
from analysis_worker.steps.match.errors import MatchInputError
from analysis_worker.steps.match.features import Features
from analysis_worker.steps.match.roles import ROW_ID

Rows = npt.NDArray[np.int64]

ENTITY, ENTITY_LEADS = "entity", "entity_leads"
OTHER_ROW_ID, SAME = "other_row_id", "same"


@dataclass(frozen=True, slots=True, kw_only=True)
class Settled:
    """What binds one run.

    Attributes:
        ties: groups that are one, groups that are not.
        earlier: int64, shape (n,), the smallest row of every row's earlier entity, NEW where there is none.
        leads: bool, shape (n,), whether the row's earlier entity was named after it.
        kept: bool, shape (n,), rows that keep their entity and are not compared with each other.
        decisions: of people; None for none.
    """

    ties: Ties
    earlier: Rows
    leads: npt.NDArray[np.bool_]
    kept: npt.NDArray[np.bool_]
    decisions: Decisions | None

    @property
    def apart(self) -> Rows:
        """Rows that must not stand for others, ascending."""
        named = np.empty(0, dtype=np.int64) if self.decisions is None else self.decisions.rows
        return np.union1d(named, np.flatnonzero(self.kept))


def settled_of(table: pa.Table, features: Features, decisions: pa.Table | None, *, incremental: bool) -> Settled:
    """Read what is settled.

    Raises:
        MatchInputError: a column of the decisions is missing or cannot be read.
    """
    earlier, leads = _earlier(table, features)
    decided = None if decisions is None else _decided(table, features, decisions)
    bound = unsettled(earlier, decided) if incremental else None
    return Settled(
        ties=resolve(features.rows, decided, bound),
        earlier=earlier,
        leads=leads,
        kept=np.zeros(features.rows, dtype=np.bool_) if bound is None else bound != NEW,
        decisions=decided,
    )


def _earlier(table: pa.Table, features: Features) -> tuple[Rows, npt.NDArray[np.bool_]]:
    positions = pa.array(features.source_positions)
    nobody = np.full(features.rows, NEW, dtype=np.int64), np.zeros(features.rows, dtype=np.bool_)
    if ENTITY not in table.column_names or not features.rows:
        return nobody
    named = table[ENTITY].take(positions).cast(pa.string()).combine_chunks()
    named = pc.if_else(pc.equal(named, ""), None, named)
    encoded = (named.combine_chunks() if isinstance(named, pa.ChunkedArray) else named).dictionary_encode()
    codes = encoded.indices.fill_null(NEW).to_numpy(zero_copy_only=False).astype(np.int64)
    _, first, inverse = np.unique(codes, return_index=True, return_inverse=True)
    earlier = np.where(codes == NEW, NEW, first[inverse])
    if ENTITY_LEADS not in table.column_names:
        return earlier, nobody[1]
    leads = pc.fill_null(table[ENTITY_LEADS].take(positions), False)
    return earlier, leads.to_numpy(zero_copy_only=False) if isinstance(leads, pa.Array) else leads.to_numpy()


def _decided(table: pa.Table, features: Features, decisions: pa.Table) -> Decisions:
    if not {ROW_ID, OTHER_ROW_ID, SAME} <= set(decisions.column_names):
        raise MatchInputError(f"decisions have the columns {ROW_ID}, {OTHER_ROW_ID} and {SAME}")
    ids = table[ROW_ID].take(pa.array(features.source_positions)).combine_chunks()
    try:
        ends = [
            pc.fill_null(pc.index_in(decisions[name].cast(ids.type), value_set=ids), NEW).to_numpy().astype(np.int64)
            for name in (ROW_ID, OTHER_ROW_ID)
        ]
        same = decisions[SAME].to_numpy().astype(np.bool_)
    except (pa.ArrowException, TypeError, ValueError):
        raise MatchInputError("decisions name rows by id, and `same` is a truth value") from None
    known = (ends[0] != NEW) & (ends[1] != NEW) & (ends[0] != ends[1])
    left, right = np.minimum(*ends)[known], np.maximum(*ends)[known]
    return Decisions(left=left, right=right, same=same[known])
