"""One HTML page that holds a whole evaluation: tables, plots and the music itself."""

import base64
import io
from collections.abc import Mapping, Sequence
from html import escape
from typing import Final

from d2m_cli.evaluation.record import EvaluationRecord
from d2m_cli.report import tables
from d2m_cli.report.table_data import WORDS, TableData
from d2m_cli.spec import SAMPLE_RATE
from d2m_cli.types import FloatArray

MAX_DANCES = 12
MAX_PLAYER_SECONDS = 20.0
"""Dances with players, and seconds of each piece: the page must stay small enough to send."""

SOUND: Final = {"format": "MP3", "bitrate_mode": "CONSTANT", "compression_level": 0.85}
"""Of the players, for libsndfile: 32 kbit/s."""

CAPTIONS = {
    "systems": "Alignment lift of every system",
    "quality": "Distance from real music, and lift",
    "onsets": "Onset curves of one dance (as the paper's figure 5)",
}
"""Headings of the plots by name."""

_STYLE = """
:root { color-scheme: light dark; }
body { font: 15px/1.5 system-ui, sans-serif; max-width: 70rem; margin: 2rem auto; padding: 0 1rem; }
h1 { font-size: 1.6rem; } h2 { font-size: 1.15rem; margin: 2rem 0 .4rem; }
div.wide { overflow-x: auto; }
table { border-collapse: collapse; font-variant-numeric: tabular-nums; }
th, td { padding: .25rem .7rem; text-align: right; border-bottom: 1px solid #8884; }
th:first-child, td:first-child, td.words, th.words { text-align: left; }
th { border-bottom: 2px solid #8888; }
img { max-width: 100%; background: #fff; border-radius: .4rem; }
p.note { opacity: .75; margin: .4rem 0; }
audio { width: 15rem; height: 2rem; vertical-align: middle; }
video { height: 9rem; display: block; border-radius: .4rem; background: #000; }
code { overflow-wrap: anywhere; }
"""


_SCRIPT = """
for (const row of document.querySelectorAll("tr")) {
  const video = row.querySelector("video");
  for (const audio of row.querySelectorAll("audio")) {
    const follow = () => {
      if (video) video.currentTime = Math.min(audio.currentTime, video.duration || 0);
    };
    audio.addEventListener("play", () => {
      for (const other of document.querySelectorAll("audio")) if (other !== audio) other.pause();
      follow();
      if (video) video.play();
    });
    audio.addEventListener("pause", () => video && video.pause());
    audio.addEventListener("seeked", follow);
  }
}
"""
"""The picture of a dance plays with whichever piece is played."""


def report_page(
    record: EvaluationRecord,
    images: Mapping[str, bytes],
    pieces: Mapping[str, Mapping[str, FloatArray]],
    videos: Mapping[str, bytes],
) -> str:
    """HTML of a `record`, its plots (PNG) by name, `pieces` `(N,)` by system and dance, and small
    silent `videos` (MP4) by dance."""
    made = record["made"]
    paper = "\n".join(_table(table) for table in tables.paper_tables(record))
    parts = [
        "<h1>Music for dance: evaluation</h1>",
        f'<p class="note">{escape(made["date"])}, d2m {escape(made["version"])}: '
        f"<code>{escape(made['command'] or 'd2m_cli.evaluate')}</code></p>",
        _table(tables.main_table(record)),
        *(f'<p class="note">{escape(note)}</p>' for note in tables.notes(record)),
        _players(record, pieces, videos),
        *(_picture(name, image) for name, image in images.items()),
        *(_table(table) for table in tables.detail_tables(record)),
        f"<details><summary>The paper's tables</summary>{paper}</details>",
    ]
    body = "\n".join(parts)
    return (
        '<!doctype html>\n<html lang="en"><head><meta charset="utf-8">'
        '<meta name="viewport" content="width=device-width, initial-scale=1">'
        f"<title>Evaluation</title><style>{_STYLE}</style></head>\n<body>\n{body}\n"
        f"<script>{_SCRIPT}</script></body></html>\n"
    )


def _table(data: TableData) -> str:
    words = [column in WORDS for column in data.columns]
    head = _row("th", data.columns, words)
    rows = "\n".join(_row("td", row, words) for row in data.rows)
    note = f'<p class="note">{escape(data.note)}</p>' if data.note else ""
    return (
        f'<h2>{escape(data.title)}</h2><div class="wide"><table><thead>{head}</thead>'
        f"<tbody>\n{rows}\n</tbody></table></div>{note}"
    )


def _row(tag: str, cells: Sequence[str], words: Sequence[bool]) -> str:
    marked = zip(cells, words, strict=True)
    inner = "".join(
        f"<{tag}{' class=words' if text else ''}>{escape(cell)}</{tag}>" for cell, text in marked
    )
    return f"<tr>{inner}</tr>"


def _picture(name: str, image: bytes) -> str:
    data = base64.b64encode(image).decode()
    shown = f'<img alt="{escape(name)}" src="data:image/png;base64,{data}">'
    return f"<h2>{escape(CAPTIONS[name])}</h2>{shown}"


def _players(
    record: EvaluationRecord,
    pieces: Mapping[str, Mapping[str, FloatArray]],
    videos: Mapping[str, bytes],
) -> str:
    names = [dance["name"] for dance in record["dances"]]
    head = _row("th", ["Dance", *pieces], [True] * (1 + len(pieces)))
    rows = [
        f"<tr><td>{escape(name)}{_video(videos.get(name))}</td>"
        + "".join(f'<td class="words">{_player(own.get(name))}</td>' for own in pieces.values())
        + "</tr>"
        for name in names[:MAX_DANCES]
    ]
    note = ""
    if len(names) > MAX_DANCES:
        note = f'<p class="note">The first {MAX_DANCES} of {len(names)} dances.</p>'
    return (
        f'<h2>Watch and listen</h2><div class="wide"><table><thead>{head}</thead>'
        f"<tbody>{''.join(rows)}</tbody></table></div>{note}"
    )


def _video(video: bytes | None) -> str:
    if video is None:
        return ""
    data = base64.b64encode(video).decode()
    return f'<video muted playsinline src="data:video/mp4;base64,{data}"></video>'


def _player(piece: FloatArray | None) -> str:
    import soundfile

    if piece is None:
        return "–"
    file = io.BytesIO()
    part = piece[: int(MAX_PLAYER_SECONDS * SAMPLE_RATE)]
    soundfile.write(file, part, SAMPLE_RATE, **SOUND)
    data = base64.b64encode(file.getvalue()).decode()
    return f'<audio controls preload="metadata" src="data:audio/mpeg;base64,{data}"></audio>'
