"""The associate step: products that go together beyond chance, the next one of each customer: docs/methods/associate.md."""

from analysis_worker.steps.associate.bitmaps import Bitmaps, bitmaps_of
from analysis_worker.steps.associate.itemsets import FrequentSets, TooManyItemsetsError, frequent_itemsets
from analysis_worker.steps.associate.options import AssociateOptions
from analysis_worker.steps.associate.step import AssociateResult, AssociateSummary, associate

__all__ = [
    "AssociateOptions",
    "AssociateResult",
    "AssociateSummary",
    "Bitmaps",
    "FrequentSets",
    "TooManyItemsetsError",
    "associate",
    "bitmaps_of",
    "frequent_itemsets",
]
