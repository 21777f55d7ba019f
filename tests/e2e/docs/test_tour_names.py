"""Every file and every name that the tour and the README give exists."""

import ast
import re
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[3]
ROOMS = ("vault_server/", "analysis_worker/", "clients/", "protos/", "benchmarks/", "docs/", "tests/", "deploy/")


def _given_names() -> list[str]:
    text = (ROOT / "docs" / "tour.md").read_text(encoding="utf-8")
    return sorted({name for name in re.findall(r"`([^`\s]+)`", text) if name.startswith(ROOMS)})


@pytest.mark.parametrize("given", _given_names())
def test_every_name_in_the_tour_exists(given: str) -> None:
    path, _, dotted = given.partition("::")
    assert (ROOT / path).exists(), f"{path} does not exist"
    if dotted:
        assert _defined(ROOT / path, dotted.split(".")), f"{dotted} is not defined in {path}"


def test_the_tour_names_enough_to_be_a_tour() -> None:
    assert len(_given_names()) > 30


def test_every_link_of_the_documentation_leads_somewhere() -> None:
    dead = [
        f"{page.relative_to(ROOT)}: {target}"
        for page in [ROOT / "README.md", *sorted((ROOT / "docs").rglob("*.md"))]
        for target in re.findall(r"\]\(([^)#]+)(?:#[^)]*)?\)", page.read_text(encoding="utf-8"))
        if "://" not in target and not (page.parent / target).exists()
    ]
    assert dead == []


def _defined(path: Path, names: list[str]) -> bool:
    body: list[ast.stmt] = ast.parse(path.read_text(encoding="utf-8")).body
    for name in names:
        found = [node for node in body if _binds(node, name)]
        if not found:
            return False
        body = getattr(found[0], "body", [])
    return True


def _binds(node: ast.stmt, name: str) -> bool:
    if isinstance(node, ast.ClassDef | ast.FunctionDef | ast.AsyncFunctionDef):
        return node.name == name
    targets = node.targets if isinstance(node, ast.Assign) else [node.target] if isinstance(node, ast.AnnAssign) else []
    return any(isinstance(target, ast.Name) and target.id == name for target in targets)


def test_every_decision_is_in_the_index_of_decisions() -> None:
    folder = ROOT / "docs" / "adr"
    index = (folder / "README.md").read_text(encoding="utf-8")

    assert [path.name for path in sorted(folder.glob("0*.md")) if f"]({path.name})" not in index] == []
