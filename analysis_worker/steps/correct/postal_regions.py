"""Which region the first signs of a postcode belong to, by how the countries lay out their codes.

Written down from the postal and administrative geography of each country (USPS prefixes, French departments, Spanish provinces,
Italian, Polish, Dutch, German and Australian areas, Canadian first letters). Rules: signs that reach into two regions are left
out, so an address on a border has no known region; a region is named as its country does, in the ways that files spell it.
"""

import re
import unicodedata
from functools import lru_cache

# Names of a region, the one that stands for it first, then the signs: single ones or ranges.
_REGIONS = {
    "US": """
AL/Alabama 350-369; AK/Alaska 995-999; AZ/Arizona 850-865; AR/Arkansas 716-729; CA/California 900-961; CO/Colorado 800-816;
CT/Connecticut 060-062 064-069; DE/Delaware 197-199; DC/District of Columbia 200 202-205; FL/Florida 320-339 341-349;
GA/Georgia 300 302-319 398-399; HI/Hawaii 968; ID/Idaho 832 833 835-838; IL/Illinois 600-629; IN/Indiana 460-479;
IA/Iowa 500-528; KS/Kansas 660-679; KY/Kentucky 400-427; LA/Louisiana 700-714; ME/Maine 039-049; MD/Maryland 206-217;
MA/Massachusetts 010-027 055; MI/Michigan 480-499; MN/Minnesota 550-559 561-567; MS/Mississippi 386 389-397;
MO/Missouri 630-635 637-656 658; MT/Montana 590-597 599; NE/Nebraska 680-682 685-688 692 693; NV/Nevada 889 891-893 895 897;
NH/New Hampshire 030-034 036-038; NJ/New Jersey 070-089; NM/New Mexico 870-872 874-884; NY/New York 100-149;
NC/North Carolina 270-289; ND/North Dakota 581 583-585 587 588; OH/Ohio 430-459; OK/Oklahoma 730-732 734-738 740-749;
OR/Oregon 970-975 977 978; PA/Pennsylvania 150-196; RI/Rhode Island 029; SC/South Carolina 290-299;
SD/South Dakota 571 573 575; TN/Tennessee 370-379 381 382 384; TX/Texas 750-754 756-797; UT/Utah 841-844 846 847;
VT/Vermont 050-054 056-059; VA/Virginia 201 220-246; WA/Washington 980-986 988 989 992 994; WV/West Virginia 247-268;
WI/Wisconsin 530-544 546-549; WY/Wyoming 821-826 830
""",
    "CA": """
NL/Newfoundland and Labrador A; NS/Nova Scotia B; PE/Prince Edward Island C; NB/New Brunswick E; QC/Quebec G H J;
ON/Ontario K L M N P; MB/Manitoba R; SK/Saskatchewan S; AB/Alberta T; BC/British Columbia V; YT/Yukon Y
""",
    "AU": """
NSW/New South Wales 10-12 20-25 27 28; ACT/Australian Capital Territory 29; VIC/Victoria 30-35 37-39;
QLD/Queensland 40-42 44-49; SA/South Australia 50-57; WA/Western Australia 60-67; TAS/Tasmania 70-73;
NT/Northern Territory 08 09
""",
    "DE": """
Sachsen/Saxony/SN 02 08 09; Berlin/BE 10 13; Brandenburg/BB 03 16; Mecklenburg-Vorpommern/MV 18;
Thüringen/Thuringia/TH 98 99; Sachsen-Anhalt/Saxony-Anhalt/ST 39; Hamburg/HH 20; Schleswig-Holstein/SH 24 25;
Niedersachsen/Lower Saxony/NI 26 30 31; Nordrhein-Westfalen/North Rhine-Westphalia/NRW/NW 33 40-42 44-47 50 52 58 59;
Hessen/Hesse/HE 35 60 61; Rheinland-Pfalz/Rhineland-Palatinate/RP 54 56 67; Baden-Württemberg/BW 70-75 77-79;
Bayern/Bavaria/BY 80-87 90-95
""",
    "FR": """
Auvergne-Rhône-Alpes 01 03 07 15 26 38 42 43 63 69 73 74; Bourgogne-Franche-Comté 21 25 39 58 70 71 89 90;
Bretagne/Brittany 22 29 35 56; Centre-Val de Loire 18 28 36 37 41 45; Corse/Corsica 20;
Grand Est 08 10 51 52 54 55 57 67 68 88; Hauts-de-France 02 59 60 62 80; Île-de-France 75 77 78 91-95;
Normandie/Normandy 14 27 50 61 76; Nouvelle-Aquitaine 16 17 19 23 24 33 40 47 64 79 86 87;
Occitanie/Occitania 09 11 12 30-32 34 46 48 65 66 81 82; Pays de la Loire 44 49 53 72 85;
Provence-Alpes-Côte d'Azur/PACA 04-06 13 83 84
""",
    "ES": """
Andalucía/Andalusia 04 11 14 18 21 23 29 41; Aragón 22 44 50; Asturias/Principado de Asturias 33;
Islas Baleares/Illes Balears/Baleares 07; Canarias/Canary Islands 35 38; Cantabria 39; Castilla-La Mancha 02 13 16 19 45;
Castilla y León 05 09 24 34 37 40 42 47 49; Cataluña/Catalunya/Catalonia 08 17 25 43;
Comunidad Valenciana/Comunitat Valenciana 03 12 46; Extremadura 06 10; Galicia 15 27 32 36; Comunidad de Madrid/Madrid 28;
Región de Murcia/Murcia 30; Navarra/Comunidad Foral de Navarra 31; País Vasco/Euskadi/Basque Country 01 20 48; La Rioja 26;
Ceuta 51; Melilla 52
""",
    "PL": """
Mazowieckie 00-07 09; Warmińsko-Mazurskie 10-14; Podlaskie 15-18; Lubelskie 20-24; Świętokrzyskie 25 28 29;
Małopolskie 30-33; Podkarpackie 35-37 39; Śląskie 40-44; Opolskie 45 46 48 49; Dolnośląskie 50-59; Wielkopolskie 60-64;
Lubuskie 65 66 68 69; Zachodniopomorskie 70-75 78; Pomorskie 80 81 83 84; Kujawsko-Pomorskie 85-88; Łódzkie 90-95 97-99
""",
    "NL": """
Noord-Holland/North Holland/NH 10 11 15-20; Zuid-Holland/South Holland/ZH 22-25 28-33; Utrecht/UT 35; Zeeland/ZE 43;
Noord-Brabant/North Brabant/NB 47-52 54-56; Limburg/LI 59 61-64; Gelderland/GE 67 68 70-72; Overijssel/OV 74 76;
Drenthe/DR 78 94; Friesland/Fryslân/FR 86 87 89-92; Groningen/GR 99
""",
    "IT": """
Lazio 00-04; Umbria 05 06; Sardegna/Sardinia 07-09; Piemonte/Piedmont 10 12-15 28; Valle d'Aosta 11; Liguria 16-19;
Lombardia/Lombardy 20-25 27 46; Veneto 30-32 35-37 45; Friuli-Venezia Giulia 33 34; Trentino-Alto Adige 38 39;
Emilia-Romagna 29 40-44 48; Toscana/Tuscany 50-59; Marche 60-63; Abruzzo 64 65 67; Puglia/Apulia 70-74 76; Campania 80-84;
Basilicata 75 85; Molise 86; Calabria 87-89; Sicilia/Sicily 90-98
""",
}
_SIGNS = {"US": 3, "CA": 1}
_USUAL_SIGNS = 2
# How many letters and digits a whole code has; of a shorter one (a lost zero) the first signs say nothing.
_WHOLE = {"US": (5, 9), "CA": (6,), "AU": (4,), "NL": (4, 6), "AT": (4,), "CH": (4,), "BE": (4,), "GB": (5, 6, 7)}
_USUAL_WHOLE = (5,)
# Letters that do not come apart into a plain one and an accent.
_PLAIN = str.maketrans({"ł": "l", "ø": "o", "ß": "ss", "\u0131": "i"})


def postal_region(country: str, postcode: str) -> str | None:
    """Return the region that a postcode (its letters and digits only) lies in, None where it may lie in two or is not known."""
    return _signs().get((country, postcode[: _SIGNS.get(country, _USUAL_SIGNS)])) if is_whole(country, postcode) else None


def is_whole(country: str, postcode: str) -> bool:
    """Say whether the postcode (its letters and digits only) is as long as those of the country are."""
    return len(postcode) in _WHOLE.get(country, _USUAL_WHOLE)


def region_named(country: str, name: str) -> str | None:
    """Return the region of `postal_region` that goes by the name, None where no or another kind of region does."""
    return _names().get((country, folded(name)))


def folded(name: str) -> str:
    """Return the name without case, accents, hyphens and dots."""
    plain = unicodedata.normalize("NFKD", name.casefold().translate(_PLAIN))
    letters = "".join(char for char in plain if not unicodedata.combining(char))
    return re.sub(r"[^\w]+", " ", letters).strip()


@lru_cache(maxsize=1)
def _signs() -> dict[tuple[str, str], str]:
    return {(country, sign): names[0] for country, names, signs in _entries() for sign in signs}


@lru_cache(maxsize=1)
def _names() -> dict[tuple[str, str], str]:
    return {(country, folded(name)): names[0] for country, names, _ in _entries() for name in names}


def _entries() -> list[tuple[str, list[str], list[str]]]:
    found = []
    for country, text in _REGIONS.items():
        for entry in text.replace("\n", " ").split(";"):
            words = entry.split()
            own = [word for word in words if _is_sign(country, word)]
            names = " ".join(words[: len(words) - len(own)]).split("/")
            found.append((country, names, [sign for word in own for sign in _spread(word)]))
    return found


def _is_sign(country: str, word: str) -> bool:
    return word[0].isdigit() or (country == "CA" and len(word) == 1)


def _spread(word: str) -> list[str]:
    first, _, last = word.partition("-")
    return [f"{number:0{len(first)}}" for number in range(int(first), int(last) + 1)] if last else [first]
