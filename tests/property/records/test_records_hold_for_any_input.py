"""Promises of the data dictionary over arbitrary records."""

from __future__ import annotations

import phonenumbers
from hypothesis import example, given, settings
from hypothesis import strategies as st

from strongroom.api.v1.customer_pb2 import AttributeValue, Customer, ExternalId, PostalAddress
from vault_server.ports.records import RecordKind
from vault_server.records.arrow import ArrowEncoder
from vault_server.records.dictionary import Dictionary
from vault_server.records.masking import Masker
from vault_server.records.national_numbers import NationalNumbers
from vault_server.records.normalizers import PhoneNormalizer, normalizers
from vault_server.records.projection import Projection, field_names, visible
from vault_server.records.sealing import canonical, with_meta
from vault_server.records.search import SearchIndex
from vault_server.records.validation import Validator

DICTIONARY = Dictionary()
VALIDATOR = Validator(DICTIONARY)
SEARCH = SearchIndex(DICTIONARY, default_region="AU")
TEXT = st.text(st.characters(exclude_categories=["Cs"]), max_size=40)
PHONE = st.one_of(TEXT, st.text("+0123456789 ()-/", max_size=25))
KEY = st.text("abcxyz", min_size=1, max_size=4)


@st.composite
def customers(draw: st.DrawFn) -> Customer:
    return Customer(
        given_name=draw(TEXT),
        full_name=draw(TEXT),
        birth_date=draw(st.one_of(TEXT, st.dates().map(str))),
        stated_age=draw(st.one_of(st.none(), st.integers(-5, 200))),
        emails=draw(st.lists(TEXT, max_size=3)),
        phones=draw(st.lists(PHONE, max_size=3)),
        addresses=draw(st.lists(st.builds(PostalAddress, city=TEXT, postal_code=TEXT), max_size=2)),
        external_ids=draw(st.lists(st.builds(ExternalId, source=KEY, id=KEY), max_size=2)),
        national_ids=draw(st.lists(TEXT, max_size=2)),
        unparsed=draw(st.dictionaries(TEXT, TEXT, max_size=2)),
        attributes=draw(st.dictionaries(KEY, st.builds(AttributeValue, string_value=TEXT), max_size=2)),
    )


@settings(deadline=None)
@given(customers())
def test_nothing_crashes_and_no_finding_repeats_a_value(record: Customer) -> None:
    values = {text for text in (record.given_name, *record.emails, *record.unparsed.values()) if len(text) > 12}
    for violation in VALIDATOR.validate(record, attributes={}):
        assert not any(value in violation.field or value in violation.message for value in values)


@settings(deadline=None)
@given(customers(), st.text("az/", max_size=200), st.integers(0, 1 << 62), st.integers(0, 1 << 50))
def test_sealed_and_completed_record_is_the_record(record: Customer, name: str, version: int, time_us: int) -> None:
    plaintext = canonical(record)
    read = Customer.FromString(
        with_meta(plaintext, name=name, etag="e", version=version, state=1, created_us=time_us, updated_us=time_us)
    )
    assert (read.name, read.version, read.create_time.ToMicroseconds()) == (name, version, time_us)
    assert canonical(read) == plaintext


@settings(deadline=None)
@given(customers())
def test_what_is_indexed_is_found_by_what_was_written(record: Customer) -> None:
    found = SEARCH.search_values(record)
    for field, texts in ((1014, record.emails), (1015, record.phones), (1023, record.national_ids)):
        for text in texts:
            normalized = SEARCH._normalizers[DICTIONARY.indexed_field(field).normalizer](text)
            assert not normalized or (field, normalized) in found


@settings(deadline=None)
@given(TEXT, st.sampled_from([1, 2, 4]))
def test_normalising_twice_is_normalising_once(text: str, number: int) -> None:
    normalize = normalizers()[number]
    once = normalize(text).decode()
    assert normalize(once).decode() == once


@settings(deadline=None)
@given(PHONE, st.sampled_from(["", "DE", "US", "IT", "AU"]))
@example("000000", "DE")  # each reading takes a zero for the national prefix
def test_normalised_phone_is_stable_and_plain(text: str, region: str) -> None:
    once = PhoneNormalizer(region)(text).decode()
    assert set(once) <= set("+0123456789")
    if once.startswith("+"):
        assert PhoneNormalizer("")(once).decode() == once


@settings(deadline=None)
@given(customers(), st.frozensets(st.integers(1, 9)))
def test_no_value_of_a_hidden_category_passes_a_projection(record: Customer, categories: frozenset[int]) -> None:
    spec = DICTIONARY.for_kind(RecordKind.CUSTOMER)
    names = visible(DICTIONARY, RecordKind.CUSTOMER, categories, {})
    cut = Projection(DICTIONARY, RecordKind.CUSTOMER, names, {}, visible_fields=names).project_bytes(canonical(record))
    for descriptor, _ in Customer.FromString(cut).ListFields():
        category = spec.fields[descriptor.name].category
        assert descriptor.name == "attributes" or not category or category in categories


@settings(deadline=None)
@given(st.lists(customers(), max_size=3))
def test_any_records_make_a_valid_batch(records: list[Customer]) -> None:
    fields = field_names(DICTIONARY, RecordKind.CUSTOMER, {})
    encoder = ArrowEncoder(DICTIONARY, RecordKind.CUSTOMER, fields, {})
    assert encoder.encode([canonical(record) for record in records], row_ids=[bytes(16)] * len(records))


@settings(deadline=None)
@given(customers())
def test_masked_record_has_no_long_text_of_the_original(record: Customer) -> None:
    masked = Masker(DICTIONARY).mask(record).SerializeToString().decode(errors="replace")
    for text in (record.given_name, record.full_name, *record.unparsed.values(), *record.national_ids):
        assert len(text) < 6 or text not in masked


@settings(deadline=None, max_examples=500)
@given(
    st.builds(
        str.__add__, st.sampled_from(["0", "00", "01", "02", "03", "04", "07", "08"]), st.text("0123456789", max_size=12)
    ),
    st.sampled_from(["DE", "AU", "GB", "FR", "IT", "AT", "CH", "NL", "JP", "AR", "BR", "RU", "US", "ZZ"]),
)
@example("0011493012345", "AU")
@example("0262831234", "AU")
def test_plain_national_number_is_what_the_phone_library_says(digits: str, region: str) -> None:
    plain = NationalNumbers(region).e164(digits)
    if plain is not None:
        parsed = phonenumbers.parse(digits, region)
        assert plain == phonenumbers.format_number(parsed, phonenumbers.PhoneNumberFormat.E164)
