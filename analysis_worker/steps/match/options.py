"""What a caller may set on the match step; every default is chosen so that nobody has to.

The step is zero-configuration: no option names a column, a rule or a dataset. The options bound what a run may cost and
fix the seed; none of them may be tuned per dataset.
"""

from dataclasses import dataclass

from analysis_worker.steps.match.errors import MatchOptionsError


@dataclass(frozen=True, slots=True, kw_only=True)
class MatchOptions:
    """Bounds, seed and bands of one match.

    Attributes:
        seed: seeds every sample that the step draws; same table, options and seed give identical bits.
        threads: DuckDB worker threads; levels are whole numbers, so how many changes no bit.
        memory_limit_mb: DuckDB's own limit; nothing is ever spilled to disk, so reaching it is an error.
        comparisons_per_row: how many candidate pairs blocking may spend per row.
        comparisons_min: the budget never falls below this many pairs, however small the table.
        comparisons_max: the budget never grows beyond this many pairs, however large the table.
        value_rows_max: a blocking value shared by more rows than this is over-frequent and dropped from its rule.
        sample_pairs: pairs drawn at random to learn how often strangers agree.
        training_pairs: pairs used at most by one expectation-maximisation session.
        component_rows_max: a connected component larger than this is split at a higher edge probability first.
        accept_probability: pairs inside one entity at or above this are in band MATCH.
        pair_probability_min: pairs across entities below this are not handed back.
        reject_probability: pairs across entities below this are in band DIFFERENT.
        incremental: rows that have an entity keep it, and only pairs with a row that has none are compared.
        share_rows_min: smaller tables are matched by one worker: others would gain nothing by reading them, too.
        cell_pairs: candidate pairs in one cell of a match that several workers share.
        sure_only: an entity holds only what sure pairs hold together; every doubtful pair waits for a person.
    """

    seed: int = 20_240_229
    threads: int = 1
    memory_limit_mb: int = 600
    comparisons_per_row: int = 8
    comparisons_min: int = 125_000
    comparisons_max: int = 8_000_000
    value_rows_max: int = 200
    sample_pairs: int = 200_000
    training_pairs: int = 200_000
    component_rows_max: int = 300
    accept_probability: float = 0.95
    reject_probability: float = 0.1
    pair_probability_min: float = 0.01
    incremental: bool = False
    sure_only: bool = True
    share_rows_min: int = 50_000
    cell_pairs: int = 65_536

    def __post_init__(self) -> None:
        for name in ("threads", "memory_limit_mb", "comparisons_per_row", "comparisons_min", "comparisons_max"):
            _require_positive(name, getattr(self, name))
        for name in ("share_rows_min", "cell_pairs"):
            _require_positive(name, getattr(self, name))
        for name in ("value_rows_max", "sample_pairs", "training_pairs", "component_rows_max"):
            _require_positive(name, getattr(self, name))
        if not 0.0 <= self.pair_probability_min <= self.reject_probability <= self.accept_probability <= 1.0:
            raise MatchOptionsError("probabilities must satisfy 0 <= pair minimum <= reject <= accept <= 1")

    def comparison_budget(self, rows: int) -> int:
        """Candidate pairs that a table of `rows` rows may cost."""
        return min(self.comparisons_max, max(self.comparisons_min, self.comparisons_per_row * rows))


def _require_positive(name: str, value: int) -> None:
    if value < 1:
        raise MatchOptionsError(f"{name} must be at least 1")
