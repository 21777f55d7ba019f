"""The report in a real browser: it shows without scripts, asks the network for nothing, and a hostile name does nothing."""

import html
import json
import os
import re
import shutil
import subprocess
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import pytest

from analysis_worker.report import ReportInput, build_report
from helpers.report_extremes import huge_report, wide_report
from helpers.report_input import ordinary_report

HOSTILE = '<script>document.title="owned"</script>"><img src="http://127.0.0.1:9/x" onerror="document.title=1">\u202e\x00'
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

NARROWEST_WINDOW = 500  # the browser makes no smaller one
MEASURE = """
const parse = text => (text.match(/[\\d.]+/g) || [0, 0, 0, 0]).map(Number);
const light = ([r, g, b]) => [r, g, b].map(v => v / 255).map(v => v <= 0.04045 ? v / 12.92 : ((v + 0.055) / 1.055) ** 2.4)
  .reduce((sum, v, i) => sum + v * [0.2126, 0.7152, 0.0722][i], 0);
const contrast = (one, other) => {
  const [high, low] = [light(one), light(other)].sort((a, b) => b - a);
  return (high + 0.05) / (low + 0.05);
};
const behind = one => {
  for (let at = one; at; at = at.parentElement) {
    const colour = parse(getComputedStyle(at).backgroundColor);
    if (colour.length < 4 || colour[3] > 0) return colour;
  }
  return [255, 255, 255];
};
const drawn = one => {  // shapes of the same chart that lie under the middle of a text, each with what it makes of the ground
  const svg = one.closest('svg'), spot = one.getBoundingClientRect(), ground = behind(svg);
  const x = spot.x + spot.width / 2, y = spot.y + spot.height / 2;
  const under = [...svg.querySelectorAll('rect,circle')].filter(shape => {
    const box = shape.getBoundingClientRect(), style = getComputedStyle(shape);
    return style.fill !== 'none' && box.x <= x && x <= box.right && box.y <= y && y <= box.bottom;
  });
  return [ground, ...under.map(shape => parse(getComputedStyle(shape).fill))];
};
for (const one of document.querySelectorAll('details')) one.open = true;
const found = {texts: 0, faint: [], small: [], overflow: [], unlabelled: [], overlapping: [], cut: [], unfocused: [],
  dark: matchMedia('(prefers-color-scheme:dark)').matches,
  touched: document.querySelectorAll('script,img,[onerror]').length - 1};  // less this script
const walker = document.createTreeWalker(document.querySelector('.sheet'), NodeFilter.SHOW_TEXT);
while (walker.nextNode()) {
  const one = walker.currentNode.parentElement, said = walker.currentNode.textContent.trim();
  if (!said || one.tagName === 'title') continue;
  const style = getComputedStyle(one), svg = one.closest('svg'), ink = parse(svg ? style.fill : style.color);
  found.texts += 1;
  for (const ground of svg ? drawn(one) : [behind(one)])
    if (contrast(ink, ground) < 4.5) found.faint.push(said);
  const scale = svg ? svg.getScreenCTM().a : 1;
  if (parseFloat(style.fontSize) * scale < 10.5) found.small.push(`${said} ${parseFloat(style.fontSize) * scale}`);
}
for (const svg of document.querySelectorAll('svg')) {
  const frame = svg.getBoundingClientRect(), texts = [...svg.querySelectorAll('text')];
  const boxes = texts.map(text => text.getBoundingClientRect());
  boxes.forEach((box, i) => {
    if (box.x < frame.x - 1 || box.right > frame.right + 1 || box.y < frame.y - 1 || box.bottom > frame.bottom + 1)
      found.cut.push(texts[i].textContent);
    for (let j = 0; j < i; j++) {
      const wide = Math.min(box.right, boxes[j].right) - Math.max(box.x, boxes[j].x);
      const tall = Math.min(box.bottom, boxes[j].bottom) - Math.max(box.y, boxes[j].y);
      if (wide > 1 && tall > box.height * 0.3) found.overlapping.push(`${texts[j].textContent} | ${texts[i].textContent}`);
    }
  });
}
const edge = document.documentElement.getBoundingClientRect().right + 1;
for (const one of document.querySelectorAll('.sheet *')) {
  if (!one.closest('.scroll') && !one.closest('caption') && one.getBoundingClientRect().right > edge)
    found.overflow.push(one.tagName);
}
const named = one => one.getAttribute('aria-label') || one.textContent.trim();
for (const one of document.querySelectorAll('svg,a,table,section,nav,summary,[role=region]'))
  if (!named(one) || (one.tagName === 'TABLE' && !one.caption)) found.unlabelled.push(one.tagName);
for (const one of document.querySelectorAll('a,summary,[tabindex]')) {
  one.focus();
  one.classList.add('focused');
  const style = getComputedStyle(one), box = one.getBoundingClientRect();
  if (document.activeElement !== one || style.outlineStyle === 'none' || parseFloat(style.outlineWidth) < 2 || box.right < 0)
    found.unfocused.push(named(one).slice(0, 40));
  one.classList.remove('focused');
}
document.body.insertAdjacentHTML('beforeend', '<output id="found"></output>');
document.getElementById('found').textContent = JSON.stringify(found);
"""


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


@pytest.mark.parametrize("scheme", ["light", "dark"])
@pytest.mark.parametrize("width", [1200, 360])
def test_text_can_be_read_and_nothing_runs_over_the_edge(chromium: str, tmp_path: Path, scheme: str, width: int) -> None:
    found = _measured(chromium, tmp_path, build_report(ordinary_report()), scheme, width)
    assert found["texts"] > 300
    assert found["dark"] == (scheme == "dark")
    for fault in ("faint", "small", "overflow", "unlabelled", "overlapping", "cut", "unfocused"):
        assert found[fault] == [], fault


@pytest.mark.parametrize("source", [huge_report(HOSTILE), wide_report()], ids=["hostile", "wide"])
def test_names_of_any_kind_and_number_stay_in_their_place(chromium: str, tmp_path: Path, source: ReportInput) -> None:
    found = _measured(chromium, tmp_path, build_report(source), "light", 1200)
    assert found["touched"] == 0
    for fault in ("faint", "overflow", "unlabelled", "cut", "unfocused"):
        assert found[fault] == [], fault


def test_the_measuring_would_find_faint_wide_and_unlabelled_parts(chromium: str, tmp_path: Path) -> None:
    """The check above can fail."""
    bad = (
        "</h1><p style='color:#aaa;background:#fff'>faint</p><div style='width:3000px'>wide</div><svg></svg>"
        "<svg aria-label='bad' viewBox='0 0 900 40'><rect width='900' height='40' fill='#17212e'/><text x='2' y='20'>dim</text>"
        "<text x='4' y='20'>over it</text><text x='890' y='20'>cut off</text></svg><img alt='x' onerror='0'>"
        "<a href='#content' style='outline:none'>unseen</a>"
    )
    found = _measured(chromium, tmp_path, build_report(ordinary_report()).replace("</h1>", bad), "light", 1200)
    assert any("faint" in one for one in found["faint"])
    assert found["overflow"] != []
    assert found["unlabelled"] == ["svg"]
    assert {"dim", "over it"} <= set(found["faint"])
    assert any("dim" in one for one in found["small"])
    assert found["overlapping"] == ["dim | over it"]
    assert found["cut"] == ["cut off"]
    assert found["unfocused"] == ["unseen"]
    assert found["touched"] == 1


def test_paper_gets_every_section_on_white(chromium: str, tmp_path: Path) -> None:
    page, paper = tmp_path / "report.html", tmp_path / "report.pdf"
    page.write_text(build_report(ordinary_report()), encoding="utf-8")
    _run(chromium, tmp_path, "--no-pdf-header-footer", f"--print-to-pdf={paper}", page.as_uri())
    pages = paper.read_bytes().count(b"/Type /Page\n")
    assert 8 <= pages <= 20


def _measured(chromium: str, folder: Path, text: str, scheme: str, width: int) -> dict[str, Any]:
    """What a script sees in a copy of the page whose policy was taken off: contrasts, edges, names."""
    free = re.sub(r'<meta http-equiv="Content-Security-Policy"[^>]*>', "", text)
    free = free.replace(".skip:focus{", ".skip.focused{").replace(":focus-visible{", ".focused{")  # a window may have no focus
    narrow = f"<style>html{{max-width:{width}px}}</style>" if width < NARROWEST_WINDOW else ""
    page = folder / "measured.html"
    page.write_text(free.replace("</body>", f"{narrow}<script>{MEASURE}</script></body>"), encoding="utf-8")
    blink = f"--blink-settings=preferredColorScheme={0 if scheme == 'dark' else 1}"
    size = f"--window-size={max(width, NARROWEST_WINDOW)},1600"
    shown = _run(chromium, folder, blink, size, "--dump-dom", page.as_uri())
    said = re.findall(r'<output id="found">(.*?)</output>', shown, re.DOTALL)[-1]
    found: dict[str, Any] = json.loads(html.unescape(said))
    return found


def _run(chromium: str, folder: Path, *arguments: str) -> str:
    command = [chromium, *FLAGS, f"--user-data-dir={folder / 'profile'}", *arguments]
    return subprocess.run(command, check=True, capture_output=True, text=True, timeout=120).stdout


def _requested(log: Path) -> set[str]:
    """Addresses that were asked for, without the browser's own look-ups of its maker."""
    events = json.loads(log.read_text(encoding="utf-8"))["events"]
    urls = {event["params"]["url"] for event in events if "url" in event.get("params", {})}
    asked = {url for url in urls if url.startswith(("http:", "https:", "ws:", "wss:"))}
    return {url for url in asked if not (urlsplit(url).hostname or "").endswith(BROWSERS_OWN)}
