"""The latent segments that customers come from: how often, how recently, for how much, and what they complain about.

Six kinds of behaviour with distinct recency, frequency and money. A clustering that sees only transactions should find them;
the truth file says who was drawn from which.
"""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True, kw_only=True)
class LatentSegment:
    """One kind of customer.

    Attributes:
        share: weight among people.
        rate: relative number of transactions.
        lines: mean number of lines in a basket, 1 to 5.
        price: multiplier of catalogue prices.
        quiet_days: no transaction in the last so many days (from, to).
        life_days: the first transaction is at most so many days old.
        refund_share: share of transactions that are refunds.
        families: favourite product families, most liked first.
        satisfaction: mean on 1..10.
        spend: mean monthly spend in units of the country's currency.
        need_rate: relative number of needs.
        topics: favourite topics of needs.
        web_share: share of purchases over the web shop.
    """

    name: str
    share: float
    rate: float
    lines: float
    price: float
    quiet_days: tuple[int, int]
    life_days: tuple[int, int]
    refund_share: float
    families: tuple[str, ...]
    satisfaction: float
    spend: float
    need_rate: float
    topics: tuple[str, ...]
    web_share: float


SEGMENTS: tuple[LatentSegment, ...] = (
    LatentSegment(
        name="champion",
        share=0.12,
        rate=5.0,
        lines=3.6,
        price=1.5,
        quiet_days=(0, 21),
        life_days=(900, 1460),
        refund_share=0.03,
        families=("coffee", "kitchen", "grocery"),
        satisfaction=8.8,
        spend=240.0,
        need_rate=1.4,
        topics=("upgrade", "new product", "subscription"),
        web_share=0.6,
    ),
    LatentSegment(
        name="regular",
        share=0.24,
        rate=2.4,
        lines=2.4,
        price=1.0,
        quiet_days=(5, 60),
        life_days=(600, 1300),
        refund_share=0.05,
        families=("grocery", "household", "coffee"),
        satisfaction=7.6,
        spend=110.0,
        need_rate=0.8,
        topics=("delivery", "subscription", "advice"),
        web_share=0.45,
    ),
    LatentSegment(
        name="bargain",
        share=0.18,
        rate=1.9,
        lines=2.2,
        price=0.45,
        quiet_days=(5, 90),
        life_days=(400, 1200),
        refund_share=0.18,
        families=("outlet", "household", "garden"),
        satisfaction=6.0,
        spend=38.0,
        need_rate=1.1,
        topics=("discount", "refund", "delivery"),
        web_share=0.85,
    ),
    LatentSegment(
        name="big ticket",
        share=0.11,
        rate=0.55,
        lines=1.2,
        price=6.0,
        quiet_days=(30, 240),
        life_days=(500, 1400),
        refund_share=0.06,
        families=("electronics", "furniture", "garden"),
        satisfaction=7.9,
        spend=170.0,
        need_rate=1.0,
        topics=("installation", "warranty", "advice"),
        web_share=0.25,
    ),
    LatentSegment(
        name="newcomer",
        share=0.14,
        rate=0.6,
        lines=1.8,
        price=1.0,
        quiet_days=(0, 40),
        life_days=(45, 95),
        refund_share=0.08,
        families=("coffee", "electronics", "outlet"),
        satisfaction=7.2,
        spend=62.0,
        need_rate=1.2,
        topics=("account", "new product", "advice"),
        web_share=0.75,
    ),
    LatentSegment(
        name="lapsed",
        share=0.21,
        rate=0.9,
        lines=1.9,
        price=0.9,
        quiet_days=(300, 700),
        life_days=(800, 1460),
        refund_share=0.1,
        families=("household", "garden", "grocery"),
        satisfaction=4.3,
        spend=21.0,
        need_rate=0.7,
        topics=("complaint", "cancellation", "refund"),
        web_share=0.5,
    ),
)
BY_NAME: dict[str, LatentSegment] = {segment.name: segment for segment in SEGMENTS}
