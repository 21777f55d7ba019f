"""Reference tables of this worker: what its operator lets runs join, by name, read anew for every run.

Rules: a run names a reference, never a file or an address, so whoever owns a run cannot make the worker open anything; every
cell is text, because a postcode that was read as a number has lost its zeros; an address with a password comes from a file or
the environment. No error says a path, an address or a cell: the run's owner reads it, and the operator knows the name.

The operator's file (`strongroom-worker run --references FILE`), in TOML:

    [postcodes]                                [firms]
    file = "postcodes.csv"                     url_file = "/run/secrets/firms-url"     # or url_env, or url without a password
                                               table = "firms"

A file is CSV (any separator) or Parquet, its path relative to the operator's file. A URL is `sqlite:///PATH` or `postgresql://...`.
"""

from __future__ import annotations

import os
import re
import tomllib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import pyarrow as pa

from analysis_worker.pipeline.errors import RunFailureError
from analysis_worker.reference_reading import ReferenceTooLargeError, database_batches, file_batches, kept
from strongroom.errors import ConfigurationError

_NAME = re.compile(r"[a-z][a-z0-9_-]{0,62}")
_PLACES = ("file", "url", "url_file", "url_env")
_FILES = (".csv", ".tsv", ".txt", ".parquet")


@dataclass(frozen=True, slots=True, kw_only=True)
class ReferencePlace:
    """Where one reference lies.

    Attributes:
        file: of CSV or Parquet; None for a database.
        url: of a database, without a password; "" if it comes from `url_file` or `url_env`, or there is none.
        url_file: file that holds the address.
        url_env: environment variable that holds it.
        table: of the database.
    """

    file: Path | None
    url: str
    url_file: Path | None
    url_env: str
    table: str


@dataclass(frozen=True, slots=True, kw_only=True)
class References:
    """Every reference that runs may name."""

    places: Mapping[str, ReferencePlace]

    def table(self, name: str, columns: Sequence[str]) -> pa.Table:
        """Read the named columns of a reference, all as text.

        Raises:
            RunFailureError: UNKNOWN_REFERENCE, REFERENCE_COLUMN, REFERENCE_TOO_LARGE or REFERENCE_UNREADABLE.
        """
        place = self.places.get(name)
        if place is None:
            raise RunFailureError("UNKNOWN_REFERENCE", f"this worker has no reference {name[:63]!r}")
        try:
            batches = file_batches(place.file, columns) if place.file else database_batches(_url(place), place.table, columns)
            return kept(batches, columns)
        except KeyError as error:
            raise RunFailureError("REFERENCE_COLUMN", f"the reference {name!r} has no column {error.args[0]!r}") from None
        except ReferenceTooLargeError as error:
            raise RunFailureError("REFERENCE_TOO_LARGE", f"the reference {name!r} {error}") from None
        except RunFailureError:
            raise
        except Exception as error:  # its words may hold a path, an address or a cell
            kind = type(error).__name__
            check = "whoever runs the worker should check that it is there, whole and in UTF-8"
            raise RunFailureError("REFERENCE_UNREADABLE", f"the reference {name!r} cannot be read ({kind}): {check}") from None


NO_REFERENCES = References(places={})


def load_references(path: Path) -> References:
    """Understand the operator's file; nothing that it names is opened yet.

    Raises:
        ConfigurationError: it cannot be read, or does not say where a reference lies.
    """
    try:
        declared = tomllib.loads(path.read_text(encoding="utf-8"))
    except OSError as error:
        raise ConfigurationError(f"the file of references {path} cannot be read: {error.strerror}") from None
    except ValueError as error:
        raise ConfigurationError(f"the file of references {path} is not TOML in UTF-8: {error}") from None
    return References(places={name: _place(name, said, path.parent) for name, said in declared.items()})


def _place(name: str, said: Any, folder: Path) -> ReferencePlace:
    if not _NAME.fullmatch(name) or not isinstance(said, dict) or not all(isinstance(one, str) for one in said.values()):
        raise _wrong(name, "is a table of texts under a name of small letters, digits, '-' and '_'")
    unknown = sorted(set(said) - {*_PLACES, "table"})
    if unknown or sum(place in said for place in _PLACES) != 1:
        raise _wrong(name, f"says one of {', '.join(_PLACES)}, and `table` for a database")
    file = (folder / said["file"]) if "file" in said else None
    if file is not None and file.suffix.lower() not in _FILES:
        raise _wrong(name, f"is a file of one of {', '.join(_FILES)}")
    if file is None and not said.get("table"):
        raise _wrong(name, "names the `table` to read")
    if "url" in said and urlsplit(said["url"]).password:
        raise _wrong(name, "has an address without a password: put one with it into a file and name that in `url_file`")
    return ReferencePlace(
        file=file,
        url=said.get("url", ""),
        url_file=(folder / said["url_file"]) if "url_file" in said else None,
        url_env=said.get("url_env", ""),
        table=said.get("table", ""),
    )


def _wrong(name: str, what: str) -> ConfigurationError:
    return ConfigurationError(f"each reference {what}; {name[:63]!r} does not")


def _url(place: ReferencePlace) -> str:
    if place.url_file is not None:
        return place.url_file.read_text(encoding="utf-8").strip()
    return os.environ.get(place.url_env, place.url)
