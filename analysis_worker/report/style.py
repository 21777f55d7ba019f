"""The look: one palette for light, one for dark, system fonts, a print form. Colours are data, because contrast is tested."""

from __future__ import annotations

import base64
import hashlib
from collections.abc import Mapping

LIGHT: Mapping[str, str] = {
    "paper": "#fbfaf7",
    "card": "#ffffff",
    "ink": "#17212e",
    "soft": "#55606e",
    "rule": "#dcd8cf",
    "accent": "#0b5d5a",
    "wash": "#e3efed",
    "good": "#1d6b3d",
    "fair": "#8a5300",
    "poor": "#a32424",
    "mark": "#2f6f9f",
    "track": "#ece8df",
}
DARK: Mapping[str, str] = {
    "paper": "#10161d",
    "card": "#171f28",
    "ink": "#e8e6e1",
    "soft": "#a5afba",
    "rule": "#2d3844",
    "accent": "#74c9c1",
    "wash": "#1b3236",
    "good": "#7fd09c",
    "fair": "#e9b765",
    "poor": "#f29a93",
    "mark": "#7db8e4",
    "track": "#26313c",
}
TEXT_ON: tuple[tuple[str, str], ...] = (
    *((text, ground) for text in ("ink", "soft", "accent", "good", "fair", "poor") for ground in ("paper", "card")),
    *(("ink", "wash"), ("accent", "wash"), ("ink", "track")),
)
"""Pairs of text and ground that occur on the page."""


def _variables(palette: Mapping[str, str]) -> str:
    return "".join(f"--{name}:{colour};" for name, colour in palette.items())


_RULES = """
*{box-sizing:border-box}
html{-webkit-text-size-adjust:100%;text-size-adjust:100%}
body{margin:0;background:var(--paper);color:var(--ink);font:16px/1.55 system-ui,-apple-system,"Segoe UI",Roboto,"Noto Sans",
"Liberation Sans",Arial,sans-serif;font-variant-numeric:tabular-nums}
.skip{position:absolute;left:-999px}.skip:focus{left:1rem;top:1rem;background:var(--card);padding:.5rem 1rem}
.sheet{max-width:1040px;margin:0 auto;padding:3.5rem 2rem 4rem}
h1,h2{font-family:Charter,"Iowan Old Style","Source Serif 4",Georgia,"Liberation Serif","DejaVu Serif",serif;font-weight:600;
letter-spacing:-.01em;line-height:1.15}
h1{font-size:2.5rem;margin:.35rem 0 .75rem;text-wrap:balance}
h2{font-size:1.6rem;margin:0 0 .35rem}
h3{font-size:1rem;margin:0;line-height:1.35;overflow-wrap:anywhere}
p{margin:.25rem 0 1rem;max-width:68ch}
.eyebrow{font-size:.8rem;letter-spacing:.09em;text-transform:uppercase;color:var(--accent);font-weight:600;margin:0}
.lead{font-size:1.12rem;color:var(--soft);overflow-wrap:anywhere}
.soft,.small,figcaption,caption{color:var(--soft)}.small{font-size:.85rem;margin:.5rem 0 0}
section{border-top:1px solid var(--rule);padding:2.25rem 0 1.25rem;margin-top:1.25rem}
.facts{display:grid;grid-template-columns:repeat(auto-fit,minmax(9.5rem,1fr));gap:1px;
background:var(--rule);border:1px solid var(--rule);
border-radius:10px;overflow:hidden;margin:1.75rem 0 .5rem}
.facts.few{grid-template-columns:repeat(auto-fit,minmax(12rem,1fr));margin:1rem 0 1.25rem}
.facts .pill{margin-left:.4rem;vertical-align:.2em}
.facts div{background:var(--card);padding:1.05rem 1.2rem 1.1rem}
.facts dt{font-size:.82rem;color:var(--soft)}
.facts dd{margin:.15rem 0 0;font-size:1.5rem;font-weight:600;line-height:1.2;overflow-wrap:anywhere}
.facts small{display:block;font-size:.8rem;font-weight:400;color:var(--soft);margin-top:.3rem;line-height:1.4}
.verdicts h2{font:600 .8rem/1.4 system-ui,-apple-system,"Segoe UI",Roboto,"Noto Sans","Liberation Sans",Arial,sans-serif;
letter-spacing:.09em;text-transform:uppercase;color:var(--soft);margin:1.75rem 0 .5rem}
.verdicts ul{list-style:none;margin:0;padding:0;border:1px solid var(--rule);border-radius:10px;background:var(--card);
overflow:hidden}
.verdicts li{display:grid;grid-template-columns:5.25rem 13rem minmax(0,1fr);gap:0 1rem;align-items:baseline;max-width:none;
margin:0;padding:.6rem 1.2rem .65rem 1rem}.verdicts li+li{border-top:1px solid var(--rule)}
.verdicts a{font-weight:600;color:var(--ink);text-decoration-color:var(--rule);text-underline-offset:.2em;
overflow-wrap:anywhere}
.why{color:var(--soft);overflow-wrap:anywhere}
.pill{display:inline-block;justify-self:start;font-size:.8rem;font-weight:600;line-height:1.3;padding:.12rem .6rem .16rem;
border:1.5px solid currentColor;border-radius:99px;white-space:nowrap}
.pill.good{color:var(--good)}.pill.fair{color:var(--fair)}.pill.poor{color:var(--poor)}.pill.note{color:var(--soft)}
.pill.todo{color:var(--accent);border-style:dashed}
.pair{display:grid;grid-template-columns:minmax(0,1fr) minmax(0,1fr);gap:2rem;align-items:start;margin-top:1rem}
.pair+.pair{margin-top:1.75rem}
figure{margin:0;background:var(--card);border:1px solid var(--rule);border-radius:10px;padding:1rem 1.1rem .9rem}
figcaption{font-size:.85rem;margin-top:.5rem;line-height:1.45}
svg{display:block;width:100%;max-width:560px;height:auto}
svg text{font:13px system-ui,-apple-system,"Segoe UI",Roboto,"Noto Sans","Liberation Sans",Arial,sans-serif;fill:var(--ink)}
svg .quiet{fill:var(--soft);paint-order:stroke;stroke:var(--card);stroke-width:3px}
svg .end{text-anchor:end}svg .mid{text-anchor:middle}
svg .track{fill:var(--track)}svg .bar{fill:var(--mark)}svg .good,svg .auto{fill:var(--good)}
svg .fair,svg .review{fill:var(--fair)}svg .poor{fill:var(--poor)}svg .empty,svg .no{fill:var(--soft)}
svg .second{fill:var(--accent)}svg .strong{font-weight:700}
svg .grid{stroke:var(--rule);stroke-width:1}svg .ideal{stroke:var(--soft);stroke-width:1.2;stroke-dasharray:5 4}
svg .path{stroke:var(--mark);stroke-width:2}svg .dot{fill:var(--mark)}
svg .hollow{fill:var(--card);stroke:var(--mark);stroke-width:2}
svg .bubble{fill:var(--wash);fill-opacity:.8;stroke:var(--accent);stroke-width:1.5}
svg .axis{stroke:var(--soft);stroke-width:1}svg .hatch{fill:none;stroke:var(--soft);stroke-dasharray:3 3}
.scroll{overflow-x:auto}.scroll+.scroll{margin-top:1.5rem}section>.scroll,.start>.scroll{margin-top:1.5rem}
table{border-collapse:collapse;width:100%;font-size:.92rem}
caption{text-align:left;font-size:.85rem;padding-bottom:.45rem}
th,td{unicode-bidi:isolate;text-align:left;padding:.42rem .9rem .42rem 0;border-bottom:1px solid var(--rule);vertical-align:top}
tbody th{font-weight:500;overflow-wrap:break-word;max-width:24rem}
thead th{font-size:.8rem;color:var(--soft);font-weight:600;border-bottom-color:var(--soft);vertical-align:bottom}
.num{text-align:right;white-space:nowrap}
td:last-child,th:last-child{padding-right:0}
.tag{font-weight:600}.tag.good{color:var(--good)}.tag.fair{color:var(--fair)}.tag.poor,.tag.empty{color:var(--poor)}
.cards{display:grid;grid-template-columns:repeat(auto-fill,minmax(min(100%,25rem),1fr));gap:1rem;margin:1.25rem 0}
.card{position:relative;background:var(--card);border:1px solid var(--rule);border-radius:10px;padding:1rem 1.1rem;
break-inside:avoid}
.card table{margin-top:.5rem;font-size:.86rem}
.card caption{position:absolute;width:1px;height:1px;overflow:hidden;clip-path:inset(50%)}
.card p{margin:.1rem 0 0;font-size:.88rem}
.card th,.card td{padding-top:.3rem;padding-bottom:.3rem}
.aside{margin-top:1.25rem;background:var(--wash);border-radius:10px;padding:.9rem 1.1rem;max-width:none}
.aside p:last-child{margin-bottom:0}
details{margin-top:1rem}summary{cursor:pointer;color:var(--accent);font-weight:600;padding:.2rem 0}
code{font:.88em ui-monospace,"SF Mono",Menlo,Consolas,"Liberation Mono",monospace;background:var(--track);padding:.12em .4em;
border-radius:4px;overflow-wrap:anywhere}
ol,.aside ul{padding-left:1.3rem}li{margin:.35rem 0;max-width:68ch}
a{color:var(--accent)}:focus-visible{outline:2px solid var(--accent);outline-offset:2px}
footer{border-top:1px solid var(--rule);margin-top:2rem;padding-top:1rem;font-size:.85rem;color:var(--soft)}
@media screen and (max-width:760px){
.sheet{padding:2rem 1.1rem 3rem}.facts{grid-template-columns:repeat(auto-fit,minmax(8rem,1fr))}
.pair{grid-template-columns:minmax(0,1fr)}
svg text{font-size:18px}figure{padding:.8rem .7rem .7rem}table{font-size:.86rem}th,td{padding-right:.6rem}
tbody th{max-width:11rem}td:not(.num){min-width:8.5rem}.card .num{white-space:normal}
.verdicts li{grid-template-columns:4.6rem minmax(0,1fr)}.why{grid-column:1/-1}h1{font-size:1.95rem}}
@page{margin:15mm 14mm}
@media print{.verdicts li{padding:.3rem .8rem}body{font-size:10pt;background:#fff}
.sheet{max-width:none;padding:0}.skip{display:none}h1{font-size:22pt}section{padding:1.1rem 0 .4rem;margin-top:.6rem}
.pair{gap:1.2rem}svg{max-width:none}svg text{font-size:16px}th,td{padding:.2rem .6rem .2rem 0}table{font-size:8.6pt}
.cards{grid-template-columns:1fr 1fr;gap:.7rem}tbody th{min-width:6rem}p{orphans:3;widows:3}
.pair{display:flex}.pair>*{flex:1 1 0;min-width:0}
.start,figure,.facts,.aside,.card,tr,li{break-inside:avoid}h2,h3,caption{break-after:avoid}
thead{display:table-header-group}thead th{font-size:7.8pt}
details>summary{list-style:none}figure,.card,.facts div{background:#fff}
.scroll{overflow:visible}}
"""

CSS = (
    f":root{{color-scheme:light dark;{_variables(LIGHT)}}}"
    f"@media screen and (prefers-color-scheme:dark){{:root{{{_variables(DARK)}}}}}{_RULES}"
)


def content_policy() -> str:
    """A policy that allows this very style sheet and nothing else: no script, image, font, frame, form or request."""
    digest = base64.b64encode(hashlib.sha256(CSS.encode()).digest()).decode()
    return f"default-src 'none'; style-src 'sha256-{digest}'; base-uri 'none'; form-action 'none'"
