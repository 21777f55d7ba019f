"""How many digits the minor unit of a currency has (ISO 4217): what an amount in a file and one on a terminal are read by."""

from __future__ import annotations

_USUAL_DIGITS = 2
_DIGITS = {
    **dict.fromkeys(
        ("BIF", "CLP", "DJF", "GNF", "ISK", "JPY", "KMF", "KRW", "PYG", "RWF", "UGX", "VND", "VUV", "XAF", "XOF", "XPF"), 0
    ),
    **dict.fromkeys(("BHD", "IQD", "JOD", "KWD", "LYD", "OMR", "TND"), 3),
}


def minor_digits(currency: str) -> int:
    """Return the digits of cents: 2 for EUR and for a currency that is not known, 0 for JPY, 3 for KWD."""
    return _DIGITS.get(currency, _USUAL_DIGITS)


def major_text(minor: float, currency: str) -> str:
    """Return an amount in minor units as people write it: 1250 of EUR is `12.50`, of JPY `1250`."""
    digits = minor_digits(currency)
    return f"{minor / 10**digits:.{digits}f}"
