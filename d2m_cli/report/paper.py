"""The paper's own results (section 4, tables 1 to 6), to be printed beside ours.

Beats coverage and hit, and genre accuracy, in percent; opinions 1 to 5. Measured by the authors on
their test sets (AIST++; table 2: TikTok), so they are a yardstick, not a rival on the same clips.
"""

OURS = {"d2m high": "Ours High-level", "d2m low": "Ours Low-level"}
"""This project's systems by the paper's names."""

SAME = {
    **OURS,
    "GT": "GT",
    "codec reconstruction": "JukeBox",
    "random codes": "Random JukeBox",
}
"""Rows of an evaluation that the paper has under another name."""

RHYTHM = {
    "Dance2Music": (83.5, 82.4),
    "Foley Music": (74.1, 69.4),
    "CMT": (85.5, 83.5),
    "Ours High-level": (88.2, 84.7),
    "Ours Low-level": (92.3, 91.7),
}
GENRE = {
    "Dance2Music": 7.0,
    "Foley Music": 8.1,
    "CMT": 11.6,
    "Ours High-level": 24.4,
    "Ours Low-level": 26.7,
}
COHERENCE = {
    "Random JukeBox": 2.0,
    "Dance2Music": 2.8,
    "Foley Music": 2.8,
    "CMT": 3.0,
    "Ours High-level": 3.5,
    "Ours Low-level": 3.3,
    "GT": 4.6,
}
QUALITY = {"JukeBox": 3.5, "Ours High-level": 3.5, "Ours Low-level": 3.7, "GT": 4.8}

PaperRow = tuple[float, float] | tuple[float, float, float]

TIKTOK: dict[str, PaperRow] = {
    "High w/o M": (85.5, 72.4),
    "High w/o V": (86.3, 81.7),
    "High (full)": (88.4, 82.3),
    "Low w/o M": (83.8, 74.6),
    "Low w/o V": (85.2, 81.7),
    "Low (full)": (87.1, 83.9),
}
LENGTHS: dict[str, PaperRow] = {
    "High - 2s": (88.2, 84.7, 24.4),
    "High - 3s": (88.2, 85.3, 25.6),
    "High - 4s": (87.1, 83.0, 23.3),
    "Low - 2s": (92.3, 91.7, 26.7),
    "Low - 3s": (90.1, 88.2, 25.6),
    "Low - 4s": (88.2, 84.7, 23.3),
}
MODALITIES: dict[str, PaperRow] = {
    "High w/o M": (83.5, 82.9, 15.1),
    "High w/o V": (87.1, 88.2, 16.3),
    "High (full)": (88.2, 84.7, 24.4),
    "Low w/o M": (89.4, 87.6, 15.1),
    "Low w/o V": (90.6, 90.0, 17.4),
    "Low (full)": (92.3, 91.7, 26.7),
}
ARCHITECTURES: dict[str, PaperRow] = {
    "High 1-layer D.": (75.3, 72.9, 9.3),
    "High 2-layer D.": (85.3, 82.9, 21.0),
    "High w/o scaling": (72.9, 71.8, 14.0),
    "High w/o reshape": (73.5, 70.1, 11.6),
    "High w/o fine-tune": (87.0, 84.7, 24.4),
    "High (full)": (88.2, 84.7, 24.4),
    "Low 1-layer D.": (73.5, 71.8, 8.1),
    "Low 2-layer D.": (87.0, 85.9, 22.1),
    "Low w/o scaling": (72.4, 70.1, 12.8),
    "Low w/o reshape": (73.5, 71.8, 12.8),
    "Low w/o fine-tune": (92.3, 91.2, 26.7),
    "Low (full)": (92.3, 91.7, 26.7),
}
LOSSES: dict[str, PaperRow] = {
    "High w/o L_FM": (85.3, 84.7, 23.3),
    "High w/o L_wav": (85.9, 84.7, 23.3),
    "High w/o L_mel": (77.6, 76.5, 18.6),
    "High (full)": (88.2, 84.7, 24.4),
    "Low w/o L_FM": (91.7, 90.1, 24.4),
    "Low w/o L_wav": (89.4, 88.8, 23.3),
    "Low w/o L_mel": (78.8, 77.1, 17.4),
    "Low (full)": (92.3, 91.7, 26.7),
}

ABLATIONS: dict[str, tuple[str, dict[str, PaperRow]]] = {
    "Table 2": ("the TikTok dance-music set", TIKTOK),
    "Table 3": ("sequence length", LENGTHS),
    "Table 4": ("input modalities: motion (M), visual (V)", MODALITIES),
    "Table 5": ("architecture: discriminators (D.) and design", ARCHITECTURES),
    "Table 6": ("losses", LOSSES),
}
"""By number: what is varied, and the rows. A system measured under a row's name stands beside it.
"""
