"""What others make of the damage that the correct step is judged by: OpenRefine's fingerprint keys and pyjanitor.

pyjanitor cleans tables rather than people; what its documentation offers for the cells of a column is used as an analyst would:
`process_text` (blanks, capitals), `convert_to_date`, `find_replace` with the replacements that come to mind in a minute (the
words below; the library knows none by itself), `scale_mad` for amounts far out. It runs in the Python that STRONGROOM_PEERS
names, in a process of its own.
"""

import json
import os
import subprocess
from collections.abc import Mapping, Sequence

from benchmarks.generator import GeneratedCrm
from benchmarks.quality.correct_truth import COLUMN_OF
from benchmarks.quality.fingerprint_keys import merged

PEERS_VARIABLE = "STRONGROOM_PEERS"
# In place of a value: the cell is pointed at, nothing is put in its place.
LOOK = "\0look"
Cells = Mapping[str, Sequence[str]]

_PYJANITOR = """
import json, sys, warnings
import pandas as pd
warnings.simplefilter("ignore")
import janitor
given = json.load(sys.stdin)
frame = pd.DataFrame(given["columns"], dtype="str")
done = frame.copy()
for name in frame.columns:
    done = done.process_text(column_name=name, string_function="strip")
for name in ("first_name", "last_name", "city", "street"):
    done = done.process_text(column_name=name, string_function="title")
done = done.process_text(column_name="email", string_function="lower")
done = done.process_text(column_name="postcode", string_function="upper")
done = done.find_replace(match="exact", **given["replace"])
dates = [text or None for text in frame["birth_date"]]
read = janitor.convert_to_date(dates, string_conversion_failure="warning")
done["birth_date"] = [text if date is None else date.isoformat() for date, text in zip(read, frame["birth_date"])]
amounts = pd.DataFrame({name: pd.to_numeric(frame[name], errors="coerce") for name in given["amounts"]}).scale_mad()
for name in given["amounts"]:
    far = (amounts[name].abs() > 3.5).to_numpy()
    done[name] = [given["look"] if out else text for out, text in zip(far, frame[name])]
json.dump({name: done[name].tolist() for name in done.columns}, sys.stdout)
"""
_REPLACE = {
    "gender": {"F": "female", "f": "female", "Female": "female", "M": "male", "m": "male", "Male": "male"},
    "country": {
        "UK": "GB", "United Kingdom": "GB", "Great Britain": "GB", "USA": "US", "United States": "US", "Germany": "DE",
        "Deutschland": "DE", "Netherlands": "NL", "Nederland": "NL", "France": "FR", "Australia": "AU", "Poland": "PL",
        "Polska": "PL", "Spain": "ES", "España": "ES",
    },
    "language": {"English": "en", "German": "de", "Dutch": "nl", "French": "fr", "Polish": "pl", "Spanish": "es"},
}  # fmt: skip
_AMOUNTS = ("income", "monthly_spend")


def _columns(crm: GeneratedCrm) -> dict[str, list[str]]:
    return {name: [cells[name] for cells in crm.customers] for name in sorted(set(COLUMN_OF.values()))}


def by_fingerprint(crm: GeneratedCrm) -> Cells:
    """Every column after its clusters took their commonest value."""
    return {
        name: [becomes.get(text, text) for text in cells]
        for name, cells in _columns(crm).items()
        for becomes in [merged(cells)]
    }


def by_pyjanitor(crm: GeneratedCrm) -> Cells | None:
    """Every column as pyjanitor leaves it, `LOOK` where it points at a cell; None where it cannot be run."""
    python = os.environ.get(PEERS_VARIABLE)
    if not python:
        return None
    given = json.dumps({"columns": _columns(crm), "replace": _REPLACE, "amounts": _AMOUNTS, "look": LOOK})
    # The program is a constant of this file, the interpreter is named by whoever runs the benchmark.
    done = subprocess.run([python, "-c", _PYJANITOR], input=given, capture_output=True, text=True, check=False)
    if done.returncode:
        return None
    found: dict[str, list[str]] = json.loads(done.stdout)
    return found
