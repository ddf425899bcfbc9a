"""The studio in a real browser, from a video to files that others can read."""

from __future__ import annotations

import re
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import chromium
import numpy as np
import pytest
import studio_browser
from export_readers import READERS
from studio_browser import APART, Open
from studio_server import until

pytestmark = chromium.needed


@pytest.fixture(scope="module")
def opened(
    tmp_path_factory: pytest.TempPathFactory, dance_clips: dict[str, Path]
) -> Iterator[Open]:
    """A studio and its page, which all tests of this file share, in their order."""
    folder = tmp_path_factory.mktemp("studio")
    with studio_browser.opened(folder, dance_clips["second"]) as one:
        yield one


def test_the_page_shows_the_dance_and_its_first_take(opened: Open) -> None:
    page = opened.page
    assert page.evaluate("location.href") == f"http://127.0.0.1:{opened.studio.port}/"
    assert page.evaluate("document.getElementById('video').videoWidth") == 480
    assert opened.text("#project") == "dance.mp4"
    kinds = "[...document.querySelectorAll('.lane')].map((lane) => lane.classList[1])"
    assert page.evaluate(kinds) == ["ruler", "film", "energy", "grid", "take"]
    for kind in page.evaluate(kinds):
        ink = (
            f"(canvas => canvas.getContext('2d').getImageData(0, 0, canvas.width, canvas.height)"
            f".data.some((value) => value > 0))(document.querySelector('.lane.{kind} canvas'))"
        )
        page.wait_for(ink)
    wave = "document.querySelector('.lane.take .wave > div').shadowRoot.querySelector('canvas')"
    assert page.evaluate(f"{wave}.width") > 500
    assert {path.name for path in opened.studio.folder.iterdir()} == {"dance"}
    assert (opened.project / "project.d2m.json").is_file()


def test_sound_and_picture_move_together(opened: Open) -> None:
    page = opened.page

    def apart() -> float:
        page.evaluate("document.activeElement.blur()")
        page.press("Home")
        page.press(" ")
        page.wait_for("!document.getElementById('video').paused && sounds.length > 0")
        before = page.evaluate("document.getElementById('playhead').style.transform")
        found = float(np.median(page.evaluate(APART) or [np.inf]))
        assert page.evaluate("document.getElementById('playhead').style.transform") != before
        if page.evaluate("!document.getElementById('video').paused"):
            page.press(" ")
        page.wait_for("document.getElementById('video').paused")
        return found

    until(lambda: abs(apart()) < 0.02, "the sound leaves within 20 ms of the picture")
    assert "ms apart" in opened.text("#sync")


def test_the_beats_are_dragged_and_a_new_take_in_another_style_has_them(opened: Open) -> None:
    page = opened.page
    first = opened.takes()[0]
    before = float(page.evaluate("document.querySelector('.grid .view').ariaValueNow"))
    x, y = page.middle(".grid .view")
    page.drag(x, y, 60)
    moved = float(page.evaluate("document.getElementById('offset').value"))
    width = page.evaluate("document.querySelector('.grid .view').clientWidth")
    assert moved == pytest.approx(60 / width * 2.1, abs=0.01)
    now = "document.querySelector('.grid .view').ariaValueNow"
    page.wait_for(f"Number({now}).toFixed(2) !== '{before:.2f}'")
    assert float(page.evaluate(now)) == pytest.approx(before + moved, abs=0.01)
    opened.set("style", "house")
    page.click("#make")
    opened.wait_for_takes(2)
    new = opened.takes()[1]
    facts = opened.facts(new)
    assert facts["style"] == "house" and facts["settings"]["level"] == "high"
    old, beats = ([beat["time"] for beat in opened.facts(t)["beats"]] for t in (first, new))
    later = min(abs(beats[1] - beat - moved) for beat in old)
    assert later < 0.002, "its beats lie as far later as they were dragged"
    assert opened.text(".take.chosen .head span") == "house", "what is new is chosen"


def test_a_part_anew_leaves_the_rest_as_it_is(opened: Open) -> None:
    page = opened.page
    count, old = len(opened.takes()), opened.takes()[-1]
    page.click(f"[data-take={old}] .head button")
    x, y = page.middle(f"[data-take={old}] .view")
    width = page.evaluate("document.querySelector('.take .view').clientWidth")
    page.drag(x, y - 15, width * 0.3)
    start, end = map(float, re.findall(r"0:(\d+\.\d+)", opened.text("#stretch-text")))
    assert end - start == pytest.approx(0.3 * 2.1, abs=0.05)
    page.click("#redo")
    opened.wait_for_takes(count + 1)
    before, after = opened.sound(old), opened.sound(opened.takes()[-1])
    changed = np.flatnonzero(before != after) / 22050
    assert len(before) == len(after) and len(changed) > 0.2 * 22050
    assert start - 0.001 <= changed.min() and changed.max() <= end + 0.001


def test_any_range_of_the_video_is_served(opened: Open) -> None:
    video = (opened.studio.folder / "dance/dance.mp4").read_bytes()
    ranged = {**opened.studio.own, "Range": "bytes=100-299"}
    status, headers, part = opened.studio.ask("/media/video", headers=ranged)
    assert status == 206 and part == video[100:300]
    assert headers["content-range"] == f"bytes 100-299/{len(video)}"


def test_another_take_goes_on_without_a_gap(opened: Open) -> None:
    page = opened.page
    page.evaluate("document.activeElement.blur()")
    page.press("Home")
    page.press("1")
    page.evaluate("sounds.length = 0")
    page.press(" ")
    page.wait_for("document.getElementById('video').currentTime > 0.2 && sounds.length > 0")
    page.press("2")
    other = "sounds.findIndex(({ buffer }, i) => i && buffer !== sounds[i - 1].buffer)"
    page.wait_for(f"{other} > 0")
    assert page.evaluate("document.querySelectorAll('.take')[1].classList.contains('chosen')")
    places = f"sounds.slice({other} - 1).slice(0, 2).map(({{ when, offset }}) => offset - when)"
    before, after = page.evaluate(places)
    assert after == pytest.approx(before, abs=0.0005), "it goes on at the same place"
    page.evaluate(
        "document.getElementById('video').paused || document.getElementById('play').click()"
    )
    page.wait_for("document.getElementById('video').paused")


def test_every_kind_is_exported_and_read_by_others(opened: Open) -> None:
    page = opened.page
    seconds = page.evaluate("document.getElementById('video').duration")
    kinds = page.evaluate("[...document.getElementById('kind').options].map((one) => one.value)")
    assert set(kinds) == set(READERS)
    for kind in kinds:
        opened.set("kind", kind)
        page.click("#export")
        file = chromium.appearing(opened.downloads, f"*{READERS[kind].suffix}")
        page.wait_for("!document.getElementById('export').disabled")
        assert file.read_bytes() == (opened.project / "exports" / file.name).read_bytes()
        READERS[kind].check(file, seconds)


RUNNING = "document.querySelector('#work [data-state=running] progress[value]') !== null"
IDLE = "document.querySelectorAll('#work .job').length === 0"


def begin_long_work(opened: Open) -> None:
    opened.set("level", "low")
    opened.set("quality", "best")
    opened.page.click("#make")
    opened.page.click("#make")
    opened.page.wait_for(RUNNING, patience=180)
    opened.set("level", "high")
    opened.set("quality", "draft")


def test_work_is_cancelled_in_between(opened: Open) -> None:
    page, before = opened.page, opened.takes()
    begin_long_work(opened)
    for state in ("waiting", "running"):
        page.click(f"#work [data-state={state}] button")
    page.wait_for(IDLE, patience=180)
    assert opened.takes() == before
    left = {path.name for path in (opened.project / "takes").iterdir()}
    assert left == set(before), "nothing half made is left"


def test_the_studio_answers_while_a_take_is_made(opened: Open) -> None:
    begin_long_work(opened)
    waits = []
    while opened.page.evaluate(RUNNING) and len(waits) < 20:
        begin = time.monotonic()
        assert opened.studio.ask("/api/grid", "POST", body=b"{}")[0] == 200
        waits.append(time.monotonic() - begin)
    print("answers after", [round(1000 * wait) for wait in waits], "ms")
    assert len(waits) > 4 and float(np.median(waits)) < 0.1
    opened.page.evaluate("document.querySelectorAll('#work button').forEach((one) => one.click())")
    opened.page.wait_for(IDLE, patience=180)


def test_a_stretch_is_looped_and_the_axis_zoomed(opened: Open) -> None:
    page = opened.page
    page.evaluate("document.activeElement.blur()")
    x, y = page.middle(f"[data-take={opened.takes()[0]}] .view")
    page.drag(x, y - 15, 150)
    start = float(opened.text("#stretch-text").partition("0:")[2].partition(" ")[0])
    page.press("l")
    page.evaluate(
        "window.wraps = []; document.getElementById('video').addEventListener('seeked',"
        "({ target }) => wraps.push(target.currentTime)); 0"
    )
    page.press(" ")
    page.wait_for("wraps.length > 2")
    page.press(" ")
    page.press("l")
    assert float(np.median(page.evaluate("wraps"))) == pytest.approx(start, abs=0.05)
    page.press("Escape")
    width = page.evaluate("document.getElementById('lanes').offsetWidth")
    page.press("+")
    page.press("+")
    assert page.evaluate("document.getElementById('lanes').offsetWidth") > width * 1.1
    shift = "document.getElementById('scroller').scrollLeft"
    wave = "document.querySelector('.wave > div').shadowRoot.querySelector('.scroll')"
    page.evaluate(f"{shift} = 80, 0")
    page.wait_for(f"{wave}.scrollLeft === {shift}")
    page.press("-")
    page.press("-")


def test_tapping_along_gives_the_tempo(opened: Open) -> None:
    page = opened.page
    page.evaluate("document.activeElement.blur()")
    page.evaluate(
        "new Promise((done) => { let left = 6; const tap = () => { document.getElementById('tap')"
        ".click(); if (--left) setTimeout(tap, 500); else done(); }; tap(); })"
    )
    tempo = float(page.evaluate("document.getElementById('tempo').value"))
    assert tempo == pytest.approx(120, abs=12)
    page.click("#as-danced")
    assert page.evaluate("document.getElementById('tempo').value") == ""


def test_a_lock_is_made_and_undone_by_keyboard_alone(opened: Open) -> None:
    page = opened.page
    page.evaluate("document.activeElement.blur()")
    for key in ("1", "Home", "[", *["ArrowRight"] * 1):
        page.press(key)
    page.wait_for("document.getElementById('video').currentTime === 1")
    page.press("]")
    assert "0:00.00 to 0:01.00" in opened.text("#stretch-text")
    page.press("k")
    page.wait_for("document.getElementById('lock').textContent === 'Unlock'")
    assert page.evaluate("document.getElementById('redo').disabled")
    assert not page.evaluate("document.getElementById('base-label').hidden")
    page.press("z", control=True)
    page.wait_for("document.getElementById('lock').textContent === 'Lock'")
    page.press("Escape")
    assert page.evaluate("document.getElementById('stretch').hidden")
    page.press("?")
    assert page.evaluate("document.getElementById('help').open")
    page.press("Escape")


def test_a_second_tab_and_a_reload_find_everything(opened: Open) -> None:
    page = opened.page
    opened.set("seed", "7")
    before = opened.takes()
    page.evaluate("window.second = open(location.href), 0")
    there = "second.document.querySelectorAll('.lane.take[data-drawn]').length"
    page.wait_for(f"{there} === {len(before)}")
    assert page.evaluate("second.document.getElementById('seed').value") == "7"
    page.click("#delete")
    page.wait_for(f"{there} === {len(before) - 1}")
    page.click("#undo")
    page.wait_for(f"{there} === {len(before)}")
    page.evaluate("second.close()")
    page.open(f"http://127.0.0.1:{opened.studio.port}/")
    opened.wait_for_takes(len(before))
    assert opened.takes() == before
    assert page.evaluate("document.getElementById('seed').value") == "7"
    assert page.evaluate("document.getElementById('style').value") == "house"


@pytest.mark.parametrize("scheme", ["light", "dark"])
@pytest.mark.parametrize("width", [1280, 390])
def test_nothing_is_wider_than_the_window(opened: Open, width: int, scheme: str) -> None:
    page = opened.page
    page.show(width, 800, scheme)
    page.wait_for(f"innerWidth === {width}")
    assert page.evaluate("document.documentElement.scrollWidth") <= width
    small = (
        "[...document.querySelectorAll('#desk button, #desk select, #desk input')]"
        ".filter((one) => one.offsetParent && one.getBoundingClientRect().right > innerWidth)"
        ".map((one) => one.id)"
    )
    assert page.evaluate(small) == []
    page.show(1280, 800)


def test_everything_that_is_used_has_a_name_for_screen_readers(opened: Open) -> None:
    tree: list[dict[str, Any]] = opened.page.call("Accessibility.getFullAXTree")["nodes"]
    used = {"button", "slider", "combobox", "spinbutton", "textbox", "checkbox"}
    parts = [node for node in tree if node.get("role", {}).get("value") in used]
    nameless = [node for node in parts if not node.get("name", {}).get("value")]
    assert len(parts) > 20 and nameless == []
