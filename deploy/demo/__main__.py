"""Runs the demo; see the package's docstring."""

from __future__ import annotations

import csv
import shutil
import sys
import time
from collections.abc import Callable
from pathlib import Path
from typing import TypeVar

from benchmarks.generator import GeneratorOptions, generate
from benchmarks.generator.truth import Truth, load_truth
from benchmarks.generator.writers import write_crm
from deploy.demo.comparison import Line, compare, parse_export
from deploy.demo.processes import DemoError, cli, cli_json, environment_for, server, vault

T = TypeVar("T")
OUTPUT = Path("demo-output")
CUSTOMERS, TRANSACTIONS, NEEDS = 5000, 30_000, 10_000
RESULTS = "external_ids,entity,segment,imputed,corrections"


def main() -> int:
    """Returns 0 if every check held."""
    started = time.monotonic()
    demo = Demo(OUTPUT.absolute())
    try:
        held = demo.run()
    except DemoError as error:
        sys.stderr.write(f"The demo failed: {error}\n")
        return 1
    verdict = "every check held" if held else "NOT every check held"
    demo.say(f"\n{verdict}, {time.monotonic() - started:.0f} s in all")
    demo.say(f"The report: {demo.report}")
    return 0 if held else 1


class Demo:
    """One run in one private folder."""

    def __init__(self, output: Path) -> None:
        self.output = output
        self.folder = output / "vault"
        self.crm = output / "crm"
        self.report = output / "report.html"
        self.environment = environment_for(output)

    def run(self) -> bool:
        """The whole story; whether every check held."""
        if self.output.exists():
            shutil.rmtree(self.output)
        self.output.mkdir(mode=0o700)
        truth = self._step("generating a messy CRM with known truth", self._generate)
        with vault(self.environment, self.folder):
            self._step(f"importing {CUSTOMERS:,} customers, {TRANSACTIONS:,} transactions, {NEEDS:,} needs", self._import)
            self._step("analysing: correct, match, impute, segment", self._analyse)
            lines = self._step("comparing with the truth", lambda: self._compare(truth))
            before = self._digest()
            self._step("backing up and reading the backup back", self._back_up)
        self._step("destroying the data folder", lambda: shutil.rmtree(self.folder / "data"))
        config = str(self.folder / "config.toml")
        self._step("restoring", lambda: server(self.environment, "restore", "run", "--config", config))
        with vault(self.environment, self.folder):
            after = self._digest()
            audit = cli_json(self.environment, "audit", "verify")
        lines += [
            Line(name="logical digest after the restore", found=after[:16], beside=before[:16], held=after == before),
            Line(name="audit log", found=f"{audit['events']} events", beside="whole", held=audit["valid"] is True),
        ]
        self._show(lines)
        return all(line.held for line in lines)

    def say(self, text: str) -> None:
        sys.stdout.write(text + "\n")
        sys.stdout.flush()

    def _generate(self) -> Truth:
        write_crm(generate(GeneratorOptions(customers=CUSTOMERS, transactions=TRANSACTIONS, needs=NEEDS, seed=7)), self.crm)
        return load_truth(self.crm / "truth.json")

    def _import(self) -> None:
        source = ("--source", "crm", "--id-column", "id")
        for noun, file in (("customers", "customers.csv"), ("transactions", "transactions.jsonl"), ("needs", "needs.jsonl")):
            cli(self.environment, noun, "import", str(self.crm / file), *source)

    def _analyse(self) -> None:
        steps = ("--steps", "correct,match,impute,segment")
        run = str(cli_json(self.environment, "analysis", "start", *steps, "--wait", visible=True)["name"])
        cli(self.environment, "analysis", "report", run, "--out", str(self.report))

    def _compare(self, truth: Truth) -> list[Line]:
        exported = cli(self.environment, "customers", "export", "--fields", RESULTS, "-o", "jsonl")
        with (self.crm / "customers.csv").open(encoding="utf-8", newline="") as file:
            customers = list(csv.DictReader(file))
        return compare(parse_export(exported), customers, truth)

    def _back_up(self) -> None:
        made = cli_json(self.environment, "backup", "create")
        cli(self.environment, "backup", "verify", str(made["name"]))

    def _digest(self) -> str:
        import strongroom

        with strongroom.connect(config_dir=self.output / "profile") as client:
            return client.system.content_digest().digest

    def _step(self, name: str, work: Callable[[], T]) -> T:
        self.say(f"{name} ...")
        started = time.monotonic()
        result = work()
        self.say(f"  done in {time.monotonic() - started:.1f} s")
        return result

    def _show(self, lines: list[Line]) -> None:
        width = max(len(line.name) for line in lines)
        self.say("")
        for line in lines:
            mark = "ok " if line.held else "NOT"
            self.say(f"  {mark} {line.name:{width}}  {line.found:>18}   {line.beside}")


if __name__ == "__main__":
    raise SystemExit(main())
