"""A real headless Chromium, driven over its debugging pipe: keys, clicks, downloads, pictures."""

from __future__ import annotations

import base64
import fcntl
import json
import os
import shutil
import subprocess
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest

EXECUTABLE = shutil.which("chromium") or shutil.which("chromium-browser")
needed = pytest.mark.skipif(not EXECUTABLE, reason="needs Debian's package chromium")

KEYS = {"Tab": 9, "Enter": 13, "Escape": 27, " ": 32, "Home": 36, "ArrowLeft": 37, "ArrowRight": 39}
PATIENCE = 60.0
"""Seconds to wait for anything that the browser does."""


class Page:
    """One page; `evaluate` runs JavaScript in it, `press` types a key as a person does."""

    def __init__(self, requests: int, replies: int) -> None:
        self._requests, self._replies = os.fdopen(requests, "wb"), os.fdopen(replies, "rb")
        self._count = 0
        self._rest = b""
        self._session: str | None = None
        target = self.call("Target.createTarget", url="about:blank")["targetId"]
        attached = self.call("Target.attachToTarget", targetId=target, flatten=True)
        self._session = attached["sessionId"]

    def call(self, method: str, **parameters: Any) -> dict[str, Any]:
        """Result of a command of the DevTools protocol."""
        self._count += 1
        message: dict[str, Any] = {"id": self._count, "method": method, "params": parameters}
        if self._session:
            message["sessionId"] = self._session
        self._requests.write(json.dumps(message).encode() + b"\0")
        self._requests.flush()
        while True:
            reply = self._next()
            if reply.get("id") == self._count:
                assert "error" not in reply, reply
                result: dict[str, Any] = reply["result"]
                return result

    def open(self, place: Path | str) -> None:
        """Load a file or an address and wait until it is there."""
        self.call("Page.navigate", url=place if isinstance(place, str) else place.as_uri())
        self.wait_for("document.readyState === 'complete'")

    def show(self, width: int, height: int, scheme: str = "light") -> None:
        """Make the window so large, in CSS pixels, and its colours `light` or `dark`."""
        sizes = {"width": width, "height": height, "deviceScaleFactor": 1, "mobile": width < 600}
        self.call("Emulation.setDeviceMetricsOverride", **sizes)
        feature = {"name": "prefers-color-scheme", "value": scheme}
        self.call("Emulation.setEmulatedMedia", features=[feature])

    def prepare(self, script: str) -> None:
        """Run JavaScript in every page that is loaded from now on, before its own."""
        self.call("Page.enable")
        self.call("Page.addScriptToEvaluateOnNewDocument", source=script)

    def middle(self, selector: str) -> tuple[float, float]:
        """Where the middle of an element is, once it is scrolled into view."""
        found = f"document.querySelector({json.dumps(selector)})"
        self.wait_for(f"{found} !== null")
        box = f"{found}.scrollIntoView({{block: 'center'}}), {found}.getBoundingClientRect()"
        place = self.evaluate(f"(r => [r.x + r.width / 2, r.y + r.height / 2])(({box}))")
        return place[0], place[1]

    def click(self, selector: str) -> None:
        """Click the middle of an element."""
        self.drag(*self.middle(selector))

    def drag(self, x: float, y: float, across: float = 0.0) -> None:
        """Press the mouse at a place, pull it `across` in pixels, and let it go."""
        mouse: dict[str, Any] = {"y": y, "button": "left", "clickCount": 1}
        self.call("Input.dispatchMouseEvent", type="mousePressed", x=x, **mouse)
        for step in range(1, 5) if across else ():
            self.call(
                "Input.dispatchMouseEvent", type="mouseMoved", x=x + across * step / 4, **mouse
            )
        self.call("Input.dispatchMouseEvent", type="mouseReleased", x=x + across, **mouse)

    def evaluate(self, expression: str) -> Any:
        """Value of a JavaScript expression, as if a person had clicked; an exception fails."""
        wishes = {"returnByValue": True, "userGesture": True}
        answer = self.call("Runtime.evaluate", expression=expression, awaitPromise=True, **wishes)
        assert "exceptionDetails" not in answer, answer
        return answer["result"].get("value")

    def wait_for(self, expression: str, patience: float = PATIENCE) -> None:
        """Wait until a JavaScript expression is true, `patience` seconds at most."""
        end = time.monotonic() + patience
        while not self.evaluate(expression):
            assert time.monotonic() < end, f"waited in vain for {expression}"
            time.sleep(0.02)

    def press(self, key: str, control: bool = False) -> None:
        """Press a key and let it go; `control` is held meanwhile."""
        code = KEYS.get(key) or ord(key.upper())
        text = {"Enter": "\r"}.get(key, key if len(key) == 1 and not control else "")
        same: dict[str, Any] = {"key": key, "windowsVirtualKeyCode": code}
        same["modifiers"] = 2 if control else 0
        self.call("Input.dispatchKeyEvent", type="keyDown", text=text, **same)
        self.call("Input.dispatchKeyEvent", type="keyUp", **same)

    def write(self, text: str) -> None:
        """Type a text into what has the focus."""
        self.call("Input.insertText", text=text)

    def choose_file(self, selector: str, file: Path) -> None:
        """Give a file to an input for files."""
        root = self.call("DOM.getDocument")["root"]["nodeId"]
        node = self.call("DOM.querySelector", nodeId=root, selector=selector)["nodeId"]
        self.call("DOM.setFileInputFiles", files=[str(file)], nodeId=node)

    def keep_downloads_in(self, folder: Path) -> None:
        """Let the page save files to a folder."""
        self.call("Page.setDownloadBehavior", behavior="allow", downloadPath=str(folder))

    def picture(self, path: Path) -> None:
        """Write what the page looks like (PNG)."""
        shot = self.call("Page.captureScreenshot", captureBeyondViewport=True)
        path.write_bytes(base64.b64decode(shot["data"]))

    def _next(self) -> dict[str, Any]:
        while b"\0" not in self._rest:
            block = self._replies.read1(1 << 20)
            assert block, "the browser ended"
            self._rest += block
        message, _, self._rest = self._rest.partition(b"\0")
        reply: dict[str, Any] = json.loads(message)
        return reply


@contextmanager
def browsing(profile: Path) -> Iterator[Page]:
    """A page of a browser that ends with the context; `profile` is a folder for its files."""
    assert EXECUTABLE
    (inbox, requests), (replies, outbox) = os.pipe(), os.pipe()
    # The browser reads at 3 and writes at 4; our ends must not be in the way there.
    high = [fcntl.fcntl(end, fcntl.F_DUPFD_CLOEXEC, 10) for end in (inbox, outbox)]

    def take_places() -> None:
        os.dup2(high[0], 3)
        os.dup2(high[1], 4)

    options = ["--headless", "--no-sandbox", "--disable-gpu", "--remote-debugging-pipe"]
    process = subprocess.Popen(
        [EXECUTABLE, *options, f"--user-data-dir={profile}"],
        pass_fds=(3, 4),
        preexec_fn=take_places,
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
    )
    for end in (inbox, outbox, *high):
        os.close(end)
    try:
        yield Page(requests, replies)
    finally:
        process.terminate()
        process.wait(PATIENCE)


def appearing(folder: Path, pattern: str) -> Path:
    """The first file in `folder` that matches, as soon as it is there."""
    end = time.monotonic() + PATIENCE
    while not (found := sorted(folder.glob(pattern))):
        assert time.monotonic() < end, f"no {pattern} came"
        time.sleep(0.02)
    return found[0]
