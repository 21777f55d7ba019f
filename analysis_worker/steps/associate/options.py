"""What a caller decides about the associate step; the seed decides who is held out."""

from dataclasses import dataclass

BASKETS = ("customer", "transaction")
FEWEST_CUSTOMERS = 30


@dataclass(frozen=True, slots=True, kw_only=True)
class AssociateOptions:
    """Options of one associate step.

    Attributes:
        seed: Decides which customers are held out.
        basket: "customer": all that a customer bought within the window; "transaction": what was bought at once.
        window_days: Only what was bought within so many days before the moment of the run; None is all.
        min_support: Smallest share of the baskets that holds a rule's products, 0..1.
        min_customers: Smallest number of customers that have a rule's products, at least 30.
        max_products: Products in a rule, body and head together, 2 to 6.
        min_lift: How much likelier than for all the head must be, at least 1.
        false_discoveries: Share of the rules that may be false, 0..1.
        holdout_share: Share of the customers on whom a rule must prove itself, 0.1..0.5.
        recommendations: Products recommended to a customer at most, 0 to 20.
        max_itemsets: If there are more frequent sets, shorter rules are looked for.
    """

    seed: int
    basket: str = "customer"
    window_days: int | None = None
    min_support: float = 0.005
    min_customers: int = FEWEST_CUSTOMERS
    max_products: int = 4
    min_lift: float = 1.1
    false_discoveries: float = 0.05
    holdout_share: float = 0.3
    recommendations: int = 3
    max_itemsets: int = 100_000

    def __post_init__(self) -> None:
        if self.basket not in BASKETS:
            raise ValueError(f"basket must be one of {', '.join(BASKETS)}")
        if self.window_days is not None and self.window_days < 1:
            raise ValueError("window_days must be positive")
        if not 0 < self.min_support < 1 or not 0 < self.false_discoveries < 1:
            raise ValueError("min_support and false_discoveries must be between 0 and 1")
        if self.min_customers < FEWEST_CUSTOMERS:
            raise ValueError(f"min_customers must be at least {FEWEST_CUSTOMERS}: rules speak about groups, not about people")
        if not 2 <= self.max_products <= 6:  # noqa: PLR2004 - a rule has a body and a head; longer ones nobody reads
            raise ValueError("max_products must be between 2 and 6")
        if self.min_lift < 1 or not 0.1 <= self.holdout_share <= 0.5:  # noqa: PLR2004 - both parts must say something
            raise ValueError("min_lift must be at least 1 and holdout_share between 0.1 and 0.5")
        if not 0 <= self.recommendations <= 20 or self.max_itemsets < 1:  # noqa: PLR2004 - a list that somebody reads
            raise ValueError("recommendations must be between 0 and 20 and max_itemsets positive")
