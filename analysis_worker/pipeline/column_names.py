"""Names of columns as people write them in options: one rule for every option of every step that names a column.

Rules: an attribute goes by its key, with or without `attributes.` before it, a field by its name. Capital letters do not matter
as long as one column is meant; a name that stands there exactly always wins. A refusal names columns, never values.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from difflib import get_close_matches

from analysis_worker.pipeline.customers import ATTRIBUTE_PREFIX
from analysis_worker.pipeline.errors import RunFailureError

_SHOWN_CHARS, _MOST_SHOWN = 60, 12
_NEAR = 0.6


class ColumnNames:
    """The columns of one step.

    Args:
        columns: names as the step knows them.
        also: further ways to write some of them.
    """

    def __init__(self, columns: Iterable[str], also: Mapping[str, str] | None = None) -> None:
        names = list(dict.fromkeys(columns))
        keys = [name.removeprefix(ATTRIBUTE_PREFIX) for name in names]
        written = {key: name for key, name in zip(keys, names, strict=True) if keys.count(key) == 1}
        written |= {ATTRIBUTE_PREFIX + key: name for key, name in written.items()}
        self._columns = dict.fromkeys(names)
        self._written = {**written, **(also or {}), **{name: name for name in names}}

    def find(self, option: str, name: str) -> str | None:
        """The column that is meant, None if there is none.

        Raises:
            RunFailureError: INVALID_OPTIONS, the name stands for several columns.
        """
        if name in self._written:
            return self._written[name]
        folded = name.casefold()
        meant = sorted({column for written, column in self._written.items() if written.casefold() == folded})
        if len(meant) > 1:
            raise _refused(option, f"{name[:_SHOWN_CHARS]!r} may be {' or '.join(map(_shown, meant))}: write it as it stands")
        return meant[0] if meant else None

    def require(self, option: str, name: str) -> str:
        """The column that is meant.

        Raises:
            RunFailureError: INVALID_OPTIONS, there is none, or the name stands for several.
        """
        found = self.find(option, name)
        if found is None:
            raise _refused(option, f"there is no column {name[:_SHOWN_CHARS]!r}; {self._advice(name)}")
        return found

    def or_same(self, option: str, name: str) -> str:
        """The column that is meant; a name of nothing stays, for options that may name what a purpose does not show."""
        return self.find(option, name) or name

    def _advice(self, name: str) -> str:
        folded = {written.casefold(): column for written, column in self._written.items()}
        near = get_close_matches(name.casefold(), list(folded), n=1, cutoff=_NEAR)
        if near:
            return f"did you mean {_shown(folded[near[0]])}?"
        shown = [_shown(column) for column in self._columns][:_MOST_SHOWN]
        more = ", ..." if len(self._columns) > _MOST_SHOWN else ""
        return f"there are: {', '.join(shown) or 'none'}{more}"


def _shown(column: str) -> str:
    return repr(column[:_SHOWN_CHARS])


def _refused(option: str, problem: str) -> RunFailureError:
    return RunFailureError("INVALID_OPTIONS", f"the option {option!r}: {problem}")
