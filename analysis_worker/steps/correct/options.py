"""What a caller decides about the correct step; everything else is the data's own evidence.

The step has no clock: `as_of` is the day ages and birth dates are judged by, usually the day the file was exported.
"""

from dataclasses import dataclass
from datetime import date


@dataclass(frozen=True, slots=True, kw_only=True)
class CorrectOptions:
    """Options of one correct step.

    Attributes:
        as_of: The day that ages are counted to; a birth date after it is impossible.
        default_region: ISO 3166-1 alpha-2 country for phones of customers without a country of their own; None abstains.
        age_tolerance_years: How far a stated age may be from the birth date before it counts as wrong.
        max_age_years: A birth date further back than this is not believed.
        slice_rows: Rows handled at once; bounds memory, never changes results.
    """

    as_of: date
    default_region: str | None = None
    age_tolerance_years: int = 1
    max_age_years: int = 115
    slice_rows: int = 50_000

    def __post_init__(self) -> None:
        if self.default_region is not None and not (len(self.default_region) == 2 and self.default_region.isupper()):  # noqa: PLR2004 - alpha-2
            raise ValueError("default_region must be an upper-case ISO 3166-1 alpha-2 code")
        if self.slice_rows < 1 or self.age_tolerance_years < 0 or self.max_age_years < 1:
            raise ValueError("slice_rows, age_tolerance_years and max_age_years must be positive")
