"""Average linkage of all components of two rows at once, and of all of three: most are, and SciPy's set-up costs more each.

Of three rows the nearest two join first, then the third, if the mean of its two distances is small enough.
"""

import numpy as np
import numpy.typing as npt

Rows = npt.NDArray[np.int64]
Floats = npt.NDArray[np.float64]

SIZES = (2, 3)
_LOW, _HIGH = np.array([0, 0, 1]), np.array([1, 2, 2])
_OTHERS = np.array([[1, 2], [0, 2], [0, 1]])


def linked(members: Rows, distances: Floats, *, cut: float) -> Rows:
    """The smallest row that each row is together with, shape of `members`.

    Args:
        members: shape (n_components, 2 or 3), each ascending.
        distances: shape (n_components, 1 or 3), of rows 0 and 1, 0 and 2, 1 and 2.
        cut: the largest distance of what belongs together.
    """
    every = np.arange(len(members))
    least = np.argmin(distances, axis=1)
    two = distances[every, least] <= cut
    found = members.copy()
    found[two, _HIGH[least[two]]] = members[two, _LOW[least[two]]]
    if members.shape[1] > 2:  # noqa: PLR2004 - a pair has no third
        others = distances[every[:, None], _OTHERS[least]]
        three = two & (others.sum(axis=1) / 2.0 <= cut)
        found[three] = members[three, :1]
    return found
