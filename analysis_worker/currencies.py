"""How many digits the minor unit of a currency has (ISO 4217): amounts are kept in minor units and shown in whole ones."""

from __future__ import annotations

_USUAL_DIGITS = 2
_DIGITS = {
    **dict.fromkeys(
        ("BIF", "CLP", "DJF", "GNF", "ISK", "JPY", "KMF", "KRW", "PYG", "RWF", "UGX", "VND", "VUV", "XAF", "XOF", "XPF"), 0
    ),
    **dict.fromkeys(("BHD", "IQD", "JOD", "KWD", "LYD", "OMR", "TND"), 3),
}


def minor_per_major(currency: str) -> int:
    """How many minor units make one: 100 for EUR and for a currency that is not known, 1 for JPY, 1000 for KWD."""
    return int(10 ** _DIGITS.get(currency, _USUAL_DIGITS))
