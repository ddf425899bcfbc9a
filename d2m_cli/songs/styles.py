"""The styles that songs are written in: `styles.toml` of this room."""

import tomllib
from functools import cache
from importlib.resources import files

from d2m_cli.bundles.styles import FILE, StyleEntry, style_entry


@cache
def song_styles() -> dict[str, StyleEntry]:
    """Every style by name, sorted."""
    path = files("d2m_cli.songs") / FILE
    tables = tomllib.loads(path.read_text(encoding="utf-8"))
    return {name: style_entry(name, tables[name], path) for name in sorted(tables)}
