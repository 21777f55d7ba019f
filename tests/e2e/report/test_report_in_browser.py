"""The report in a real browser: it shows without scripts, asks the network for nothing, and a hostile name does nothing."""

import json
import os
import shutil
import subprocess
from pathlib import Path
from urllib.parse import urlsplit

import pytest

from analysis_worker.report import build_report
from helpers.report_input import huge_report, ordinary_report

HOSTILE = '<script>document.title="owned"</script><img src="http://127.0.0.1:9/x">'
BROWSERS_OWN = ("google.com", "googleapis.com", "gstatic.com")
FLAGS = [
    "--headless",
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
    "--hide-scrollbars",
    "--window-size=1200,1600",
]


@pytest.fixture(scope="module")
def chromium() -> str:
    program = shutil.which("chromium")
    if program is None:
        if os.environ.get("STRONGROOM_REQUIRE_SYSTEM_PACKAGES"):
            pytest.fail("chromium is not installed, and system packages are required here")
        pytest.skip("chromium is not installed (Debian package chromium)")
    return program


@pytest.fixture
def page(tmp_path: Path, request: pytest.FixtureRequest) -> Path:
    path = tmp_path / "report.html"
    path.write_text(build_report(request.param), encoding="utf-8")
    return path


@pytest.mark.parametrize("page", [ordinary_report(), huge_report(HOSTILE)], indirect=True, ids=["ordinary", "hostile"])
def test_page_is_shown_and_asks_the_network_for_nothing(chromium: str, page: Path, tmp_path: Path) -> None:
    log, picture = tmp_path / "net.json", tmp_path / "page.png"
    _run(chromium, tmp_path, f"--log-net-log={log}", f"--screenshot={picture}", page.as_uri())
    assert picture.stat().st_size > 20_000
    assert _requested(log) == set()


@pytest.mark.parametrize("page", [huge_report(HOSTILE)], indirect=True, ids=["hostile"])
def test_hostile_name_stays_text(chromium: str, page: Path, tmp_path: Path) -> None:
    shown = _run(chromium, tmp_path, "--dump-dom", page.as_uri())
    assert "<title>owned" not in shown
    assert "<script" not in shown
    assert "<img" not in shown
    assert "&lt;script&gt;" in shown


def test_the_log_would_show_a_request(chromium: str, tmp_path: Path) -> None:
    """The check above can fail: a page that asks for a picture is seen to do so."""
    page, log = tmp_path / "asking.html", tmp_path / "net.json"
    page.write_text('<img src="http://127.0.0.1:9/x.png">', encoding="utf-8")
    _run(chromium, tmp_path, f"--log-net-log={log}", "--dump-dom", page.as_uri())
    assert _requested(log) == {"http://127.0.0.1:9/x.png"}


def _run(chromium: str, folder: Path, *arguments: str) -> str:
    command = [chromium, *FLAGS, f"--user-data-dir={folder / 'profile'}", *arguments]
    return subprocess.run(command, check=True, capture_output=True, text=True, timeout=120).stdout


def _requested(log: Path) -> set[str]:
    """Addresses that were asked for, without the browser's own look-ups of its maker."""
    events = json.loads(log.read_text(encoding="utf-8"))["events"]
    urls = {event["params"]["url"] for event in events if "url" in event.get("params", {})}
    asked = {url for url in urls if url.startswith(("http:", "https:", "ws:", "wss:"))}
    return {url for url in asked if not (urlsplit(url).hostname or "").endswith(BROWSERS_OWN)}
