"""Words of the trade: header names and cell words in several languages, and the field that each means.

Rules: a header is compared without case, accents and punctuation; a word stands in one place only.
"""

from __future__ import annotations

import re
import unicodedata

CUSTOMER_HEADERS: dict[str, str] = {
    "given_name": "given_name|first_name|firstname|first|forename|fname|vorname|prenom|nombre|nome|voornaam|imie"
        "|name_first|givenname|christian_name",
    "family_name": "family_name|last_name|lastname|last|surname|lname|nachname|familienname|nom|nom_de_famille|apellido"
        "|apellidos|cognome|sobrenome"
    "|achternaam|nazwisko|name_last|familyname",
    "full_name": "full_name|fullname|name|customer_name|contact_name|display_name|client_name|nom_complet"
        "|nombre_completo|vollstaendiger_name|kunde"
    "|kundenname|naam",
    "gender": "gender|sex|geschlecht|sexe|sexo|genere|geslacht|plec",
    "birth_date": "birth_date|birthdate|date_of_birth|dateofbirth|dob|birthday|geburtsdatum|geburtstag|gebdat"
        "|date_de_naissance|naissance"
    "|fecha_de_nacimiento|fecha_nacimiento|data_di_nascita|data_de_nascimento|geboortedatum|data_urodzenia|born",
    "stated_age": "stated_age|age|alter|edad|eta|idade|leeftijd|wiek|age_years",
    "emails": "emails|email|e_mail|mail|email_address|emailaddress|e_mail_address|mail_address|email_1|email1|email_2"
        "|email2|primary_email"
    "|secondary_email|work_email|home_email|correo|correo_electronico|courriel|adresse_mail|e_mail_adresse|emailadresse"
        "|other_email",
    "phones": "phones|phone|telephone|tel|phone_number|phonenumber|mobile|mobile_phone|mobile_number|cell|cellphone"
        "|cell_phone|handy|telefon|telefono"
    "|telefone|telefoon|telefonnummer|mobil|mobiltelefon|portable|movil|celular|gsm|phone_1|phone1|phone_2|phone2"
        "|home_phone|work_phone|landline"
    "|festnetz|komorka|contact_number",
    "address.street": "street|address|address_1|address1|address_line_1|addressline1|street_address|strasse|rue|adresse"
        "|calle|direccion|via"
    "|indirizzo|rua|endereco|straat|adres|ulica|street_name|anschrift|addr|street_1|mailing_street|strasse_hausnummer",
    "address.street_number": "street_number|house_number|housenumber|hausnummer|hausnr|numero|huisnummer|house_no"
        "|street_no|civic_number",
    "address.line2": "line2|address_2|address2|address_line_2|addressline2|street_2|adresszusatz|complement"
        "|complement_d_adresse|apartment|apt|flat|unit",
    "address.city": "city|town|suburb|ort|stadt|ville|ciudad|citta|cidade|plaats|miasto|locality|municipality|wohnort"
        "|city_name|post_town",
    "address.region": "region|state|province|county|bundesland|departement|provincia|estado|regione|provincie"
        "|wojewodztwo|canton|state_province|state_code",
    "address.postal_code": "postal_code|postcode|post_code|zip|zip_code|zipcode|plz|postleitzahl|code_postal"
        "|codigo_postal|cap|cep|kod_pocztowy|pincode",
    "address.country": "country|land|pays|pais|paese|kraj|country_code|nation|laendercode|country_name",
    "addresses": "addresses",
    "organisation": "organisation|organization|company|company_name|firma|unternehmen|societe|entreprise|empresa"
        "|azienda|bedrijf|employer|arbeitgeber"
    "|business_name|account_name",
    "job_title": "job_title|job|title_job|position|jobtitle|beruf|profession|puesto|cargo|functie|stanowisko|occupation"
        "|role",
    "income": "income|annual_income|yearly_income|salary|einkommen|gehalt|jahreseinkommen|revenu|salaire|ingresos"
        "|salario|reddito|renda|inkomen|dochod",
    "income.currency": "currency|income_currency|waehrung|devise|moneda|valuta|moeda|waluta|currency_code",
    "language": "language|lang|sprache|langue|idioma|lingua|taal|jezyk|preferred_language|locale|language_code",
    "tags": "tags|tag|labels|label|etiketten|etiquettes|etiquetas|categories|keywords",
    "national_ids": "national_ids|national_id|ssn|soc_sec_id|social_security_number|social_security|passport"
        "|passport_number|tax_id|tin|nino|nin"
    "|personnummer|steuer_id|steuernummer|ausweisnummer|nir|dni|nif|nie|codice_fiscale|cpf|bsn|pesel|id_card",
    "kind": "customer_kind|customer_type|kundentyp|type_de_client|kind",
    "external_ids": "external_ids",
}  # fmt: skip
ID_HEADERS = (
    "id|rec_id|customer_id|customerid|cust_id|unique_id|external_id|record_id|recid|client_id|crm_id|contact_id"
    "|account_id|member_id|user_id"
    "|person_id|uid|uuid|guid|kundennummer|kunden_nr|kundennr|kunden_id|kdnr|numero_client|num_client|id_cliente"
    "|codigo_cliente|klantnummer"
    "|nr_klienta|customer_number|customer_no|account_number|member_number|ref|reference|key|no|nr|number"
)

TRANSACTION_HEADERS: dict[str, str] = {
    "customer": "customer_id|customer|customerid|cust_id|client_id|kundennummer|kunden_nr|kunden_id|user_id|member_id"
        "|account_id|buyer_id|contact_id|rec_id",
    "kind": "kind|type|transaction_type|transaction_kind|art",
    "time": "time|date|timestamp|datetime|transaction_date|transaction_time|order_date|purchase_date|invoice_date"
        "|created_at|datum|zeit|fecha|ordered_at",
    "total": "total|amount|total_amount|grand_total|order_total|sum|betrag|summe|montant|importe|dollars|value|revenue"
        "|price_total|gross",
    "total_minor": "total_minor|amount_minor|total_cents|amount_cents",
    "currency": "currency|currency_code|waehrung|devise|moneda|valuta",
    "channel": "channel|sales_channel|kanal|canal|shop",
    "refunded_purchase": "refunded_purchase|refund_of|original_transaction|original_id|refunded_transaction|refunded_id"
        "|original_order",
    "lines": "lines|items|line_items|positions",
    "line_number": "line|line_number|line_no|position",
    "line.sku": "sku|product_id|product_code|item_id|article|artikelnummer|stock_code|stockcode|item",
    "line.description": "description|product|product_name|item_name|beschreibung|designation",
    "line.quantity": "quantity|qty|units|menge|anzahl|quantite|cantidad|count",
    "line.quantity_milli": "quantity_milli",
    "line.unit_price": "unit_price|price|unitprice|einzelpreis|preis|prix|precio|unit_cost",
    "line.unit_price_minor": "unit_price_minor|price_minor|unit_price_cents|price_cents",
}  # fmt: skip
TRANSACTION_ID_HEADERS = (
    "id|transaction_id|transactionid|order_id|orderid|order_number|invoice_id|invoice|invoice_no|invoiceno|receipt"
    "|receipt_id|bon"
    "|bestellnummer|rechnungsnummer|purchase_id|external_id|txn_id|basket_id"
)
NEED_HEADERS: dict[str, str] = {
    "customer": TRANSACTION_HEADERS["customer"],
    "kind": "kind|type|need_kind|art",
    "text": "text|need|request|description|message|body|comment|anfrage|wunsch|beschreibung|besoin|peticion|note|notes",
    "topic": "topic|subject|category|thema|betreff|sujet|tema|theme",
    "need_state": "need_state|state|status|zustand|estado|etat",
    "priority": "priority|urgency|prioritaet|prioridad|priorite|severity",
    "time": "time|date|timestamp|datetime|created_at|raised_at|opened_at|datum|fecha|opened",
}  # fmt: skip
NEED_ID_HEADERS = "id|need_id|request_id|ticket_id|ticket|case_id|case|external_id|anfrage_id|number"

GENDERS: dict[str, int] = {
    **dict.fromkeys(["f", "female", "w", "weiblich", "woman", "frau", "mrs", "ms", "miss", "femme", "feminin", "mujer",
        "femenino", "femmina", "donna", "vrouw", "k", "kobieta", "girl", "mme"], 1),
    **dict.fromkeys(["m", "male", "mann", "maennlich", "mannlich", "man", "herr", "mr", "homme", "masculin", "hombre",
        "masculino", "maschio", "uomo", "mezczyzna", "boy"], 2),
    **dict.fromkeys(["d", "diverse", "divers", "x", "nonbinary", "enby", "other", "andere", "autre", "otro"], 3),
}  # fmt: skip
LANGUAGES: dict[str, str] = {
    "english": "en", "englisch": "en", "anglais": "en", "german": "de", "deutsch": "de", "allemand": "de",
    "french": "fr", "francais": "fr",
    "franzoesisch": "fr", "spanish": "es", "espanol": "es", "spanisch": "es", "italian": "it", "italiano": "it",
    "italienisch": "it",
    "dutch": "nl", "nederlands": "nl", "polish": "pl", "polski": "pl", "polnisch": "pl", "portuguese": "pt",
    "portugues": "pt",
}  # fmt: skip
CUSTOMER_KINDS: dict[str, int] = {
    **dict.fromkeys(["person", "individual", "private", "privat", "b2c", "particulier", "consumer", "natural_person",
        "customer_kind_person"], 1),
    **dict.fromkeys(["organisation", "organization", "company", "business", "firma", "b2b", "corporate", "entreprise",
        "customer_kind_organisation"], 2),
}  # fmt: skip
TRANSACTION_KINDS: dict[str, int] = {
    **dict.fromkeys(["purchase", "sale", "buy", "order", "kauf", "verkauf", "achat", "vente", "compra", "invoice",
        "transaction_kind_purchase"], 1),
    **dict.fromkeys(["refund", "return", "credit", "gutschrift", "erstattung", "retour", "remboursement", "devolucion",
        "credit_note", "transaction_kind_refund"], 2),
}  # fmt: skip
NEED_KINDS: dict[str, int] = {
    **dict.fromkeys(["product", "produkt", "produit", "producto", "goods", "need_kind_product"], 1),
    **dict.fromkeys(["service", "dienst", "dienstleistung", "servicio", "need_kind_service"], 2),
}  # fmt: skip
NEED_STATES: dict[str, int] = {
    **dict.fromkeys(["open", "new", "offen", "neu", "ouvert", "abierto", "pending", "waiting", "need_state_open"], 1),
    **dict.fromkeys(["in_progress", "progress", "working", "in_arbeit", "assigned", "en_cours", "en_curso",
        "need_state_in_progress"], 2),
    **dict.fromkeys(["fulfilled", "done", "closed", "resolved", "met", "erledigt", "solved", "completed",
        "need_state_fulfilled"], 3),
    **dict.fromkeys(["declined", "rejected", "refused", "abgelehnt", "cancelled", "wont_do", "need_state_declined"], 4),
}  # fmt: skip
NEED_PRIORITIES: dict[str, int] = {
    **dict.fromkeys(["low", "niedrig", "gering", "bas", "baja", "minor", "p3", "need_priority_low"], 1),
    **dict.fromkeys(["normal", "medium", "mittel", "moyen", "media", "default", "p2", "need_priority_normal"], 2),
    **dict.fromkeys(["high", "urgent", "hoch", "dringend", "haut", "alta", "critical", "p1", "need_priority_high"], 3),
}  # fmt: skip

_GERMAN = str.maketrans({"ä": "ae", "ö": "oe", "ü": "ue", "ß": "ss"})


def folded(name: str) -> str:
    """Return a word without case, accents and punctuation: `Kunden-Nr.` is `kunden_nr`, `firstName` is `first_name`."""
    spaced = re.sub(r"(?<=[a-z0-9])(?=[A-Z])", "_", name.strip())
    lowered = spaced.lower().translate(_GERMAN).replace("ł", "l")
    plain = unicodedata.normalize("NFKD", lowered).encode("ascii", "ignore").decode()
    return re.sub(r"[^a-z0-9]+", "_", plain).strip("_")


def field_by_header(table: dict[str, str]) -> dict[str, str]:
    """Return the field that each header name means."""
    return {name: field for field, names in table.items() for name in names.split("|")}
