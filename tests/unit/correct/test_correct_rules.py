from datetime import date

import pytest

from analysis_worker.steps.correct import CorrectOptions, apply_proposals, correct
from analysis_worker.steps.correct.mail_domains import NOT_TYPOS, WELL_KNOWN
from helpers.customer_rows import Row, address, customer_table

OPTIONS = CorrectOptions(as_of=date(2026, 6, 30), default_region="GB")


def changes(*rows: Row, options: CorrectOptions = OPTIONS) -> dict[tuple[str, str], tuple[str, str]]:
    found = correct(customer_table(rows), options).proposals.to_pylist()
    return {(item["row_id"], item["field"]): (item["after"], item["rule"]) for item in found}


def after(row: Row, field: str, *others: Row, options: CorrectOptions = OPTIONS) -> str | None:
    found = changes(row, *others, options=options).get(("r000000", field))
    return found[0] if found else None


@pytest.mark.parametrize(
    ("written", "meant"),
    [
        ("ada@gmial.com", "ada@gmail.com"),
        ("ada@gmai.com", "ada@gmail.com"),
        ("ada@gmail.co", "ada@gmail.com"),
        ("ada@gmail.con", "ada@gmail.com"),
        ("ada@gmailcom", "ada@gmail.com"),
        ("ada@hotmial.com", "ada@hotmail.com"),
        ("ada@yahooo.com", "ada@yahoo.com"),
        ("ada@outlok.com", "ada@outlook.com"),
        ("ada@btinternt.com", "ada@btinternet.com"),
        ("ada@gmail,com", "ada@gmail.com"),
        ("ada@gmail..com", "ada@gmail.com"),
        ("ada@@gmail.com", "ada@gmail.com"),
        (" ada@example.org. ", "ada@example.org"),
        ("ada @example.org", "ada@example.org"),
        ("mailto:ada@example.org", "ada@example.org"),
        ("Ada Fenn <ada@example.org>", "ada@example.org"),
        ("ada@elmworks.cmo", "ada@elmworks.com"),
        ("ada at gmail.com", "ada@gmail.com"),
        ("ada.fenngmail.com", "ada.fenn@gmail.com"),
        ("ada,fenn@example.org", "ada.fenn@example.org"),
        ("ada@orange.f", "ada@orange.fr"),
    ],
)
def test_email_slip_is_corrected(written: str, meant: str) -> None:
    assert after({"emails": [written]}, "emails[0]") == meant


@pytest.mark.parametrize(
    "honest",
    [
        "ada@mail.com",
        "ada@ymail.com",
        "ada@email.com",
        "ada@hotmail.be",
        "ada@hotmail.co",
        "ada@yahoo.co.in",
        "ada@live.ie",
        "ada@gmx.at",
        "ada@aol.fr",
        "ada@elmworks.co",
        "Ada.O'Fenn+shop@Example.ORG",
        "not an address",
        "a@b",
        "one@example.org, two@example.org",
        "",
    ],
)
def test_email_that_may_be_right_stays(honest: str) -> None:
    assert after({"emails": [honest]}, "emails[0]") is None


def test_no_provider_is_taken_for_a_slip_of_another() -> None:
    known = sorted(WELL_KNOWN | NOT_TYPOS)
    assert changes(*({"emails": [f"ada@{domain}"]} for domain in known)) == {}


def test_domain_one_slip_from_the_files_own_frequent_domain_is_corrected() -> None:
    staff = [{"emails": [f"p{number}@elmworks.example"]} for number in range(60)]
    assert after({"emails": ["ada@elmwroks.example"]}, "emails[0]", *staff) == "ada@elmworks.example"


def test_domain_that_is_itself_frequent_is_never_corrected() -> None:
    neighbours = [{"emails": [f"p{number}@gmaill.com"]} for number in range(30)]
    assert changes(*neighbours) == {}


@pytest.mark.parametrize("sibling", ["elmwork.example", "elmworks.examples", "elm-works.example", "elmworks2.example"])
def test_plausible_sibling_domains_stay(sibling: str) -> None:
    staff = [{"emails": [f"p{number}@elmworks.example"]} for number in range(60)]
    assert after({"emails": [f"ada@{sibling}"]}, "emails[0]", *staff) is None


@pytest.mark.parametrize(
    ("written", "country", "e164"),
    [
        ("020 7946 0958", "GB", "+442079460958"),
        ("(415) 555-2671", "US", "+14155552671"),
        ("030 901820", "DE", "+4930901820"),
        ("+44 (0)20 7946 0958", None, "+442079460958"),
        ("0049 30 901820", "GB", "+4930901820"),
        ("020 7946 0958", "England", "+442079460958"),
        ("0412 345 678", "AU", "+61412345678"),
    ],
)
def test_valid_phone_becomes_e164(written: str, country: str | None, e164: str) -> None:
    assert after({"phones": [written], "addresses": [address(country)]}, "phones[0]") == e164


@pytest.mark.parametrize(
    "phone", ["+442079460958", "12345", "call me", "020 7946 0958 ext 12", "1-800-FLOWERS", "n/a", "0000000000"]
)
def test_phone_without_one_valid_reading_stays(phone: str) -> None:
    assert after({"phones": [phone]}, "phones[0]") is None


def test_phone_without_country_or_default_region_stays() -> None:
    no_default = CorrectOptions(as_of=OPTIONS.as_of)
    assert after({"phones": ["020 7946 0958"]}, "phones[0]", options=no_default) is None


@pytest.mark.parametrize(
    ("field", "written", "proper"),
    [
        ("family_name", "MCDONALD", "McDonald"),
        ("family_name", "o'neill", "O'Neill"),
        ("given_name", "JEAN-PIERRE", "Jean-Pierre"),
        ("family_name", "VAN DER BERG", "van der Berg"),
        ("family_name", "DE LA CRUZ", "de la Cruz"),
        ("family_name", "von humboldt", "von Humboldt"),
        ("family_name", "ÅKESSON", "Åkesson"),
        ("family_name", "NG", "Ng"),
        ("full_name", "AMIT DAS", "Amit Das"),
        ("full_name", "JT FENWICK III", "JT Fenwick III"),
        ("full_name", "fenwick,  ada", "Fenwick,  Ada"),
    ],
)
def test_name_in_one_case_gets_its_proper_case(field: str, written: str, proper: str) -> None:
    assert after({field: written}, field) == proper


@pytest.mark.parametrize(
    "name", ["McDonald", "deVries", "LaToya", "JT", "ACME LTD", "UNKNOWN", "李", "X Æ A-12", "İBRAHİM", "J."]
)
def test_name_that_may_be_right_stays(name: str) -> None:
    assert after({"given_name": name}, "given_name") is None


def test_the_files_own_spelling_decides_doubtful_names() -> None:
    rows = [{"family_name": "MacAster"}, {"family_name": "MacAster"}]
    assert after({"family_name": "MACASTER"}, "family_name", *rows) == "MacAster"


@pytest.mark.parametrize(
    ("written", "code"),
    [
        ("United Kingdom", "GB"),
        ("u.k.", "GB"),
        ("deutschland", "DE"),
        ("U.S.A.", "US"),
        ("fra", "FR"),
        ("nl", "NL"),
        ("Türkiye", "TR"),
    ],
)
def test_country_becomes_alpha_2(written: str, code: str) -> None:
    assert after({"addresses": [address(written)]}, "addresses[0].country") == code


@pytest.mark.parametrize("country", ["GB", "Georgia", "Congo", "Atlantis", "", "Korea"])
def test_country_that_is_right_or_ambiguous_stays(country: str) -> None:
    assert after({"addresses": [address(country)]}, "addresses[0].country") is None


@pytest.mark.parametrize(
    ("country", "written", "form", "region"),
    [
        ("GB", "sw1a1aa", "SW1A 1AA", None),
        ("GB", "M11AE", "M1 1AE", None),
        ("US", "2134", "02134", "MA"),
        ("US", "021341234", "02134-1234", None),
        ("CA", "k1a0b1", "K1A 0B1", None),
        ("NL", "1234ab", "1234 AB", None),
        ("DE", "1067", "01067", None),
        ("DE", "D-10115", "10115", None),
        ("FR", "75 001", "75001", None),
        ("AU", "800", "0800", "NT"),
        ("SE", "12345", "123 45", None),
        ("PL", "00950", "00-950", None),
        ("US", "90210.0", "90210", None),
        ("Germany", "1067", "01067", None),
    ],
)
def test_postcode_takes_its_countrys_form(country: str, written: str, form: str, region: str | None) -> None:
    assert after({"addresses": [address(country, written, region)]}, "addresses[0].postal_code") == form


@pytest.mark.parametrize(
    ("country", "postcode", "region"),
    [("US", "2134", "CA"), ("GB", "QQ1 1QQ", None), (None, "sw1a1aa", None), ("DE", "123", None)],
)
def test_postcode_without_certain_form_stays(country: str | None, postcode: str, region: str | None) -> None:
    assert after({"addresses": [address(country, postcode, region)]}, "addresses[0].postal_code") is None


@pytest.mark.parametrize(
    ("stated", "expected"), [(40, None), (41, None), (39, None), (38, "40"), (4, "40"), (140, "40"), (30, None)]
)
def test_stated_age_follows_the_birth_date_beyond_tolerance(stated: int, expected: str | None) -> None:
    assert after({"birth_date": "1986-01-15", "stated_age": stated}, "stated_age") == expected


def test_placeholder_birth_date_proves_no_age() -> None:
    assert after({"birth_date": "1900-01-01", "stated_age": 33}, "stated_age") is None


DAY_FIRST = [{"unparsed": [("birth_date", f"{day}.04.1985")]} for day in (21, 22, 23)]


@pytest.mark.parametrize(
    ("text", "iso"),
    [
        ("31/02/1985", None),
        ("1852-00-01", None),
        ("n/a", None),
        ("03.04.1985", None),
        ("03/04/85", None),
        ("25.04.1985", "1985-04-25"),
        ("19850403", "1985-04-03"),
        ("3 Apr 1985", "1985-04-03"),
        ("April 3rd, 1985", "1985-04-03"),
        ("3. März 1985", "1985-03-03"),
        ("1985/4/3", "1985-04-03"),
        ("1985-04-03T00:00:00", "1985-04-03"),
        ("25.04.85", "1985-04-25"),
        ("25/12/2031", None),
    ],
)
def test_unparsed_birth_date_is_read_where_it_has_one_meaning(text: str, iso: str | None) -> None:
    assert after({"unparsed": [("birth_date", text)]}, "birth_date") == iso


def test_column_shows_the_order_of_ambiguous_dates() -> None:
    assert after({"unparsed": [("birth_date", "03.04.1985")]}, "birth_date", *DAY_FIRST) == "1985-04-03"


def test_customers_of_one_country_show_their_own_order() -> None:
    american = [{"unparsed": [("birth_date", f"04/{day}/1985")], "addresses": [address("USA")]} for day in (21, 22, 23)]
    british = [{"unparsed": [("birth_date", f"{day}/04/1985")], "addresses": [address("GB")]} for day in (21, 22, 23)]
    ambiguous = {"unparsed": [("birth_date", "03/04/1985")], "addresses": [address("US")]}
    assert after(ambiguous, "birth_date", *american, *british) == "1985-03-04"


@pytest.mark.parametrize("text", ["01.01.1970", "1 Jan 1900"])
def test_dates_that_mean_unknown_are_nobodys_birthday(text: str) -> None:
    assert after({"unparsed": [("birth_date", text)]}, "birth_date", *DAY_FIRST) is None


@pytest.mark.parametrize(("text", "age"), [("42 years", "42"), ("aged 41", "41"), ("999", "41"), ("-1", "41"), ("some", None)])
def test_age_written_as_text_is_read(text: str, age: str | None) -> None:
    assert after({"unparsed": [("stated_age", text)], "birth_date": "1985-04-03"}, "stated_age") == age


def test_column_with_both_orders_leaves_ambiguous_dates() -> None:
    month_first = [{"unparsed": [("birth_date", f"04.{day}.1985")]} for day in (21, 22, 23)]
    assert after({"unparsed": [("birth_date", "03.04.1985")]}, "birth_date", *DAY_FIRST, *month_first) is None


def test_age_is_judged_by_the_date_just_read() -> None:
    row = {"unparsed": [("birth_date", "3 Apr 1985")], "stated_age": 14}
    assert after(row, "stated_age") == "41"


@pytest.mark.parametrize(("text", "gender"), [("f", "FEMALE"), ("Frau", "FEMALE"), ("M.", "MALE"), ("divers", "DIVERSE")])
def test_gender_takes_the_models_word(text: str, gender: str) -> None:
    assert after({"unparsed": [("gender", text)]}, "gender") == gender


@pytest.mark.parametrize("text", ["FEMALE", "GENDER_MALE", "?", "prefer not to say"])
def test_gender_that_is_right_or_unclear_stays(text: str) -> None:
    assert after({"gender": text}, "gender") is None


def test_letter_m_beside_h_has_no_single_meaning() -> None:
    assert changes({"gender": "H"}, {"gender": "M"}) == {}


GIVEN = [f"Givenna{letter}" for letter in "abcdefghijklmnopqrstuvwxy"]
FAMILY = [f"Famelle{letter}" for letter in "abcdefghijklmnopqrstuvwxy"]
CROWD = [{"given_name": given, "family_name": family} for given in GIVEN for family in FAMILY if given[-1] != family[-1]]


def test_swapped_names_proven_by_the_file_are_exchanged() -> None:
    found = changes({"given_name": "Famellea", "family_name": "Givennab"}, *CROWD)
    assert found == {
        ("r000000", "given_name"): ("Givennab", "name.swapped"),
        ("r000000", "family_name"): ("Famellea", "name.swapped"),
    }


def test_full_name_in_the_present_order_keeps_the_names() -> None:
    row = {"given_name": "Famellea", "family_name": "Givennab", "full_name": "Famellea Givennab"}
    assert changes(row, *CROWD) == {}


def test_email_in_the_present_order_keeps_names_that_are_less_than_certain() -> None:
    crowd = [{**row, "emails": [f"{row['given_name']}.{row['family_name']}@example.org"]} for row in CROWD]
    # In a file where names are exchanged now and then.
    crowd += [{"given_name": f"Famelle{letter}", "family_name": f"Givenna{letter}"} for letter in "abcdefghijklmnopqrstuvwxy"]
    row = {"given_name": "Rarename", "family_name": "Givennab"}
    assert after({**row, "emails": ["givennab.rarename@example.org"]}, "given_name", *crowd) == "Givennab"
    assert after({**row, "emails": ["rarename.givennab@example.org"]}, "given_name", *crowd) is None


def test_email_the_other_way_round_needs_fewer_names() -> None:
    crowd = [{**row, "emails": [f"{row['given_name']}.{row['family_name']}@example.org"]} for row in CROWD[:60]]
    row = {"given_name": "Rarename", "family_name": "Givennab", "emails": ["givennab.rarename@example.org"]}
    assert after(row, "given_name", *crowd) == "Givennab"


def test_email_proves_nothing_where_addresses_put_the_family_first() -> None:
    crowd = [{**row, "emails": [f"{row['family_name']}.{row['given_name']}@example.org"]} for row in CROWD[:60]]
    row = {"given_name": "Rarename", "family_name": "Givennab", "emails": ["givennab.rarename@example.org"]}
    assert changes(row, *crowd) == {}


def test_few_names_prove_no_swap() -> None:
    assert changes({"given_name": "Famellea", "family_name": "Givennab"}, *CROWD[:4]) == {}


def test_summary_counts_proposals_per_rule_and_field() -> None:
    summary = correct(customer_table([{"emails": ["a@gmial.com", "b@gmial.com"]}, {"given_name": "ADA"}]), OPTIONS).summary
    assert (summary.rows, summary.rows_changed, summary.proposals) == (2, 2, 3)
    assert summary.by_rule == {"email.domain_typo": 2, "name.case": 1}
    assert summary.by_field == {"emails": 2, "given_name": 1}


def test_slices_do_not_change_the_result() -> None:
    table = customer_table([*DAY_FIRST, {"given_name": "ADA", "unparsed": [("birth_date", "03.04.1985")]}])
    whole = correct(table, OPTIONS).proposals
    assert correct(table, CorrectOptions(as_of=OPTIONS.as_of, default_region="GB", slice_rows=1)).proposals.equals(whole)


def test_absent_columns_and_empty_tables_yield_no_proposal() -> None:
    assert correct(customer_table([]).select(["row_id"]), OPTIONS).proposals.num_rows == 0
    assert correct(customer_table([{}]).select(["row_id", "emails"]), OPTIONS).proposals.num_rows == 0


def test_applied_date_leaves_the_unparsed_cells() -> None:
    table = customer_table([{"unparsed": [("birth_date", "3 Apr 1985"), ("other", "x")]}])
    fixed = apply_proposals(table, correct(table, OPTIONS).proposals).to_pylist()[0]
    assert fixed["birth_date"] == "1985-04-03"
    assert fixed["unparsed"] == [("other", "x")]
