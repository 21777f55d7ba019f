"""Wrong calls must fail mypy --strict, right ones must pass: checked in one run over small programs."""

import re
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]
HEAD = "import strongroom\nfrom strongroom import Customer\n\n\ndef work(client: strongroom.Client) -> None:\n    "
ASYNC_HEAD = "import strongroom\n\n\nasync def work(client: strongroom.AsyncClient) -> None:\n    "
WRONG = {
    "misspelt_field": HEAD + "print(client.customers.get('x').giben_name)",
    "wrong_argument": HEAD + "client.customers.get(3)",
    "wrong_record": HEAD + "client.customers.create(strongroom.Need())",
    "misspelt_service": HEAD + "client.custommers.get('x')",
    "wrong_field_type": HEAD + "Customer(given_name=3)",
    "wrong_run_field": HEAD + "print(client.analysis.wait('r').stat)",
    "missing_source": HEAD + "client.imports.customers([])",
    "not_awaited": ASYNC_HEAD + "print(client.customers.get('x').given_name)",
}
RIGHT = {
    "reads": HEAD + "names = [row.customer.given_name for row in client.read('export')]\n    print(names)",
    "lists": HEAD + "found: list[Customer] = list(client.customers.list())\n    print(found[0].emails)",
    "awaits": ASYNC_HEAD
    + "print([c.given_name async for c in client.customers.list()], (await client.customers.get('x')).etag)",
}


@pytest.fixture(scope="module")
def complaints(tmp_path_factory: pytest.TempPathFactory) -> dict[str, str]:
    folder = tmp_path_factory.mktemp("programs")
    for name, program in {**WRONG, **RIGHT}.items():
        (folder / f"{name}.py").write_text(program + "\n")
    command = [
        sys.executable,
        "-m",
        "mypy",
        "--config-file",
        str(ROOT / "pyproject.toml"),
        "--cache-dir",
        str(folder / "cache"),
        str(folder),
    ]
    answer = subprocess.run(command, capture_output=True, text=True, check=False, cwd=ROOT)
    found: dict[str, str] = {}
    for line in answer.stdout.splitlines():
        match = re.match(r".*?(\w+)\.py:\d+: error: (.*)", line)
        if match:
            found[match[1]] = match[2]
    return found


@pytest.mark.parametrize("name", sorted(WRONG))
def test_a_wrong_call_fails_to_type_check(name: str, complaints: dict[str, str]) -> None:
    assert name in complaints


@pytest.mark.parametrize("name", sorted(RIGHT))
def test_a_right_call_type_checks(name: str, complaints: dict[str, str]) -> None:
    assert name not in complaints, complaints
