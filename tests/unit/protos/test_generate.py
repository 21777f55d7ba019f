"""The proto check finds what it is there for: drift, a breaking change, a missing comment."""

import shutil
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[3]
CUSTOMER = Path("protos/strongroom/api/v1/customer.proto")
STUB = Path("clients/python/strongroom/api/v1/customer_pb2.pyi")


@pytest.fixture
def checkout(tmp_path: Path) -> Path:
    """The protos and stubs of this checkout, to be broken."""
    shutil.copytree(ROOT / "protos", tmp_path / "protos")
    shutil.copytree(ROOT / "clients/python/strongroom/api", tmp_path / "clients/python/strongroom/api")
    return tmp_path


def test_the_protos_as_they_are_pass(checkout: Path) -> None:
    assert _check(checkout).returncode == 0


def test_a_changed_field_number_is_a_breaking_change(checkout: Path) -> None:
    _edit(checkout / CUSTOMER, "string given_name = 8", "string given_name = 80")
    found = _check(checkout)
    assert found.returncode != 0
    assert "given_name" in found.stdout + found.stderr


def test_a_field_without_a_comment_is_refused(checkout: Path) -> None:
    _edit(checkout / CUSTOMER, "  // Given name.\n", "")
    found = _check(checkout)
    assert found.returncode != 0
    assert "comment" in found.stdout + found.stderr


def test_a_stub_that_does_not_follow_its_proto_is_found(checkout: Path) -> None:
    _edit(checkout / STUB, "given_name", "givenname")
    found = _check(checkout)
    assert found.returncode != 0
    assert "customer_pb2.pyi" in found.stderr


def test_a_new_field_needs_new_stubs_and_breaks_nothing(checkout: Path) -> None:
    _edit(
        checkout / CUSTOMER,
        "  // Where the record came from.\n  Provenance provenance = 26",
        "  // A nickname.\n  string nickname = 27;\n  // Where the record came from.\n  Provenance provenance = 26",
    )
    assert "run `make proto`" in _check(checkout).stderr
    subprocess.run([sys.executable, "protos/generate.py"], cwd=checkout, check=True)
    assert _check(checkout).returncode == 0


def _edit(path: Path, before: str, after: str) -> None:
    text = path.read_text(encoding="utf-8")
    assert before in text
    path.write_text(text.replace(before, after), encoding="utf-8")


def _check(checkout: Path) -> subprocess.CompletedProcess[str]:
    command = [sys.executable, "protos/generate.py", "--check"]
    return subprocess.run(command, cwd=checkout, capture_output=True, text=True, check=False)
