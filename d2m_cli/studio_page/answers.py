"""What the studio answers: state, sound and pictures, and what changes them.

Whatever reads or writes a file does so in a thread, so that the next request need not wait for it.
"""

from __future__ import annotations

import json
from typing import Any
from urllib.parse import quote

from starlette.concurrency import run_in_threadpool
from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import FileResponse, JSONResponse, Response, StreamingResponse

from d2m_cli.errors import InputError
from d2m_cli.studio.settings import TakeSettings
from d2m_cli.studio_page import preview
from d2m_cli.studio_page.desk import EXPORTS, Desk
from d2m_cli.studio_page.feed import Feed
from d2m_cli.studio_page.pictures import peaks

_MOST_BYTES = 1 << 16
"""Of a request's words."""

EDITS: dict[str, dict[str, type]] = {
    "lock": {"start": float, "end": float},
    "unlock": {"start": float, "end": float},
    "rename": {"name": str},
    "keep": {},
    "delete": {},
}
"""Edits of a take and what each is given, in the order of the project's own methods."""


class Answers:
    """One method for each address; see `app.make_app`."""

    def __init__(self, desk: Desk, feed: Feed) -> None:
        self.desk, self.feed = desk, feed

    async def events(self, request: Request) -> Response:
        """All that is new, from now on."""
        return StreamingResponse(self.feed.listen(self.desk.news), media_type="text/event-stream")

    async def video(self, request: Request) -> Response:
        """The dance's video, or any range of it."""
        studio = self.desk.studio
        return FileResponse(await run_in_threadpool(preview.played, studio.video, studio.folder))

    async def film(self, request: Request) -> Response:
        """The strip of pictures."""
        return Response(await run_in_threadpool(self.desk.film), media_type="image/jpeg")

    async def sound(self, request: Request) -> Response:
        """The music of a take."""
        return FileResponse(self.desk.studio.take(request.path_params["take"]).path)

    async def peaks(self, request: Request) -> Response:
        """The waveform of a take."""
        take = self.desk.studio.take(request.path_params["take"])
        drawn = await run_in_threadpool(peaks, take)
        return Response(drawn, media_type="application/octet-stream")

    async def grid(self, request: Request) -> Response:
        """The beats that a take with these settings would have."""
        settings = TakeSettings.of(await _words(request))
        return JSONResponse(await run_in_threadpool(self.desk.grid, settings))

    async def settings(self, request: Request) -> Response:
        """Note what the next take is to be."""
        settings = TakeSettings.of(await _words(request))
        revision = await run_in_threadpool(self.desk.change_settings, settings)
        return JSONResponse({"revision": revision})

    async def add(self, request: Request) -> Response:
        """Put a new take in line."""
        words = await _words(request)
        base = _word(words, "base", str) if words.get("base") is not None else None
        settings = TakeSettings.of(_word(words, "settings", dict))
        await run_in_threadpool(self.desk.add_take, settings, base)
        return JSONResponse({})

    async def redo(self, request: Request) -> Response:
        """Put a part of a take, to be made anew, in line."""
        words = await _words(request)
        start, end = _word(words, "start", float), _word(words, "end", float)
        self.desk.redo(request.path_params["take"], start, end)
        return JSONResponse({})

    async def edit(self, request: Request) -> Response:
        """Change what is noted of a take."""
        word = request.path_params["word"]
        if word not in EDITS:
            raise HTTPException(404)
        words = await _words(request)
        given = [_word(words, name, kind) for name, kind in EDITS[word].items()]
        await run_in_threadpool(self.desk.edit, word, request.path_params["take"], *given)
        return JSONResponse({})

    async def undo(self, request: Request) -> Response:
        """Take the last edit back."""
        await run_in_threadpool(self.desk.edit, "undo")
        return JSONResponse({})

    async def restore(self, request: Request) -> Response:
        """Do again what was taken back."""
        await run_in_threadpool(self.desk.edit, "restore")
        return JSONResponse({})

    async def export(self, request: Request) -> Response:
        """Write a take as a file into the project's folder, and say where it is."""
        words = await _words(request)
        kind, mix = _word(words, "kind", str), _word(words, "mix", float)
        take = request.path_params["take"]
        out = await run_in_threadpool(self.desk.export, take, kind, mix)
        address = f"api/exports/{quote(out.name)}"
        return JSONResponse({"name": out.name, "address": address, "place": str(out)})

    async def exported(self, request: Request) -> Response:
        """A file that was exported, to be saved."""
        name, folder = request.path_params["name"], self.desk.studio.folder / EXPORTS
        known = await run_in_threadpool(lambda: {file.name: file for file in folder.glob("*")})
        if name not in known:
            raise HTTPException(404)
        return FileResponse(known[name], filename=name)

    async def cancel(self, request: Request) -> Response:
        """Take work out of the line."""
        self.desk.line.cancel(request.path_params["number"])
        return JSONResponse({})


async def _words(request: Request) -> dict[str, Any]:
    """The object that a request holds. Raises `InputError` for anything else."""
    data = bytearray()
    async for piece in request.stream():
        data += piece
        if len(data) > _MOST_BYTES:
            raise HTTPException(413)
    try:
        words = json.loads(data)
    except ValueError:
        words = None
    if not isinstance(words, dict):
        raise InputError("The request is no JSON object: reload the page.")
    return words


def _word(words: dict[str, Any], name: str, kind: type) -> Any:
    """A value of a request. Raises `InputError` where it is missing or of another kind."""
    value = words.get(name)
    if kind is float and isinstance(value, int) and not isinstance(value, bool):
        value = float(value)
    if not isinstance(value, kind):
        raise InputError(f"The request has no {name}: reload the page.")
    return value
