"""Wrong credentials, names of other tenants, unknown purposes, steps and fields, a vault that is not there."""

from __future__ import annotations

import datetime as dt
import socket
from pathlib import Path

import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec

from helpers.cli_desk import HEADER, Desk
from helpers.running_vault import VaultUnderTest, running_vault
from strongroom import Customer, ExternalId
from strongroom_cli import exit_codes

GOOD = HEADER + "a1,Mira,Holt,mira@example.com,1980-01-02,fine\n"
DAY_S = 86_400


def test_a_token_that_is_not_valid_gets_nowhere(desk: Desk) -> None:
    for text in ("garbage", "sr1_" + "x" * 40, desk.tenant.token("developer")[:-1]):
        desk.write_token(text)
        ended = desk.run("customers", "list")
        assert ended.code == exit_codes.DENIED
        assert text not in ended.err


def test_an_expired_token_is_told_apart_from_no_vault(desk: Desk) -> None:
    assert desk.run("purposes", "list").code == exit_codes.OK
    with desk.tenant.vault.clock.ahead(500 * DAY_S):
        ended = desk.run("purposes", "list")
    assert ended.code == exit_codes.DENIED
    assert "expired" in ended.err


def test_a_revoked_token_is_useless_at_once(desk: Desk) -> None:
    secret = desk.folder / "secret"
    issued = desk.run("tokens", "issue", "nightly", "--role", "analyst", "--out", str(secret), "-o", "json")
    own = desk.token_file.read_text()
    assert secret.stat().st_mode & 0o077 == 0
    assert secret.read_text().strip() not in issued.out + issued.err

    desk.write_token(secret.read_text())
    assert desk.run("purposes", "list").code == exit_codes.OK
    desk.write_token(own)
    assert desk.run("tokens", "revoke", issued.json()["token"], "-o", "json").code == exit_codes.OK
    desk.write_token(secret.read_text())
    assert desk.run("purposes", "list").code == exit_codes.DENIED


@pytest.mark.parametrize("mode", [0o644, 0o640, 0o604])
def test_a_token_file_that_others_can_read_is_refused(desk: Desk, mode: int) -> None:
    desk.token_file.chmod(mode)

    ended = desk.run("purposes", "list")

    assert ended.code == exit_codes.CONFIGURATION
    assert "chmod 600" in ended.err


@pytest.mark.parametrize("content", [None, "", "two words", "x" * 5_000])
def test_a_token_file_without_a_token_is_told(desk: Desk, content: str | None) -> None:
    desk.token_file.unlink() if content is None else desk.write_token(content)

    assert desk.run("purposes", "list").code == exit_codes.CONFIGURATION


def test_names_of_another_tenant_look_the_same_whether_they_exist_or_not(desk: Desk, sqlite_vault: VaultUnderTest) -> None:
    other = sqlite_vault.tenant()
    theirs = other.client().customers.create(_customer()).name
    theirs_run = f"tenants/{other.id}/runs/01890000-0000-7000-8000-000000000000"

    found = [desk.run("customers", "get", name) for name in (theirs, theirs[:-4] + "0000")]
    assert {ended.code for ended in found} == {exit_codes.DENIED}
    assert len({ended.err.partition(" id ")[0] for ended in found}) == 1
    for arguments in (
        ("customers", "list", "--tenant", other.id),
        ("customers", "erase", theirs, "--yes"),
        ("analysis", "results", theirs_run),
        ("analysis", "report", theirs_run),
        ("customers", "export", "--tenant", other.id),
        ("audit", "tail", "--tenant", other.id),
    ):
        assert desk.run(*arguments).code == exit_codes.DENIED, arguments
    assert desk.load("f.csv", GOOD, "--tenant", other.id).code == exit_codes.DENIED
    assert [customer.name for customer in other.client().customers.list()] == [theirs]


def _customer() -> Customer:
    return Customer(given_name="Ida", external_ids=[ExternalId(source="crm", id="a1")])


@pytest.mark.parametrize(
    ("arguments", "code"),
    [
        (("customers", "export", "--purpose", "gossip"), exit_codes.NOT_FOUND),
        (("customers", "export", "--fields", "shoe_size"), exit_codes.USAGE),
        (("customers", "export", "--fields", "given_name,attributes.nope"), exit_codes.USAGE),
        (("customers", "export", "-o", "parquet"), exit_codes.USAGE),
        (("customers", "get", "nope"), exit_codes.USAGE),
        (("customers", "get", "crm:nope"), exit_codes.NOT_FOUND),
        (("customers", "get", "crm:"), exit_codes.USAGE),
        (("customers", "get", "01890000-0000-7000-8000-000000000000"), exit_codes.NOT_FOUND),
        (("customers", "search", "--email", "nobody@example.com"), exit_codes.NOT_FOUND),
        (("customers", "search", "--phone", "abc"), exit_codes.USAGE),
        (("customers", "erase", "crm:a1"), exit_codes.USAGE),
        (("customers", "list", "--limit", "-1"), exit_codes.USAGE),
        (("customers", "list", "--limit", "99999999999999999999"), exit_codes.USAGE),
        (("analysis", "start", "--steps", "match", "--seed", "99999999999999999999"), exit_codes.USAGE),
        (("schedules", "put", "nightly", "--every", "99999999999999999999"), exit_codes.USAGE),
        (("audit", "tail", "-n", "-3"), exit_codes.USAGE),
        (("purposes", "list", "--timeout", "0"), exit_codes.USAGE),
        (("purposes", "list", "--timeout", "nan"), exit_codes.USAGE),
        (("purposes", "list", "--profile", "nope"), exit_codes.CONFIGURATION),
        (("analysis", "start", "--steps", "macth"), exit_codes.USAGE),
        (("analysis", "start", "--steps", ""), exit_codes.USAGE),
        (("analysis", "start", "--steps", "match,match"), exit_codes.USAGE),
        (("analysis", "start", "--steps", "match", "--purpose", "gossip"), exit_codes.NOT_FOUND),
        (("analysis", "start", "--steps", "match", "--option", "max=3"), exit_codes.USAGE),
        (("analysis", "start", "--steps", "match", "--seed", "-1"), exit_codes.USAGE),
        (("analysis", "watch", "nope"), exit_codes.USAGE),
        (("analysis", "report", "01890000-0000-7000-8000-000000000000"), exit_codes.NOT_FOUND),
        (("tokens", "issue", "nobody"), exit_codes.NOT_FOUND),
        (("tokens", "issue", "x", "--role", "king"), exit_codes.USAGE),
        (("tokens", "issue", "x", "--role", "analyst", "--days", "9999"), exit_codes.USAGE),
        (("tokens", "revoke", "nope"), exit_codes.NOT_FOUND),
        (("backup", "create"), exit_codes.DENIED),
        (("schedules", "put", "nightly", "--every", "60"), exit_codes.DENIED),
        (("frobnicate",), exit_codes.USAGE),
        ((), exit_codes.USAGE),
    ],
)  # fmt: skip
def test_what_makes_no_sense_is_told_with_the_documented_code(desk: Desk, arguments: tuple[str, ...], code: int) -> None:
    desk.load("f.csv", GOOD)

    ended = desk.run(*arguments)

    assert ended.code == code, ended.err
    assert len(ended.err) < 2_000


@pytest.mark.parametrize("arguments", [("get", "crm:\udcff"), ("search", "--email", "\udcff@example.com")])
def test_an_argument_that_is_no_text_is_wrong_usage(
    desk: Desk, monkeypatch: pytest.MonkeyPatch, arguments: tuple[str, ...]
) -> None:
    monkeypatch.setattr("sys.argv", ["strongroom", "customers", *arguments])  # as the system hands over bytes that are no UTF-8

    ended = desk.run("customers", *arguments)

    assert (ended.code, "UTF-8" in ended.err) == (exit_codes.USAGE, True)


def test_a_principal_without_the_role_is_refused_and_nothing_changes(desk: Desk) -> None:
    desk.load("f.csv", GOOD)
    desk.write_token(desk.tenant.token("auditor"))

    for arguments in (
        ("tokens", "issue", "x"),
        ("analysis", "start", "--steps", "match"),
        ("customers", "erase", "crm:a1", "--yes"),
    ):
        assert desk.run(*arguments).code == exit_codes.DENIED, arguments
    assert desk.load("g.csv", GOOD.replace("a1", "a2")).code == exit_codes.DENIED
    desk.write_token(desk.tenant.token("developer"))
    assert len(desk.exported("external_ids")) == 1


def test_no_vault_at_the_target_is_told_without_loss(desk: Desk) -> None:
    with socket.socket() as unused:
        unused.bind(("127.0.0.1", 0))
        desk.profile(target=f"127.0.0.1:{unused.getsockname()[1]}")
        for ended in (desk.run("purposes", "list"), desk.load("f.csv", GOOD)):
            assert ended.code == exit_codes.UNAVAILABLE
            assert "nothing listens" in ended.err
    desk.profile(target="no-such-host.invalid:7443", insecure=False)
    assert "not known" in desk.run("purposes", "list").err


def test_a_vault_that_another_authority_vouches_for_is_not_trusted(desk: Desk, vault_template: Path, tmp_path: Path) -> None:
    strange, junk = tmp_path / "strange.pem", tmp_path / "junk.pem"
    with running_vault(vault_template, tmp_path / "tls", plaintext=False) as vault:
        certificate = vault.folder / "tls" / "ca.crt.pem"
        desk.write_token(vault.home.token("developer"))
        target = {"target": vault.target, "tenant": vault.home.id, "insecure": False}
        desk.profile(**target, ca_file=str(certificate))
        assert desk.run("purposes", "list").code == exit_codes.OK
        strange.write_bytes(_another_authority())
        desk.profile(**target, ca_file=str(strange))
        wrong = desk.process("purposes", "list")
        out, err = wrong.communicate(timeout=60)
        assert (wrong.returncode, out) == (exit_codes.UNAVAILABLE, "")
        assert "certificate was not made by" in err
        assert len(err.splitlines()) == 2, err
        junk.write_text("no certificate")
        desk.profile(**target, ca_file=str(junk))
        assert "holds no certificate" in desk.run("purposes", "list").err
        desk.profile(**target, ca_file=str(tmp_path / "missing.pem"))
        assert desk.run("purposes", "list").code == exit_codes.CONFIGURATION


def _another_authority() -> bytes:
    key = ec.generate_private_key(ec.SECP256R1())
    name = x509.Name([x509.NameAttribute(x509.NameOID.COMMON_NAME, "Somebody else")])
    now = dt.datetime.now(dt.UTC)
    made = (
        x509.CertificateBuilder().subject_name(name).issuer_name(name).public_key(key.public_key())
        .serial_number(7).not_valid_before(now).not_valid_after(now + dt.timedelta(days=1))
        .add_extension(x509.BasicConstraints(ca=True, path_length=None), critical=True).sign(key, hashes.SHA256())
    )  # fmt: skip
    return made.public_bytes(serialization.Encoding.PEM)
