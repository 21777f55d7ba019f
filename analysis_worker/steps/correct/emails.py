"""E-mail addresses: repair what is no address as written, and domains that are one slip from a domain people use.

Rules: an address that could be right stays as it is. A domain is only corrected when it is neither well known nor frequent
in the file, when exactly one known or much more frequent domain is one slip away, and when the two are not plausibly two
branches of one name (`acme.de` and `acme.be`). The part before the @ is never touched.
"""

import re
from collections import Counter
from collections.abc import Container, Mapping

from analysis_worker.steps.correct.countries import is_country_code
from analysis_worker.steps.correct.mail_domains import IMPOSSIBLE_ENDINGS, NOT_TYPOS, SINGLE_DOMAIN_LABELS, TARGETS, WELL_KNOWN
from analysis_worker.steps.correct.nearness import SlipIndex
from analysis_worker.steps.correct.proposal import Change

_LOCAL = re.compile(r"[A-Za-z0-9!#$%&'*+/=?^_`{|}~-]+(\.[A-Za-z0-9!#$%&'*+/=?^_`{|}~-]+)*")
_DOMAIN = re.compile(r"([A-Za-z0-9]([A-Za-z0-9-]{0,61}[A-Za-z0-9])?\.)+[A-Za-z][A-Za-z0-9-]{0,61}[A-Za-z0-9]")
_NEARLY_DOMAIN = re.compile(r"[A-Za-z0-9][A-Za-z0-9.-]{2,60}")
_MIN_LOCAL = 4
_BRACKETED = re.compile(r"[^<>@]*<\s*([^<>]+?)\s*>")
_MAX_ADDRESS = 320

# A file's own domain is frequent from this many addresses on, and outweighs a suspected slip by this factor.
FREQUENT = 20
_OUTWEIGHS = 20
_RARE = 3
# Domains of so many sound addresses are recognised where the @ before them was dropped.
_KNOWN_IN_FILE = 5
# A short provider (`gmx.de`) has honest neighbours; only so many of its addresses for each of a rare neighbour's show a slip.
_SHORT_FREQUENT = 50
# Fewer will do in a file whose long providers (`gmail.com`) are mistyped this often; then for names of three letters and more,
# because of names so short as `wp.pl` every neighbour is somebody's.
_FEWER = 15
_SLIPPERY = 0.01
_MIN_SLIPS = 3
_FEWER_LABEL = 3
_MIN_OWN_LABEL = 6
_SHORT_LABEL = 2


_BY_NAME: dict[str, list[str]] = {}
for _domain in sorted(WELL_KNOWN):
    _BY_NAME.setdefault(_domain.rpartition(".")[0], []).append(_domain)


def is_address(text: str) -> bool:
    local, at, domain = text.rpartition("@")
    return bool(at) and len(text) <= _MAX_ADDRESS and bool(_LOCAL.fullmatch(local)) and bool(_DOMAIN.fullmatch(domain))


def repair_syntax(text: str, domains: Container[str] = TARGETS) -> str | None:
    """Return the address that was meant, the text itself when it is one, None when nothing certain can be said.

    Args:
        text: as written.
        domains: those before which a dropped @ is put back.
    """
    if len(text) > 2 * _MAX_ADDRESS or not text.isascii():
        return None
    if is_address(text):
        return text
    repaired = text.strip().removeprefix("mailto:").removeprefix("MAILTO:")
    bracketed = _BRACKETED.fullmatch(repaired)
    repaired = (bracketed.group(1) if bracketed else repaired).strip(' \t\r\n"<>()[]').rstrip(".,;:").lstrip(".,;:")
    repaired = re.sub(r"\s*@+\s*", "@", repaired)
    if "@" not in repaired:
        repaired = _with_at(repaired, domains)
    local, at, domain = repaired.partition("@")
    domain = re.sub(r"[.,\s]*[.,][.,\s]*", ".", domain).strip(".")
    candidate = re.sub(r"(?<=\w),(?=\w)", ".", local) + at + domain
    # `bob@gmailcom` and `bob@orange.f` are no addresses, but the domain rule may still know what was meant.
    nearly = at and _LOCAL.fullmatch(local) and _NEARLY_DOMAIN.fullmatch(domain)
    return candidate if nearly or is_address(candidate) else None


def _with_at(text: str, domains: Container[str]) -> str:
    """Return the address with the @ that was spelt out, or dropped before a provider's domain."""
    spelt = re.fullmatch(r"(\S+)(?: at | ?\(at\) ?| ?\[at\] ?)(\S+)", text, re.IGNORECASE)
    if spelt:
        return "@".join(spelt.groups())
    lower = text.lower()
    for start in range(_MIN_LOCAL, len(text)):
        if lower[start:] in domains and text[start - 1].isalnum():
            return f"{text[:start]}@{text[start:]}"
    return text


class DomainEvidence:
    """Which domains of this file are slips, decided from all its addresses at once.

    Counts are taken as they will be once the slips are corrected (a fixed point), so a second run over the corrected file
    finds nothing new.
    """

    def __init__(self, addresses: Mapping[str, int]) -> None:
        counts: Counter[str] = Counter()
        self._before_at = TARGETS | _own_domains(addresses)
        for text, times in addresses.items():
            repaired = repair_syntax(text, self._before_at)
            if repaired is not None:
                counts[repaired.rpartition("@")[2].lower()] += times
        self.corrections: dict[str, tuple[str, str, float]] = {}
        while True:
            found = _slips(counts)
            if not found:
                break
            for domain, correction in found.items():
                counts[correction[0]] += counts.pop(domain)
                self.corrections[domain] = correction
        # A slip may lead to a domain that was itself judged a slip in a later pass; follow it to the end.
        for domain, (target, rule, confidence) in list(self.corrections.items()):
            final = target
            while final in self.corrections:
                final = self.corrections[final][0]
            self.corrections[domain] = (final, rule, confidence)

    def change(self, text: str) -> Change | None:
        """Return the correction of one address, None when it may be right or nothing certain is known."""
        repaired = repair_syntax(text, self._before_at)
        if repaired is None:
            return None
        local, _, domain = repaired.rpartition("@")
        correction = self.corrections.get(domain.lower())
        if correction is not None:
            target, rule, confidence = correction
            return Change(rule=rule, after=f"{local}@{target}", confidence=confidence)
        if repaired == text or not is_address(repaired):
            return None
        return Change(rule="email.syntax", after=repaired, confidence=_repair_confidence(text, repaired))


def _own_domains(addresses: Mapping[str, int]) -> frozenset[str]:
    """Domains that the file's sound addresses have often enough to know them where the @ was dropped."""
    counts: Counter[str] = Counter()
    for text, times in addresses.items():
        if is_address(text):
            counts[text.rpartition("@")[2].lower()] += times
    known = SlipIndex(TARGETS)
    often = (domain for domain, count in counts.items() if count >= _KNOWN_IN_FILE)
    # `hhotmail.com` is a slip however often it is made; nobody's name lost its last letter to it.
    return frozenset(domain for domain in often if domain in WELL_KNOWN | NOT_TYPOS or not _known_slip(domain, known))


def _repair_confidence(text: str, repaired: str) -> float:
    if repaired in text:
        return 0.98
    return 0.95 if "@" in text and repaired.partition("@")[0] in text else 0.85


def _slips(counts: Mapping[str, int]) -> dict[str, tuple[str, str, float]]:
    frequent = {domain for domain, count in counts.items() if count >= FREQUENT and _DOMAIN.fullmatch(domain)}
    known, own = SlipIndex(TARGETS), SlipIndex(frequent)
    slippery = _is_slippery(counts, known)
    crowded = {domain: least for domain in WELL_KNOWN if counts.get(domain, 0) >= (least := _least_crowd(domain, slippery))}
    short = SlipIndex((WELL_KNOWN | frequent) - TARGETS)
    found: dict[str, tuple[str, str, float]] = {}
    for domain in sorted(counts):
        if domain in WELL_KNOWN or domain in NOT_TYPOS:
            continue
        correction = (
            _known_slip(domain, known)
            or _broken_ending(domain)
            or _own_slip(domain, own, counts)
            or _short_slip(domain, short, crowded, counts)
            or _ending_slip(domain)
        )
        if correction is not None and not _established(domain, correction[0], counts):
            found[domain] = correction
    return found


def _is_slippery(counts: Mapping[str, int], known: SlipIndex) -> bool:
    """Say whether enough addresses of long providers are mistyped to expect the same of short ones."""
    unknown = ((domain, times) for domain, times in counts.items() if domain not in WELL_KNOWN and domain not in NOT_TYPOS)
    slips = sum(times for domain, times in unknown if times <= _RARE and _known_slip(domain, known))
    return slips >= max(_MIN_SLIPS, _SLIPPERY * sum(counts.get(domain, 0) for domain in TARGETS))


def _least_crowd(domain: str, slippery: bool) -> int:  # noqa: FBT001 - a fact about the file, not a switch
    return _FEWER if slippery and len(domain.partition(".")[0]) >= _FEWER_LABEL else _SHORT_FREQUENT


def _established(domain: str, target: str, counts: Mapping[str, int]) -> bool:
    """Say whether so many people have the domain that it must be real, whatever it resembles."""
    if domain.rpartition(".")[2] in IMPOSSIBLE_ENDINGS or "." not in domain:
        return False
    return counts[domain] >= FREQUENT and counts[domain] * _OUTWEIGHS > counts.get(target, 0)


def _known_slip(domain: str, known: SlipIndex) -> tuple[str, str, float] | None:
    near = [target for target in known.neighbours(domain) if not _maybe_branch(domain, target)]
    if len(near) > 1:  # a letter too many is what fingers do most
        near = [target for target in near if _undoubled(domain) == _undoubled(target)]
    return (near[0], "email.domain_typo", 0.96) if len(near) == 1 else None


def _maybe_branch(domain: str, target: str) -> bool:
    """Say whether both could be real: the same name under two endings that exist."""
    label, _, ending = domain.partition(".")
    target_label, _, target_ending = target.partition(".")
    if label != target_label:
        # A real country ending that differs as well cannot come from one slip; but `hotmai.be` and `hotmail.be` can.
        return False
    if label in SINGLE_DOMAIN_LABELS or ending in IMPOSSIBLE_ENDINGS:
        return False
    last = ending.rpartition(".")[2]
    return is_country_code(last.upper()) or len(last) > 3 or ending == target_ending  # noqa: PLR2004 - long endings exist in hundreds


def _own_slip(domain: str, own: SlipIndex, counts: Mapping[str, int]) -> tuple[str, str, float] | None:
    count = counts[domain]
    if count > _RARE:
        return None
    near = [
        target
        for target in own.neighbours(domain)
        if counts[target] >= _OUTWEIGHS * count and _same_ending_slip(domain, target)
    ]
    return (near[0], "email.domain_typo_in_file", 0.85) if len(near) == 1 else None


def _same_ending_slip(domain: str, target: str) -> bool:
    label, _, ending = domain.rpartition(".")
    target_label, _, target_ending = target.rpartition(".")
    if ending != target_ending or len(target_label) < _MIN_OWN_LABEL:
        return False
    if not _hand_slip(label, target_label):
        return False
    plural = label == target_label + "s" or target_label == label + "s"
    numbered = re.sub(r"\d", "", label) == re.sub(r"\d", "", target_label)
    hyphenated = label.replace("-", "") == target_label.replace("-", "")
    subdomains = "." in label and label.partition(".")[2] == target_label.partition(".")[2]
    return not (plural or numbered or hyphenated or subdomains)


def _hand_slip(label: str, target: str) -> bool:
    """Say whether fingers alone explain it: two inner letters exchanged, or an inner letter doubled or not doubled.

    Another letter in a place makes another word, and words are people's domains (`radstead`, `redstead`); so does the last
    letter once more (`bergman`, `bergmann`).
    """
    if len(label) == len(target):
        return label[0] == target[0] and sorted(label) == sorted(target)
    shorter, longer = sorted((label, target), key=len)
    return _undoubled(label) == _undoubled(target) and longer != shorter + shorter[-1:]


def _undoubled(text: str) -> str:
    return re.sub(r"(.)\1", r"\1", text)


def _broken_ending(domain: str) -> tuple[str, str, float] | None:
    """A provider under an ending that cannot exist: of one letter, or a country's with its last letter doubled."""
    name, _, ending = domain.rpartition(".")
    if len(ending) == 1:
        meant = [target for target in _BY_NAME.get(name, ()) if target.rpartition(".")[2].startswith(ending)]
    elif len(ending) == 3 and ending[1] == ending[2]:  # noqa: PLR2004 - a country's ending and one letter
        meant = [target for target in _BY_NAME.get(name, ()) if target.endswith(f".{ending[:2]}")]
    else:
        return None
    return (meant[0], "email.domain_typo", 0.93) if len(meant) == 1 else None


def _short_slip(
    domain: str, short: SlipIndex, crowded: Mapping[str, int], counts: Mapping[str, int]
) -> tuple[str, str, float] | None:
    """A slip from a short provider's domain that most of the file's addresses of that ending have."""
    count = counts[domain]
    near = [target for target in short.neighbours(domain) if target.rpartition(".")[2] == domain.rpartition(".")[2]]
    if count > _RARE or len(near) != 1 or near[0] not in crowded or counts[near[0]] < crowded[near[0]] * count:
        return None
    label, _, ending = domain.partition(".")
    target, _, target_ending = near[0].partition(".")
    if ending != target_ending or len(target) < _SHORT_LABEL or not label.strip("-"):
        return None
    return near[0], "email.domain_typo_short", 0.75


def _ending_slip(domain: str) -> tuple[str, str, float] | None:
    name, _, ending = domain.rpartition(".")
    meant = IMPOSSIBLE_ENDINGS.get(ending)
    return (f"{name}.{meant}", "email.ending_typo", 0.9) if meant else None
