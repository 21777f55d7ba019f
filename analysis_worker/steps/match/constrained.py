"""Average linkage that keeps what is settled: tied rows start as one group, groups that must stay apart never meet.

Rules: the same cut as without constraints; the likeliest two groups merge first, ties between equals go to the earlier rows; a
component too large to be looked at pair by pair keeps its settled groups and gains nobody.
"""

import numpy as np
import numpy.typing as npt

from analysis_worker.steps.match.constraints import NEW, Ties

Rows = npt.NDArray[np.int64]
Floats = npt.NDArray[np.float64]
Flags = npt.NDArray[np.bool_]


def settled_parts(members: Rows, ties: Ties, first: Rows, second: Rows, likely: Floats, *, cut: float, rows_max: int) -> Rows:
    """Flat clusters of one component, any numbering, shape (len(members),).

    Args:
        members: rows of the component.
        ties: what is settled.
        first, second, likely: its scored pairs, by position in `members`.
        cut: the least mean probability of a merge.
        rows_max: more groups than this are not compared.
    """
    groups, part = np.unique(ties.group[members], return_inverse=True)
    count = len(groups)
    if count == 1 or count > rows_max or not len(likely):
        return part.astype(np.int64)
    sums = np.zeros((count, count))
    np.add.at(sums, (part[first], part[second]), likely)
    sums += sums.T
    sizes = np.bincount(part, minlength=count).astype(np.float64)
    found = _merged(sums, sizes, _forbidden(groups, ties), cut=cut)
    settled: Rows = found[part]
    return settled


def _forbidden(groups: Rows, ties: Ties) -> Flags:
    carried = ties.earlier[groups]
    forbidden = (carried[:, None] != carried[None, :]) & (carried[:, None] != NEW) & (carried[None, :] != NEW)
    for place, group in enumerate(groups.tolist()):
        others = np.array(sorted(ties.apart.get(group, ())), dtype=np.int64)
        forbidden[place] |= np.isin(groups, others)
    everything: Flags = forbidden | forbidden.T
    return everything


def _merged(sums: Floats, sizes: Floats, forbidden: Flags, *, cut: float) -> Rows:
    """Merge in place until no two groups that may meet are likely enough; the cluster of every group."""
    count = len(sizes)
    cluster = np.arange(count)
    np.fill_diagonal(forbidden, val=True)
    while True:
        means = np.where(forbidden, -1.0, sums / np.outer(sizes, sizes))
        one, two = sorted(divmod(int(means.argmax()), count))
        if means[one, two] < cut:
            return cluster
        sums[one] += sums[two]
        sums[:, one] += sums[:, two]
        sizes[one] += sizes[two]
        forbidden[one] |= forbidden[two]
        forbidden[:, one] |= forbidden[:, two]
        forbidden[two] = forbidden[:, two] = True
        cluster[cluster == two] = one
