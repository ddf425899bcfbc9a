"""The listening test as one HTML file that needs no server."""

import base64
import json
from collections.abc import Sequence
from dataclasses import dataclass
from importlib import resources

from d2m_cli.metrics.mos import FORMAT, MosItem


@dataclass(frozen=True)
class Media:
    """A sound or video file in memory."""

    kind: str
    """`video/mp4`, `audio/wav` ..."""
    data: bytes

    @property
    def url(self) -> str:
        """The file as a `data:` address."""
        return f"data:{self.kind};base64,{base64.b64encode(self.data).decode()}"


def mos_page(test: str, items: Sequence[tuple[MosItem, Media]]) -> str:
    """HTML of the listening test called `test`; it names no systems and no clips."""
    record = {
        "format": FORMAT,
        "test": test,
        "items": [{"token": i.token, "part": i.part, "media": media.url} for i, media in items],
    }
    template = resources.files("d2m_cli.report").joinpath("mos_page.html")
    text = json.dumps(record).replace("</", "<\\/")
    return template.read_text(encoding="utf-8").replace("{{ITEMS}}", text)
