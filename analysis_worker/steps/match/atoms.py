"""Blocking atoms: what two rows may share to be worth a comparison.

An atom is a partition of the rows by one derived value: the whole value, a phonetic key, a prefix, half of an identifier.
Rules: an absent value is code -1 and never shared; atoms of one field belong to one family, so that a rule never combines
a value with a part of itself.
"""

from collections.abc import Callable, Iterator
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from analysis_worker.steps.match.cells import Cells
from analysis_worker.steps.match.features import Features
from analysis_worker.steps.match.normalise import skeleton

Codes = npt.NDArray[np.int64]
Derivation = Callable[[str], str | None]

_PREFIX = 3
_HALVED_MIN = 6
_FULL_DATE = 8
_COARSE = frozenset({"gender", "age", "born", "country", "region", "job_title"})
_FIELD_OF_FEATURE = {"given_root": "given", "name_tokens": "name", "born": "birth", "age": "birth"}


@dataclass(frozen=True, slots=True, kw_only=True)
class Atom:
    """Rows by one derived value.

    Attributes:
        name: what it is, for the summary; never a value.
        field: the field it derives from.
        rows: int64, rows that have a value; a row appears once per value it has.
        codes: int64, same shape as rows; equal codes are equal values.
        single: whether every row has at most one value, so that the atom can be part of a combination.
    """

    name: str
    field: str
    rows: npt.NDArray[np.int64]
    codes: Codes
    single: bool


def build_atoms(features: Features) -> tuple[Atom, ...]:
    """All atoms that the table's fields offer, in a fixed order."""
    atoms: list[Atom] = []
    for field, cells in features.scalars.items():
        for part, derive in _derivations(field):
            derived = cells if derive is None else cells.mapped(derive)
            atoms.append(_atom(f"{field}{part}", _FIELD_OF_FEATURE.get(field, field), derived))
    for field, several in features.lists.items():
        if len(np.unique(several.rows)) < len(several.rows):
            atoms.append(Atom(name=f"{field}:any", field=field, rows=several.rows, codes=several.cells.codes, single=False))
    atoms.extend(_crossed(features))
    return tuple(atom for atom in atoms if len(atom.rows) > 1)


def _derivations(field: str) -> Iterator[tuple[str, Derivation | None]]:
    """Named ways to cut one feature down to a shareable value."""
    kind = field.partition("_")[0]
    yield "", None
    if field in _COARSE:  # only useful in combination, where the budget lets it
        return
    if field in ("given", "family"):
        yield ":sound", _sound
        yield ":prefix", lambda cell: cell[:_PREFIX] if len(cell) > _PREFIX else None
    elif field in ("city", "street", "organisation"):
        yield ":sound", _sound
    elif field == "birth":
        yield ":year", lambda cell: cell[:4] if len(cell) == _FULL_DATE else None
        yield ":year-month", lambda cell: cell[:6] if len(cell) == _FULL_DATE else None
        yield ":month-day", lambda cell: cell[4:] if len(cell) == _FULL_DATE else None
        yield ":year-day", lambda cell: cell[:4] + cell[6:] if len(cell) == _FULL_DATE else None
    elif field == "email":
        yield ":local", lambda cell: cell.partition("@")[0] or None
        yield ":prefix", lambda cell: cell[:5] or None
    elif field in ("phone", "national_id") or kind == "identifier":
        yield ":first-half", lambda cell: cell[: len(cell) // 2] if len(cell) >= _HALVED_MIN else None
        yield ":last-half", lambda cell: cell[len(cell) // 2 :] if len(cell) >= _HALVED_MIN else None


def _sound(cell: str) -> str | None:
    return " ".join(skeleton(word) for word in cell.split()) or None


def _crossed(features: Features) -> Iterator[Atom]:
    """One name whatever column it stands in: finds swapped given and family names when the other is absent."""
    given, family = features.scalars.get("given"), features.scalars.get("family")
    if given is None or family is None:
        return
    place = {value: code for code, value in enumerate(given.values)}
    moved = np.array([place.setdefault(value, len(place)) for value in family.values], dtype=np.int64)
    other = np.where(family.filled, moved[family.codes], -1)
    both = np.flatnonzero(given.filled), np.flatnonzero((other >= 0) & (other != given.codes))
    rows, codes = np.concatenate(both), np.concatenate([given.codes[both[0]], other[both[1]]])
    order = np.argsort(rows, kind="stable")
    yield Atom(name="name:either", field="name", rows=rows[order], codes=codes[order], single=False)


def _atom(name: str, field: str, cells: Cells) -> Atom:
    rows = np.flatnonzero(cells.filled)
    return Atom(name=name, field=field, rows=rows, codes=cells.codes[rows], single=True)


def dense_codes(atom: Atom, rows: int) -> Codes:
    """Codes of a single-valued atom for every row, shape (rows,), -1 where the row has no value."""
    dense = np.full(rows, -1, dtype=np.int64)
    dense[atom.rows] = atom.codes
    return dense
