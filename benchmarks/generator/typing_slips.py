"""What fingers do: missed, doubled, swapped, neighbouring keys, and the ways e-mail domains go wrong."""

import random

_NEIGHBOURS = {
    "a": "sqz", "b": "vgn", "c": "xdv", "d": "sfe", "e": "wrd", "f": "dgr", "g": "fht", "h": "gjy", "i": "uok", "j": "hku",
    "k": "jli", "l": "kop", "m": "nj", "n": "bmh", "o": "ipl", "p": "ol", "q": "wa", "r": "etf", "s": "adw", "t": "ryg",
    "u": "yij", "v": "cbf", "w": "qes", "x": "zcs", "y": "tuh", "z": "xa",
}  # fmt: skip


def misspell(text: str, rng: random.Random) -> str:
    """Make one slip at a letter after the first; people get the first letter right most of the time. Short text stays."""
    places = [index for index in range(1, len(text)) if text[index].isalpha()]
    if len(places) < 2:
        return text
    index = rng.choice(places)
    before, letter, after = text[:index], text[index], text[index + 1 :]
    slip = rng.randrange(4)
    if slip == 0:
        return before + after
    if slip == 1:
        return before + letter + letter + after
    if slip == 2 and after[:1].isalpha():
        return before + after[0] + letter + after[1:]
    return before + rng.choice(_NEIGHBOURS.get(letter.lower(), "e")) + after


def misspell_domain(domain: str, rng: random.Random) -> str:
    """Break a mail provider's domain: a slip in the name (first letter included) or a lost or wrong ending."""
    name, _, ending = domain.partition(".")
    if rng.random() < 0.3:
        return f"{name}.{rng.choice(_wrong_endings(ending))}"
    for _ in range(8):
        wrong = misspell(f"@{name}", rng)[1:]
        if wrong != name and wrong:
            return f"{wrong}.{ending}"
    return f"{name}{name[-1]}.{ending}"


def _wrong_endings(ending: str) -> tuple[str, ...]:
    if ending == "com":
        return ("con", "cm", "co", "vom", "comm")
    return (ending[:-1], ending + ending[-1])


def slip_digit(number: str, rng: random.Random) -> str:
    """Change one of the last six digits, or swap two of them."""
    if len(number) < 8:
        return number
    index = len(number) - rng.randint(2, 6)
    if rng.random() < 0.4 and number[index] != number[index + 1]:
        return number[:index] + number[index + 1] + number[index] + number[index + 2 :]
    return number[:index] + rng.choice([digit for digit in "0123456789" if digit != number[index]]) + number[index + 1 :]
