"""Two tools beside the match step, each used the way its own documentation introduces it, nothing tuned for a data set.

Splink 5, plain: name, date, city and e-mail comparisons from its library, blocking on exact values, u from random pairs, two
training sessions, connected components at a probability. recordlinkage: one blocking key, string similarities, two records
match when more than a fixed number of fields agree. Both run under the Python that STRONGROOM_PEERS names. A tool that is not
installed is "not available".
"""

import json
import os
import subprocess
from pathlib import Path

import numpy as np
import pyarrow as pa

from analysis_worker.steps.match.strangers import components

PEERS_VARIABLE = "STRONGROOM_PEERS"
_TIMEOUT_S = 300
_FLAT = ("given_name", "family_name", "birth_date", "city", "postal_code", "street")

_SPLINK = """
import json, logging, sys, warnings
import pandas
from splink import DuckDBAPI, Linker, SettingsCreator, block_on
from splink import comparison_library as library
warnings.simplefilter("ignore")
logging.getLogger("splink").setLevel(logging.ERROR)
rows = pandas.DataFrame(json.load(sys.stdin))
rows["place"] = range(len(rows))
makers = {
    "given_name": library.NameComparison,
    "family_name": library.NameComparison,
    "birth_date": lambda name: library.DateOfBirthComparison(name, input_is_string=True),
    "city": lambda name: library.ExactMatch(name).configure(term_frequency_adjustments=True),
    "email": library.EmailComparison,
    "postal_code": library.ExactMatch,
}
keys = [("given_name", "family_name"), ("family_name", "birth_date"), ("email",), ("birth_date", "city")]
rules = [block_on(*key) for key in keys if set(key) <= set(rows.columns)]
settings = SettingsCreator(
    link_type="dedupe_only",
    unique_id_column_name="place",
    comparisons=[make(name) for name, make in makers.items() if name in rows.columns],
    blocking_rules_to_generate_predictions=rules,
)
linker = Linker(DuckDBAPI().register(rows, table_name="people"), settings)
linker.training.estimate_probability_two_random_records_match(rules, recall=0.7)
linker.training.estimate_u_using_random_sampling(max_pairs=1e6, seed=1)
for key in (("given_name", "family_name"), ("birth_date",)):
    if set(key) <= set(rows.columns):
        linker.training.estimate_parameters_using_expectation_maximisation(block_on(*key))
predicted = linker.inference.predict(threshold_match_probability=0.95)
print(json.dumps([[pair["place_l"], pair["place_r"]] for pair in predicted.as_record_list()]))
"""

_RECORDLINKAGE = """
import json, sys
import jellyfish
jellyfish.jaro_winkler = jellyfish.jaro_winkler_similarity  # the name that recordlinkage 0.14 still calls
import pandas, recordlinkage
rows = pandas.DataFrame(json.load(sys.stdin))
block = next(name for name in ("given_name", "family_name") if name in rows)
pairs = recordlinkage.Index().block(block).index(rows)
compare = recordlinkage.Compare()
for name in rows.columns:
    if name in ("given_name", "birth_date", "postal_code", "email"):
        compare.exact(name, name, label=name)
    else:
        compare.string(name, name, method="jarowinkler", threshold=0.85, label=name)
found = compare.compute(pairs, rows)
matches = found[found.sum(axis=1) > 3]
print(json.dumps([[int(a), int(b)] for a, b in matches.index]))
"""


def flat_columns(table: pa.Table) -> dict[str, list[str | None]]:
    """The columns that both tools look at, one text per row."""
    columns = {name: table[name].to_pylist() for name in _FLAT if name in table.column_names}
    if "emails" in table.column_names:
        columns["email"] = [values[0] if values else None for values in table["emails"].to_pylist()]
    return columns


def by_splink(table: pa.Table) -> list[int] | None:
    """Cluster of every row by plain Splink; None when it is not available."""
    return _clusters_by(_SPLINK, table)


def by_recordlinkage(table: pa.Table) -> list[int] | None:
    """Cluster of every row by recordlinkage; None when it is not available."""
    return _clusters_by(_RECORDLINKAGE, table)


def _clusters_by(program: str, table: pa.Table) -> list[int] | None:
    python = Path(os.environ.get(PEERS_VARIABLE, ""))
    if not python.is_file():
        return None
    done = subprocess.run(
        [str(python), "-c", program],
        input=json.dumps(flat_columns(table)),
        capture_output=True,
        text=True,
        timeout=_TIMEOUT_S,
        check=False,
    )
    if done.returncode != 0:
        return None
    return _clusters(table.num_rows, [(a, b) for a, b in json.loads(done.stdout.strip().splitlines()[-1])])


def _clusters(rows: int, pairs: list[tuple[int, int]]) -> list[int]:
    ends = np.array(pairs, dtype=np.int64).reshape(-1, 2)
    found: list[int] = components(rows, ends[:, 0], ends[:, 1]).tolist()
    return found
