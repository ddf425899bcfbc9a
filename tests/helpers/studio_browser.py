"""A studio and a page of it in a real browser, in which a dance is open."""

from __future__ import annotations

import json
import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any, NamedTuple

import chromium
import numpy as np
import soundfile
from studio_server import Served, serving

WATCH = """
window.errors = [];
addEventListener("error", (event) => errors.push(event.message));
addEventListener("unhandledrejection", (event) => errors.push(String(event.reason)));
addEventListener("securitypolicyviolation", (event) => errors.push(event.violatedDirective));
{
  const start = AudioBufferSourceNode.prototype.start;
  window.sounds = [];
  AudioBufferSourceNode.prototype.start = function (when, offset) {
    sounds.push({ context: this.context, buffer: this.buffer, when, offset });
    return start.call(this, when, offset);
  };
}
"""
"""Runs before the page: what goes wrong in it, and which sound starts when at which place."""

APART = """
new Promise((resolve) => {
  const video = document.getElementById("video");
  const found = [];
  const seen = (now, picture) => {
    const { context, when, offset } = sounds.at(-1);
    const { contextTime, performanceTime } = context.getOutputTimestamp();
    const heard = contextTime + (picture.expectedDisplayTime - performanceTime) / 1000;
    found.push(offset + heard - when - picture.mediaTime);
    if (found.length === 20) resolve(found);
    else video.requestVideoFrameCallback(seen);
  };
  video.addEventListener("pause", () => resolve(found), { once: true });
  video.requestVideoFrameCallback(seen);
})
"""
"""Seconds that the sound is before each of the next pictures, as both leave the browser; all that
there are before the end, which may be none on a busy computer."""

TAKES = "[...document.querySelectorAll('.lane.take[data-drawn]')]"


class Open(NamedTuple):
    """A studio and a page of it."""

    studio: Served
    page: chromium.Page
    project: Path
    downloads: Path

    def takes(self) -> list[str]:
        found: list[str] = self.page.evaluate(f"{TAKES}.map((lane) => lane.dataset.take)")
        return found

    def wait_for_takes(self, count: int) -> None:
        self.page.wait_for(f"{TAKES}.length === {count}", patience=180)

    def sound(self, take: str) -> np.ndarray:
        samples: np.ndarray = soundfile.read(self.project / f"takes/{take}/music.wav")[0]
        return samples

    def facts(self, take: str) -> dict[str, Any]:
        facts: dict[str, Any] = json.loads((self.project / f"takes/{take}/take.json").read_text())
        return facts

    def text(self, selector: str) -> str:
        text: str = self.page.evaluate(f"document.querySelector({selector!r}).textContent")
        return text

    def set(self, field: str, value: object) -> None:
        """Give a field of the form a value, as a person does who then leaves it."""
        found = f"document.getElementById('{field}')"
        change = "dispatchEvent(new Event('change', { bubbles: true }))"
        self.page.evaluate(f"{found}.value = {json.dumps(value)}, {found}.{change}")


@contextmanager
def opened(folder: Path, video: Path) -> Iterator[Open]:
    """A studio in `folder` to which its page has sent a video; the first take is there."""
    sent, downloads, place = (folder / name for name in ("sent", "downloads", "studio"))
    for each in (sent, downloads, place):
        each.mkdir()
    shutil.copy(video, sent / "dance.mp4")
    with serving(place) as studio, chromium.browsing(folder / "profile") as page:
        page.keep_downloads_in(downloads)
        page.prepare(WATCH)
        page.show(1280, 800)
        page.open(studio.address)
        page.wait_for("!document.getElementById('opening').hidden")
        page.choose_file("#file", sent / "dance.mp4")
        one = Open(studio, page, place / "dance/dance.d2m", downloads)
        one.wait_for_takes(1)
        one.set("level", "high")
        one.set("quality", "draft")
        yield one
        assert page.evaluate("errors") == []
