"""What a caller decides about the segment step; the seed makes every run of it repeatable to the bit."""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True, kw_only=True)
class SegmentOptions:
    """Options of one segment step.

    Attributes:
        seed: Seed of every random choice.
        numeric: Columns to use as numbers; None takes every number column.
        categorical: Columns to use as categories; None takes every text and truth column.
        min_segments: Smallest number of segments to try, at least 2.
        max_segments: Largest number of segments to try.
        min_share: Smallest share of the customers that a segment may have, 0..0.5.
        min_customers: With fewer customers than this, all are one segment.
        sample_rows: Rows on which the number of segments is chosen.
        silhouette_rows: Rows of that sample on which the silhouette, quadratic in rows, is taken.
        resamples: Bootstrap resamples per number of segments, and shuffled tables for the verdict.
        min_stability: Mean adjusted Rand index that a number of segments must reach, 0..1.
        full_fit_rows: Up to here k-means sees every row; beyond, mini-batches refine the sample's centres.
        max_levels: Levels of a category that get a column of their own; the rest is one level.
    """

    seed: int
    numeric: tuple[str, ...] | None = None
    categorical: tuple[str, ...] | None = None
    min_segments: int = 2
    max_segments: int = 10
    min_share: float = 0.02
    min_customers: int = 50
    sample_rows: int = 5_000
    silhouette_rows: int = 2_000
    resamples: int = 6
    min_stability: float = 0.8
    full_fit_rows: int = 50_000
    max_levels: int = 12

    def __post_init__(self) -> None:
        if not 2 <= self.min_segments <= self.max_segments:  # noqa: PLR2004 - one segment is the verdict, not a choice
            raise ValueError("min_segments must be at least 2 and at most max_segments")
        if (
            min(self.min_customers, self.sample_rows, self.silhouette_rows, self.resamples, self.full_fit_rows, self.max_levels)
            < 1
        ):
            raise ValueError("row counts, resamples and max_levels must be positive")
        if not 0 <= self.min_share <= 0.5:  # noqa: PLR2004 - two segments cannot both have more than half
            raise ValueError("min_share must be between 0 and 0.5")
