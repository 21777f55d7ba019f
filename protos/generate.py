"""Generates the typed Python stubs from the protos, and checks that nothing drifted.

The protos are the only source of truth. `generate.py` writes `clients/python/strongroom/api/v1`; `--check` generates into a
scratch folder and fails on any difference, lints with buf (STANDARD and COMMENTS) and compares with the recorded baseline of
the last release; `--record-baseline` records the protos as they are as that baseline.
"""

from __future__ import annotations

import argparse
import filecmp
import shutil
import subprocess
import sys
import tempfile
from pathlib import Path

PROTOS = Path(__file__).resolve().parent
STUBS = PROTOS.parent / "clients" / "python"
BASELINE = PROTOS / "baseline.binpb"
PACKAGE = Path("strongroom/api/v1")
BIN = Path(sys.executable).parent


def sources() -> list[str]:
    return sorted(str(path.relative_to(PROTOS)) for path in (PROTOS / PACKAGE).glob("*.proto"))


def generate(out: Path) -> None:
    """Writes messages, their types, services and their types below `out`."""
    (out / PACKAGE).mkdir(parents=True, exist_ok=True)
    for old in (out / PACKAGE).glob("*_pb2*"):
        old.unlink()
    plugins = [f"--plugin=protoc-gen-{name}={BIN / f'protoc-gen-{name}'}" for name in ("mypy", "mypy_grpc")]
    outputs = [f"--{kind}_out={out}" for kind in ("python", "grpc_python")] + [
        f"--{kind}_out=quiet:{out}" for kind in ("mypy", "mypy_grpc")
    ]
    run([sys.executable, "-m", "grpc_tools.protoc", f"-I{PROTOS}", *plugins, *outputs, *sources()])
    for package in (PACKAGE, PACKAGE.parent):
        (out / package / "__init__.py").write_text('"""Generated stubs of the Strongroom API; see protos/generate.py."""\n')


def check() -> list[str]:
    """Returns one line for each drifted or missing stub."""
    with tempfile.TemporaryDirectory() as scratch:
        generate(Path(scratch))
        made = {path.relative_to(scratch) for path in Path(scratch).rglob("*.py*") if path.is_file()}
        kept = {path.relative_to(STUBS) for path in (STUBS / PACKAGE.parent).rglob("*.py*") if path.suffix in {".py", ".pyi"}}
        drift = [f"missing: {path}" for path in sorted(made - kept)] + [f"left over: {path}" for path in sorted(kept - made)]
        same = (path for path in sorted(made & kept) if not filecmp.cmp(Path(scratch) / path, STUBS / path, shallow=False))
        return drift + [f"differs: {path}" for path in same]


def run(command: list[str]) -> None:
    subprocess.run(command, check=True, cwd=PROTOS)


def main() -> int:
    parser = argparse.ArgumentParser(description="Generate the Strongroom stubs from the protos.")
    parser.add_argument("--check", action="store_true", help="fail on drift, lint findings or a breaking change")
    parser.add_argument("--record-baseline", action="store_true", help="record the protos as the baseline of a release")
    args = parser.parse_args()
    try:
        if args.record_baseline:
            run([buf(), "build", "-o", str(BASELINE)])
        elif args.check:
            run([buf(), "lint"])
            run([buf(), "breaking", "--against", str(BASELINE)])
            drift = check()
            for line in drift:
                sys.stderr.write(f"{line}\n")
            if drift:
                sys.stderr.write("The stubs do not match the protos: run `make proto`.\n")
                return 1
        else:
            generate(STUBS)
    except subprocess.CalledProcessError as error:
        return error.returncode
    return 0


def buf() -> str:
    return shutil.which("buf", path=str(BIN)) or "buf"


if __name__ == "__main__":
    raise SystemExit(main())
