"""What customers bought, returned and asked for, drawn from their latent segments.

Counts add up exactly to what was asked for. A person with several rows leaves a trail on all of them, most on the first.
Pairs of products are planted in baskets (`BUNDLES`), so that a miner of association rules has something true to find.
"""

import random
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from datetime import time as clock_time

from benchmarks.generator.draw import Skewed, spread
from benchmarks.generator.needs_text import PRODUCT_TOPICS, TOPICS, sentence
from benchmarks.generator.people import Person
from benchmarks.generator.segments import LatentSegment

_FAMILY_PRICES: dict[str, tuple[str, int]] = {
    "coffee": ("COF", 1450), "kitchen": ("KIT", 3900), "grocery": ("GRO", 420), "household": ("HOU", 980),
    "garden": ("GAR", 2600), "outlet": ("OUT", 690), "electronics": ("ELE", 8900), "furniture": ("FUR", 14500),
}  # fmt: skip
_PER_FAMILY = 24
BUNDLES: tuple[tuple[str, str, float], ...] = (
    ("COF-001", "COF-002", 0.6),
    ("KIT-001", "KIT-003", 0.5),
    ("GRO-002", "HOU-001", 0.45),
    ("GAR-001", "GAR-004", 0.55),
    ("ELE-001", "ELE-002", 0.5),
    ("OUT-001", "HOU-002", 0.4),
)
_CURRENCY_LEVEL = {"PLN": 4.3, "AUD": 1.6, "USD": 1.1, "GBP": 0.87, "EUR": 1.0}


@dataclass(frozen=True, slots=True, kw_only=True)
class Line:
    sku: str
    description: str
    quantity: int
    unit_price_minor: int


@dataclass(frozen=True, slots=True, kw_only=True)
class TransactionRow:
    """One purchase or refund; `refunded_purchase` names the purchase, prices are in minor units of `currency`."""

    id: str
    customer_id: str
    kind: str
    time: datetime
    channel: str
    currency: str
    refunded_purchase: str
    lines: tuple[Line, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class NeedRow:
    id: str
    customer_id: str
    kind: str
    topic: str
    text: str
    need_state: str
    priority: str
    time: datetime


class _Shelf:
    """The products of one family, well-selling ones first."""

    def __init__(self, family: str) -> None:
        self.prefix, self._price = _FAMILY_PRICES[family]
        self._family = family
        self._ranks = Skewed(range(1, _PER_FAMILY + 1), exponent=1.0, offset=1.0)

    def line(self, rng: random.Random, price_factor: float) -> Line:
        return self.named(f"{self.prefix}-{self._ranks.draw(rng):03d}", rng, price_factor)

    def named(self, sku: str, rng: random.Random, price_factor: float) -> Line:
        rank = int(sku[-3:])
        minor = max(int(self._price * (0.55 + rank / _PER_FAMILY) * price_factor), 25)
        quantity = min(int(rng.paretovariate(2.2)), 12)
        return Line(sku=sku, description=f"{self._family} item {rank}", quantity=quantity, unit_price_minor=minor)


_SHELVES = {family: _Shelf(family) for family in _FAMILY_PRICES}
_FAMILY_OF_PREFIX = {shelf.prefix: family for family, shelf in _SHELVES.items()}
_PARTNER = {first: (second, probability) for first, second, probability in BUNDLES}


class ActivityMaker:
    """Draws transactions and needs for people; `rows_of` lists each person's customer rows, the original first."""

    def __init__(self, people: Sequence[Person], rows_of: Sequence[Sequence[str]], as_of: date) -> None:
        self._people = people
        self._rows_of = rows_of
        self._now = datetime.combine(as_of, clock_time(), UTC)

    def transactions(self, count: int, rng: random.Random) -> list[TransactionRow]:
        """Draw exactly `count` transactions, sorted by time; refunds come after the purchase they name."""
        if not count:
            return []
        weights = [person.segment.rate * rng.gammavariate(4.0, 0.25) for person in self._people]
        made: list[TransactionRow] = []
        for person, rows, n in zip(self._people, self._rows_of, spread(count, weights), strict=True):
            if n:
                made.extend(self._history(person, rows, n, len(made), rng))
        made.sort(key=lambda row: (row.time, row.id))
        return made

    def needs(self, count: int, rng: random.Random) -> list[NeedRow]:
        """Draw exactly `count` needs, sorted by time."""
        if not count:
            return []
        weights = [person.segment.need_rate * rng.gammavariate(1.5, 0.66) for person in self._people]
        made: list[NeedRow] = []
        for person, rows, n in zip(self._people, self._rows_of, spread(count, weights), strict=True):
            first = len(made)
            made.extend(self._need(person, _pick(rows, rng), f"N{first + index:08d}", rng) for index in range(n))
        made.sort(key=lambda row: (row.time, row.id))
        return made

    def _history(self, person: Person, rows: Sequence[str], n: int, start: int, rng: random.Random) -> list[TransactionRow]:
        segment = person.segment
        refunds = min(sum(rng.random() < segment.refund_share for _ in range(n)), n // 2)
        moments = self._moments(segment, n - refunds, rng)
        bought = [self._purchase(person, _pick(rows, rng), f"T{start + i:08d}", at, rng) for i, at in enumerate(moments)]
        returned = rng.sample(bought, refunds)
        return bought + [self._refund(row, f"T{start + len(bought) + i:08d}", rng) for i, row in enumerate(returned)]

    def _moments(self, segment: LatentSegment, n: int, rng: random.Random) -> list[datetime]:
        """Draw purchase times between the person's first day and the last day before the segment's silence."""
        quiet = rng.randint(*segment.quiet_days) + 1
        first = max(rng.randint(*segment.life_days), quiet + 1)
        days = [float(quiet), *(rng.uniform(quiet, first) for _ in range(n - 1))]
        return [self._now - timedelta(seconds=int(day * 86_400) - rng.randrange(28_800, 72_000)) for day in days]

    def _purchase(self, person: Person, row: str, number: str, at: datetime, rng: random.Random) -> TransactionRow:
        segment = person.segment
        currency = person.country.currency
        return TransactionRow(
            id=number,
            customer_id=row,
            kind="PURCHASE",
            time=at,
            channel="web" if rng.random() < segment.web_share else rng.choice(("store", "store", "phone", "app")),
            currency=currency,
            refunded_purchase="",
            lines=_basket(segment, segment.price * _CURRENCY_LEVEL[currency], rng),
        )

    def _refund(self, bought: TransactionRow, number: str, rng: random.Random) -> TransactionRow:
        latest = self._now - timedelta(minutes=1)
        return TransactionRow(
            id=number,
            customer_id=bought.customer_id,
            kind="REFUND",
            time=min(bought.time + timedelta(hours=rng.randint(20, 700)), max(latest, bought.time)),
            channel=bought.channel,
            currency=bought.currency,
            refunded_purchase=bought.id,
            lines=tuple(rng.sample(bought.lines, rng.randint(1, len(bought.lines)))),
        )

    def _need(self, person: Person, row: str, number: str, rng: random.Random) -> NeedRow:
        segment = person.segment
        liked = rng.random() < 0.75
        topic = rng.choices(segment.topics, weights=(5, 3, 2))[0] if liked else rng.choice(TOPICS)
        age_days = rng.uniform(segment.quiet_days[0] + 0.1, segment.life_days[0] + 1)
        urgent = topic in {"complaint", "cancellation", "refund", "warranty"}
        return NeedRow(
            id=number,
            customer_id=row,
            kind="PRODUCT" if topic in PRODUCT_TOPICS else "SERVICE",
            topic=topic,
            text=sentence(topic, rng.choice(segment.families), rng),
            need_state=rng.choices(
                ("OPEN", "IN_PROGRESS", "FULFILLED", "DECLINED"), weights=(6, 2, 1, 0) if age_days < 30 else (1, 1, 12, 3)
            )[0],
            priority=rng.choices(("LOW", "NORMAL", "HIGH"), weights=(1, 4, 5) if urgent else (4, 6, 1))[0],
            time=self._now - timedelta(seconds=int(age_days * 86_400)),
        )


def _basket(segment: LatentSegment, price_factor: float, rng: random.Random) -> tuple[Line, ...]:
    """Fill a basket of 1 to 5 different products from favourite families, adding planted partners."""
    size = min(max(round(rng.gauss(segment.lines, 0.9)), 1), 5)
    lines: dict[str, Line] = {}
    for _ in range(size):
        family = rng.choices(segment.families, weights=(6, 3, 2))[0] if rng.random() < 0.85 else rng.choice(list(_SHELVES))
        line = _SHELVES[family].line(rng, price_factor)
        lines.setdefault(line.sku, line)
    for sku in tuple(lines):
        partner, probability = _PARTNER.get(sku, ("", 0.0))
        if rng.random() < probability and len(lines) < 5:
            shelf = _SHELVES[_FAMILY_OF_PREFIX[partner[:3]]]
            lines.setdefault(partner, shelf.named(partner, rng, price_factor))
    return tuple(lines.values())


def _pick(rows: Sequence[str], rng: random.Random) -> str:
    """Choose the row a new record hangs on: the original in seven cases of ten."""
    return rows[0] if len(rows) == 1 or rng.random() < 0.7 else rng.choice(rows[1:])
