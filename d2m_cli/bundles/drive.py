"""Google Drive's "cannot scan this file for viruses" page: the form on it leads to the file."""

from __future__ import annotations

from html.parser import HTMLParser
from urllib.parse import urlencode, urljoin


def confirmed_url(page: str, address: str) -> str | None:
    """Where the download form on an HTML `page` at `address` leads, or None if there is no form."""
    form = _DownloadForm()
    form.feed(page)
    if form.action is None:
        return None
    return urljoin(address, form.action) + "?" + urlencode(form.fields)


class _DownloadForm(HTMLParser):
    def __init__(self) -> None:
        super().__init__()
        self.action: str | None = None
        self.fields: dict[str, str] = {}

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        facts = {name: value or "" for name, value in attrs}
        if tag == "form" and facts.get("id") == "download-form":
            self.action = facts.get("action", "")
        elif tag == "input" and self.action is not None and "name" in facts:
            self.fields[facts["name"]] = facts.get("value", "")
