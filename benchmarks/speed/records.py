"""The records that every yardstick and every server measurement handles: customers of eleven fields."""

from benchmarks.generator import GeneratorOptions, generate

FIELDS: tuple[str, ...] = (
    "first_name", "last_name", "email", "phone", "birth_date", "gender", "street", "city", "postcode", "country", "income",
)  # fmt: skip


def speed_records(count: int, seed: int = 7) -> list[dict[str, str]]:
    """Make `count` clean customers with the eleven `FIELDS`; the same call gives the same records in every process."""
    options = GeneratorOptions(customers=count, transactions=0, needs=0, seed=seed).clean()
    return [{name: row[name] for name in FIELDS} for row in generate(options).customers]
