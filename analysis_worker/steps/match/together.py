"""The leader's side of a match that several workers do: grids of cells, done here and elsewhere, put together in order.

Shared is what costs most and depends on little: what every blocking rule costs (grid `rules`), and which level of each
comparison holds, for the pairs to learn from (grid `lessons`) and for every candidate pair (grid `levels`). Levels need no
trained model, and candidates are published as soon as they are certain, so that helpers score while this worker still blocks
and trains. Helpers are handed the features, not the
customers: they neither read nor normalise again. Rules: results are the same bytes
whoever finds them; one that has not the form that its cell asks for is found again here; weights and all that follows are
this worker's alone.
"""

import hashlib
from collections.abc import Callable, Iterator, Sequence
from typing import TypeVar

import numpy as np
import numpy.typing as npt

from analysis_worker.engines.workers import GridOffer, SharedGrid, Workers
from analysis_worker.steps.match import basis
from analysis_worker.steps.match.blocking import Combinations
from analysis_worker.steps.match.comparisons import Comparison
from analysis_worker.steps.match.features import Features
from analysis_worker.steps.match.handover import encode_features
from analysis_worker.steps.match.levels import LevelEngine, Levels
from analysis_worker.steps.match.options import MatchOptions
from analysis_worker.steps.match.scoring import Scorer, Scores

Codes = npt.NDArray[np.int64]
_CELL_BYTES_MAX = 2 << 20
T = TypeVar("T")
R = TypeVar("R")

_RULE_CELLS = 16


class Together:
    """One match and the workers that help with it."""

    def __init__(
        self,
        workers: Workers,
        features: Features,
        comparisons: tuple[Comparison, ...],
        masks: basis.Masks,
        options: MatchOptions,
    ) -> None:
        self._workers = workers
        self._features = features
        self._rows = features.rows
        self._most = tuple(len(entry.levels) - 1 for entry in comparisons)
        self._cell_pairs = options.cell_pairs
        self._digest = basis.basis_digest(features, comparisons, options)
        self._setup = basis.encode_masks(self._digest, masks)
        self._hand_over()
        self._buffer: list[Codes] = []
        self._cells: list[bytes] = []
        bound = options.comparison_budget(features.rows) // options.cell_pairs + 1
        self._levels = workers.open(self._offer(basis.LEVELS, bound))

    def costs(self, rules: Combinations) -> Sequence[int]:
        """What every combination costs."""
        tasks = [basis.encode_rules(number, _RULE_CELLS) for number in range(min(_RULE_CELLS, len(rules)))]
        grid = self._workers.open(self._offer(basis.RULES, _RULE_CELLS))
        grid.add(tasks)
        costs = np.zeros(len(rules), dtype=np.int64)
        found = _done(
            grid,
            tasks,
            lambda task: rule_costs(rules, task),
            basis.encode_counts,
            lambda task, result: basis.decode_counts(task, result, count=len(range(len(rules))[_every(task)])),
            lambda _task, counts: counts,
        )
        for task, counts in zip(tasks, found, strict=True):
            costs[_every(task)] = counts
        return [int(cost) for cost in costs]

    def fresh(self, codes: Codes) -> None:
        """Publish pairs that are certain to be candidates, in whole cells."""
        self._buffer.append(codes)
        if sum(map(len, self._buffer)) >= self._cell_pairs:
            waiting = np.concatenate(self._buffer)
            whole = len(waiting) - len(waiting) % self._cell_pairs
            self._publish(waiting[:whole])
            self._buffer = [waiting[whole:]]

    def last(self) -> None:
        """Publish what is left: there are no more candidates."""
        self._publish(np.concatenate([np.empty(0, dtype=np.int64), *self._buffer]))
        self._buffer = []

    def scores(self, scorer: Scorer, *, least: float) -> Iterator[Scores]:
        """Of all pairs that were published, cell by cell; those under `least` bits are left out."""
        yield from self._levels_done(
            self._levels,
            self._cells,
            scorer.engine,
            lambda task, levels: scorer.weighed(*basis.decode_pairs(task), levels, least=least),
        )
        self._workers.dismiss()

    def levels_of(self, engine: LevelEngine, left: Codes, right: Codes) -> Levels:
        """Of pairs to learn from, in order: done before what waits to be scored."""
        tasks = self._tasks(left, right)
        grid = self._workers.open(self._offer(basis.LESSONS, max(1, len(tasks))))
        grid.add(tasks)
        parts = self._levels_done(grid, tasks, engine, lambda _task, levels: levels)
        return np.concatenate([np.empty((0, len(self._most)), dtype=np.int8), *parts])

    def _levels_done(
        self, grid: SharedGrid, tasks: Sequence[bytes], engine: LevelEngine, keep: Callable[[bytes, Levels], R]
    ) -> Iterator[R]:
        return _done(
            grid,
            tasks,
            lambda task: engine.levels(*basis.decode_pairs(task)),
            basis.encode_levels,
            lambda task, result: basis.decode_levels(task, result, most=self._most),
            keep,
        )

    def _tasks(self, left: Codes, right: Codes) -> list[bytes]:
        size = self._cell_pairs
        return [
            basis.encode_pairs(left[start : start + size], right[start : start + size]) for start in range(0, len(left), size)
        ]

    def _publish(self, codes: Codes) -> None:
        tasks = self._tasks(*np.divmod(codes, self._rows))
        self._cells += tasks
        self._levels.add(tasks)
        self._hand_over()

    def _hand_over(self) -> None:
        self._workers.hand_over(self._digest, lambda: encode_features(self._features))

    def _offer(self, name: str, cells_max: int) -> GridOffer:
        digest = hashlib.blake2b(self._setup, digest_size=basis.DIGEST_BYTES).digest()
        return GridOffer(name=name, digest=digest, setup=self._setup, cells_max=cells_max)


def worth_sharing(features: Features, comparisons: tuple[Comparison, ...], options: MatchOptions) -> bool:
    """Whether a table is large enough for helpers, and its cells small enough to be handed over."""
    pair_bytes = max(8, len(comparisons))
    fits = options.cell_pairs * pair_bytes < _CELL_BYTES_MAX - 1024 and features.rows < 4 * _CELL_BYTES_MAX - 1024
    return fits and features.rows >= options.share_rows_min


def rule_costs(rules: Combinations, task: bytes) -> Codes:
    """What the combinations of one cell cost."""
    return np.array([rules.cost(number) for number in range(len(rules))[_every(task)]], dtype=np.int64)


def _every(task: bytes) -> slice:
    number, of = basis.decode_rules(task)
    return slice(number, None, of)


def _done(
    grid: SharedGrid,
    tasks: Sequence[bytes],
    do: Callable[[bytes], T],
    encode: Callable[[bytes, T], bytes],
    decode: Callable[[bytes, bytes], T | None],
    keep: Callable[[bytes, T], R],
) -> Iterator[R]:
    """What is kept of every cell, in order of the cells; this worker does cells as long as there are some to do."""
    kept: dict[int, R] = {}

    def take_over(cell: int) -> None:
        theirs = decode(tasks[cell], grid.result(cell))
        kept[cell] = keep(tasks[cell], do(tasks[cell]) if theirs is None else theirs)

    while (cell := grid.take()) is not None:
        found = do(tasks[cell])
        grid.finish(cell, encode(tasks[cell], found))
        kept[cell] = keep(tasks[cell], found)
        for other in grid.finished_elsewhere():  # now, while others are at work, not when they have nothing left
            take_over(other)
    for cell in range(len(tasks)):
        if cell not in kept:
            take_over(cell)
        yield kept.pop(cell)
