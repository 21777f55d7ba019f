"""What to generate: sizes, seed and how much mess, checked when they are made."""

from dataclasses import dataclass, replace
from datetime import date


@dataclass(frozen=True, slots=True, kw_only=True)
class GeneratorOptions:
    """The size and dirtiness of one generated CRM.

    Attributes:
        customers: rows of the customer file, duplicates included.
        transactions: purchases and refunds together.
        needs: product and service needs.
        seed: the same seed and options give the same bytes.
        duplicate_share: share of rows that repeat a person who is already in the file.
        mess: multiplier of every error rate; 1.0 is a neglected CRM, 0.0 leaves no error.
        more_mess: multiplier of the rates of further damage (titles, encodings, contradictions, outliers); 0.0 by default.
        missing: multiplier of every rate of empty cells.
        household_share: share of people who share surname, address and landline with the person before.
        as_of: the day the file was exported; ages and recency count from here.
    """

    customers: int = 5_000
    transactions: int = 30_000
    needs: int = 10_000
    seed: int = 7
    duplicate_share: float = 0.15
    mess: float = 1.0
    more_mess: float = 0.0
    missing: float = 1.0
    household_share: float = 0.08
    as_of: date = date(2026, 11, 1)

    def __post_init__(self) -> None:
        if self.customers < 1 or self.transactions < 0 or self.needs < 0:
            raise ValueError("customers must be at least 1; transactions and needs must not be negative")
        if not 0.0 <= self.duplicate_share <= 0.75:
            raise ValueError("duplicate_share must lie between 0 and 0.75")
        if min(self.mess, self.more_mess, self.missing) < 0.0 or not 0.0 <= self.household_share <= 0.5:
            raise ValueError("mess, more_mess and missing must not be negative; household_share must lie between 0 and 0.5")

    @property
    def people(self) -> int:
        """How many real persons stand behind the rows."""
        return self.customers - round(self.customers * self.duplicate_share)

    def clean(self) -> "GeneratorOptions":
        """Return the same CRM without duplicates, errors and empty cells."""
        return replace(self, duplicate_share=0.0, mess=0.0, more_mess=0.0, missing=0.0)
