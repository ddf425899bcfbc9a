"""Videos that the page sends: bounded, written as they come, and there as a whole or not at all."""

from __future__ import annotations

import shutil
from pathlib import Path

from starlette.concurrency import run_in_threadpool
from starlette.exceptions import HTTPException
from starlette.requests import ClientDisconnect, Request

from d2m_cli.errors import InputError, OutputError
from d2m_cli.files import whole_file
from d2m_cli.studio_page.desk import Desk

MOST_BYTES = 4 << 30
_SPARE = 200 << 20
"""Bytes that stay free on the disk."""


async def receive(request: Request, desk: Desk) -> Path:
    """Write the video of a request, in a new folder of its own; nothing is left where that fails.

    Raises `InputError` for a name that is none or a file that is too large, `OutputError` where
    there is no room for it.
    """
    out = desk.place_for(request.query_params.get("name", ""))
    told = request.headers.get("content-length", "")
    if not told.isdecimal() or not 0 < int(told) <= MOST_BYTES:
        raise InputError(f"The video is empty or larger than {MOST_BYTES >> 30} GiB: shorten it.")
    size = int(told)
    base = next(folder for folder in out.parents if folder.exists())
    if shutil.disk_usage(base).free < size + _SPARE:
        raise OutputError(f"There is no room for the video in {base}: free some space.")
    try:
        with whole_file(out) as draft, draft.open("wb") as file:
            async for piece in request.stream():
                await run_in_threadpool(file.write, piece)
            if file.tell() != size:
                raise InputError("The video did not come as a whole: send it again.")
    except ClientDisconnect:
        shutil.rmtree(out.parent, ignore_errors=True)
        raise HTTPException(400, "The upload broke off") from None
    except BaseException:
        shutil.rmtree(out.parent, ignore_errors=True)
        raise
    return out
