"""What a caller decides about the value step; everything else follows from the purchases."""

from dataclasses import dataclass

MAX_HORIZON_DAYS = 3_650


@dataclass(frozen=True, slots=True, kw_only=True)
class ValueOptions:
    """Options of one value step.

    Attributes:
        seed: Seed of the sample of the back-test; the estimates themselves draw nothing.
        horizon_days: Days that the expectation looks ahead, 1 to 3,650.
        min_customers: With fewer customers who ever bought, the step abstains.
        min_repeat_customers: With fewer customers who bought again, the step abstains; also per currency for amounts.
        backtest: Whether the last third of the time is predicted from what came before, to say how far to trust.
        backtest_customers: At most this many customers are in the back-test.
    """

    seed: int
    horizon_days: int = 365
    min_customers: int = 100
    min_repeat_customers: int = 30
    backtest: bool = True
    backtest_customers: int = 100_000

    def __post_init__(self) -> None:
        if not 1 <= self.horizon_days <= MAX_HORIZON_DAYS:
            raise ValueError(f"horizon_days must be between 1 and {MAX_HORIZON_DAYS}")
        if min(self.min_customers, self.min_repeat_customers, self.backtest_customers) < 1:
            raise ValueError("customer counts must be positive")
