"""Settings of takes that are made quickly."""

from d2m_cli import TakeSettings

QUICK = TakeSettings(style="house", level="high", quality="draft", seed=3)
