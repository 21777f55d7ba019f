"""A messy CRM with known truth, for the demo, the tests and the benchmarks.

Everything in it is invented and drawn from one seed. Only the standard library is needed, and pyarrow to write Parquet.
"""

from benchmarks.generator.activity import Line, NeedRow, TransactionRow
from benchmarks.generator.crm import GeneratedCrm, generate
from benchmarks.generator.options import GeneratorOptions
from benchmarks.generator.rows import CUSTOMER_COLUMNS
from benchmarks.generator.totals import StatedTotal, stated_totals
from benchmarks.generator.truth import OF_MORE_MESS, CellError, ErrorKind, MissingCell, Truth, load_truth, write_truth

__all__ = [
    "CUSTOMER_COLUMNS",
    "OF_MORE_MESS",
    "CellError",
    "ErrorKind",
    "GeneratedCrm",
    "GeneratorOptions",
    "Line",
    "MissingCell",
    "NeedRow",
    "StatedTotal",
    "TransactionRow",
    "Truth",
    "generate",
    "load_truth",
    "stated_totals",
    "write_truth",
]
