"""The studio's addresses: the page, what it asks, and the files that were opened here."""

from __future__ import annotations

from importlib import resources
from pathlib import Path

from starlette.applications import Starlette
from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import Mount, Route
from starlette.staticfiles import StaticFiles
from starlette.types import ASGIApp

from d2m_cli.errors import D2MError, OutputError
from d2m_cli.studio_page.answers import Answers
from d2m_cli.studio_page.desk import Desk
from d2m_cli.studio_page.feed import Feed
from d2m_cli.studio_page.guard import Guard
from d2m_cli.studio_page.uploads import receive

STATIC = Path(str(resources.files("d2m_cli.studio_page").joinpath("static")))


def make_app(desk: Desk, feed: Feed, port: int, token: str) -> ASGIApp:
    """The studio as an ASGI application that answers on a port of this machine."""
    answers = Answers(desk, feed)

    async def page(request: Request) -> Response:
        text = (STATIC / "index.html").read_text(encoding="utf-8")
        nonce = request.scope["nonce"]
        return Response(text.replace("{{NONCE}}", nonce), media_type="text/html")

    async def open_upload(request: Request) -> Response:
        desk.open(await receive(request, desk))
        return JSONResponse({})

    def take(word: str) -> str:
        return f"/api/takes/{{take}}/{word}"

    reading = [
        Route("/", page),
        Mount("/static", StaticFiles(directory=STATIC)),
        Route("/media/video", answers.video),
        Route("/media/film.jpg", answers.film),
        Route("/media/takes/{take}.wav", answers.sound),
        Route("/api/events", answers.events),
        Route(take("peaks"), answers.peaks),
        Route("/api/exports/{name}", answers.exported),
    ]
    changing = {
        "/api/open": open_upload,
        "/api/grid": answers.grid,
        "/api/settings": answers.settings,
        "/api/takes": answers.add,
        take("redo"): answers.redo,
        take("export"): answers.export,
        take("{word}"): answers.edit,
        "/api/undo": answers.undo,
        "/api/restore": answers.restore,
        "/api/work/{number:int}/cancel": answers.cancel,
    }
    app = Starlette(
        routes=[*reading, *(Route(path, do, methods=["POST"]) for path, do in changing.items())],
        exception_handlers={D2MError: _sentence, HTTPException: _refusal, Exception: _defect},
    )
    return Guard(app, port, token)


async def _sentence(request: Request, error: Exception) -> Response:
    return JSONResponse({"error": str(error)}, 409 if isinstance(error, OutputError) else 400)


async def _refusal(request: Request, error: Exception) -> Response:
    assert isinstance(error, HTTPException)
    return JSONResponse({"error": f"{error.detail}."}, error.status_code)


async def _defect(request: Request, error: Exception) -> Response:
    words = f"unexpected {type(error).__name__}: {error} (this is a defect of d2m)."
    return JSONResponse({"error": words}, 500)
