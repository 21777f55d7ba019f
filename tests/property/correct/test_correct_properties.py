from datetime import date, timedelta

import phonenumbers
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from analysis_worker.steps.correct import CorrectOptions, apply_proposals, correct
from helpers.customer_rows import Row, address, customer_table

AS_OF = date(2026, 6, 30)
OPTIONS = CorrectOptions(as_of=AS_OF, default_region="GB")
SETTINGS = settings(max_examples=60, deadline=None, derandomize=True, suppress_health_check=[HealthCheck.too_slow])

GIVEN = [
    "Ada",
    "Jean-Pierre",
    "LaToya",
    "Bo",
    "Zoë",
    "Taylor",
    "James",
    "Siobhán",
    "JT",
    "De'Andre",
    "María José",
    "李",
    "Ng",
    "Al",
]
FAMILY = [
    "McDonald",
    "O'Neill",
    "van der Berg",
    "de la Cruz",
    "Smith",
    "Taylor",
    "James",
    "Macey",
    "D'Angelo",
    "von Stein",
    "Li",
    "Ng",
]
MAILS = [
    "gmail.com", "hotmail.be", "hotmail.de", "yahoo.co.uk", "yahoo.ca", "mail.com", "gmx.net", "gmx.at", "live.nl", "me.com",
    "elmworks.example", "elmwork.example", "example.org",
    "example.net", "online.de", "outlook.fr", "ymail.com", "aol.com", "qq.com", "web.de",
]  # fmt: skip
PLACES = [
    ("GB", "SW1A 1AA", "+442079460958"), ("US", "02134", "+14155552671"), ("US", "90210-1234", "+12125550123"),
    ("CA", "K1A 0B1", "+16132345678"), ("NL", "1234 AB", "+31201234567"), ("DE", "01067", "+4930901820"),
    ("AU", "0800", "+61412345678"), ("FR", "75001", "+33142685300"), ("SE", "123 45", "+46812345678"),
    (None, "whatever", "n/a"),
]  # fmt: skip


@st.composite
def clean_people(draw: st.DrawFn) -> Row:
    given_name, family_name = draw(st.sampled_from(GIVEN)), draw(st.sampled_from(FAMILY))
    birth = AS_OF - timedelta(days=draw(st.integers(0, 100 * 365)))
    age = AS_OF.year - birth.year - ((AS_OF.month, AS_OF.day) < (birth.month, birth.day))
    country, postcode, phone = draw(st.sampled_from(PLACES))
    box = draw(st.sampled_from(["ada", "a.smith", "o'neill+x", "j_t-1", "Taylor.James"]))
    return {
        "given_name": draw(st.sampled_from([given_name, None])),
        "family_name": family_name,
        "full_name": draw(st.sampled_from([f"{given_name} {family_name}", None])),
        "gender": draw(st.sampled_from(["FEMALE", "MALE", "DIVERSE", None])),
        "birth_date": draw(st.sampled_from([birth.isoformat(), None])),
        "stated_age": draw(st.sampled_from([age, max(0, age - 1), None])),
        "emails": draw(st.lists(st.sampled_from(MAILS).map(lambda domain: f"{box}@{domain}"), max_size=2)),
        "phones": [phone],
        "addresses": [address(country, postcode)],
        "unparsed": draw(st.sampled_from([[], [("birth_date", "n/a")], [("birth_date", "1852-00-01")], [("gender", "?")]])),
    }


MESS = st.sampled_from(
    [
        "ADA",
        "mcdonald",
        "VAN DER BERG",
        "de",
        "O'NEILL",
        "JT",
        "Famelle",
        "GIVENNA",
        "famelle",
        "AMIT DAS",
        "Macey",
        "MACEY",
        "Éa",
        "",
    ]
)
DOMAINS = st.sampled_from(
    ["gmail.com", "gmial.com", "gmal.com", "gmail.con", "gmai.com", "elm.cmo", "hotmail.be", "hotmai.be", "gmailcom"]
)
DATES = st.sampled_from(
    ["03.04.1985", "25.04.1985", "04.25.1985", "03/04/1985", "12/31/85", "19850403", "3 Apr 1985", "31/02/1980", "01021980"]
)
TEXT = st.text(st.characters(codec="utf-8"), max_size=12)


@st.composite
def messy_people(draw: st.DrawFn) -> Row:
    country = draw(st.sampled_from(["GB", "uk", "Germany", "USA", "nl", "Georgia", None]) | TEXT)
    cells = [
        ("birth_date", draw(DATES | TEXT)),
        ("gender", draw(st.sampled_from(["h", "m", "f", "x", "w"]))),
        ("stated_age", "42 yrs"),
    ]
    return {
        "given_name": draw(MESS | TEXT),
        "family_name": draw(MESS | TEXT),
        "full_name": draw(MESS | TEXT),
        "stated_age": draw(st.none() | st.integers(0, 150)),
        "emails": draw(st.lists(DOMAINS.map(lambda domain: f"a@{domain}") | TEXT, max_size=2)),
        "phones": draw(
            st.lists(st.sampled_from(["020 7946 0958", "0049 30 901820", "(415) 555-2671", "030 901820"]) | TEXT, max_size=2)
        ),
        "addresses": [address(country, draw(st.sampled_from(["sw1a1aa", "2134", "1067", "1234ab", "D-10115"]) | TEXT))],
        "unparsed": cells[: draw(st.integers(0, 3))],
    }


@SETTINGS
@given(st.lists(clean_people(), min_size=1, max_size=60))
def test_clean_people_get_no_proposal(rows: list[Row]) -> None:
    assert correct(customer_table(rows), OPTIONS).proposals.to_pylist() == []


@SETTINGS
@given(st.lists(messy_people(), min_size=1, max_size=40), st.integers(1, 30))
def test_applied_proposals_leave_nothing_to_propose(rows: list[Row], times: int) -> None:
    crowd = [{"emails": ["b@gmail.com"]}] * times
    table = customer_table([*rows, *crowd])
    once = correct(table, OPTIONS)
    fixed = apply_proposals(table, once.proposals)
    assert correct(fixed, OPTIONS).proposals.to_pylist() == []


@SETTINGS
@given(st.lists(messy_people(), min_size=1, max_size=30))
def test_row_order_does_not_change_what_is_proposed(rows: list[Row]) -> None:
    table = customer_table(rows)
    backwards = table.take(list(range(table.num_rows))[::-1])
    first, second = (
        correct(part, OPTIONS).proposals.sort_by([("row_id", "ascending"), ("field", "ascending")])
        for part in (table, backwards)
    )
    assert first.equals(second)


@SETTINGS
@given(st.lists(messy_people(), min_size=1, max_size=20))
def test_every_proposal_changes_a_value_with_a_confidence_in_range(rows: list[Row]) -> None:
    found = correct(customer_table(rows), OPTIONS).proposals.to_pylist()
    assert all(item["before"] != item["after"] and 0 < item["confidence"] <= 1 for item in found)
    assert len({(item["row_id"], item["field"]) for item in found}) == len(found)


@SETTINGS
@given(st.sampled_from(["GB", "US", "DE", "FR", "NL", "AU", "CA"]))
def test_e164_proposals_are_valid_numbers(region: str) -> None:
    example = phonenumbers.example_number(region)
    assert example is not None
    national = phonenumbers.format_number(example, phonenumbers.PhoneNumberFormat.NATIONAL)
    found = correct(customer_table([{"phones": [national], "addresses": [address(region)]}]), OPTIONS).proposals.to_pylist()
    assert [item["after"] for item in found] == [phonenumbers.format_number(example, phonenumbers.PhoneNumberFormat.E164)]
