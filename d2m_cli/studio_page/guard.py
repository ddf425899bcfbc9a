"""Who may talk to the studio: this machine's own browser, once it has shown the token.

Other programs' pages run in the same browser, and can send requests to a port of this machine. So
each request has to name this machine as its host (a name that an attacker lets point here is not
enough), may not come from a page of another origin, and needs the cookie that the address with the
token gave.
"""

from __future__ import annotations

import secrets
from http.cookies import CookieError, SimpleCookie
from urllib.parse import parse_qs

from starlette.datastructures import Headers, MutableHeaders
from starlette.responses import JSONResponse, RedirectResponse, Response
from starlette.types import ASGIApp, Message, Receive, Scope, Send

READING = ("GET", "HEAD")

HEADERS = {
    "X-Content-Type-Options": "nosniff",
    "X-Frame-Options": "DENY",
    "Referrer-Policy": "no-referrer",
    "Cross-Origin-Resource-Policy": "same-origin",
    "Cross-Origin-Opener-Policy": "same-origin",
}


class Guard:
    """Lets through what comes from the studio's own page, and says what that page may load."""

    def __init__(self, app: ASGIApp, port: int, token: str) -> None:
        self.app, self.token = app, token
        self.hosts = (f"127.0.0.1:{port}", f"localhost:{port}")
        self.cookie = f"d2m-studio-{port}"  # cookies do not know ports

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer a request, or refuse it."""
        if scope["type"] == "lifespan":
            await self.app(scope, receive, send)
            return
        if scope["type"] != "http":
            await send({"type": "websocket.close", "code": 1008})
            return
        nonce = scope["nonce"] = secrets.token_urlsafe(16)

        async def send_guarded(message: Message) -> None:
            if message["type"] == "http.response.start":
                headers = MutableHeaders(scope=message)
                headers["Content-Security-Policy"] = policy(nonce)
                headers.update(HEADERS)
                headers.setdefault("Cache-Control", "no-store")
            await send(message)

        answer = self._refusal(scope) or self.app
        await answer(scope, receive, send_guarded)

    def _refusal(self, scope: Scope) -> Response | None:
        """Stands in the place of the answer: a refusal, or the way from token to page."""
        headers = Headers(scope=scope)
        if headers.get("host") not in self.hosts:
            return _refused("This is d2m studio of another machine.")
        if not _own(headers, scope["method"]):
            return _refused("This request comes from another page.")
        if scope["path"] == "/" and scope["method"] == "GET":
            shown = parse_qs(scope["query_string"].decode("latin-1")).get("token", [""])[0]
            if secrets.compare_digest(shown.encode(), self.token.encode()):
                way = RedirectResponse("/", 303)
                way.set_cookie(self.cookie, self.token, httponly=True, samesite="strict")
                return way
        if not self._knows(headers.get("cookie", "")):
            return _refused("Open the address that d2m studio printed: it has the right token.")
        return None

    def _knows(self, cookies: str) -> bool:
        try:
            given = SimpleCookie(cookies).get(self.cookie)
        except CookieError:
            return False
        return given is not None and secrets.compare_digest(
            given.value.encode(), self.token.encode()
        )


def policy(nonce: str) -> str:
    """Content security policy: everything from the studio itself, and nothing from elsewhere."""
    return (
        "default-src 'none'; script-src 'self'; connect-src 'self'; img-src 'self'; "
        f"media-src 'self'; style-src 'self' 'nonce-{nonce}'; base-uri 'none'; "
        "form-action 'none'; frame-ancestors 'none'"
    )


def _own(headers: Headers, method: str) -> bool:
    """Whether the studio's page, or a person who typed its address, sent this."""
    origin, site = headers.get("origin"), headers.get("sec-fetch-site")
    if origin is None and method not in READING:
        return False
    if origin is not None and origin != f"http://{headers['host']}":
        return False
    return site in (None, "none", "same-origin")


def _refused(words: str) -> Response:
    return JSONResponse({"error": words}, 403)
