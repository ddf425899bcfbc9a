"""The closing table of `d2m generate` for one piece, and the words in it."""

from math import log10

from rich.table import Table
from rich.text import Text

from d2m_cli.progress import Step
from d2m_cli.report.summary import Summary
from d2m_cli.spec import BEATS_PER_BAR
from d2m_cli.types import STRONG_ACCENT

STEPS = {
    Step.LISTEN: "hear the song",
    Step.ANALYZE: "analyze the dance",
    Step.COMPOSE: "compose",
    Step.DECODE: "decode",
    Step.POSTPROCESS: "denoise and level",
    Step.WRITE: "write",
}


def summary_table(summary: Summary) -> Table:
    """The closing table of `d2m generate` for one piece, which stands under the output's name."""
    table, by = Table(show_header=False), summary.arrangement
    rows = {
        "duration": f"{summary.duration:.2f} s",
        "dancer found in": found_words(summary),
        "tempo of the dance": tempo_words(summary),
        "tempo of the music": f"{summary.music_tempo:.1f} bpm",
        **({"did not come along": "; ".join(summary.left_out)} if summary.left_out else {}),
        **({"key, composer": "{key}, {composer}".format(**by)} if by else {}),
        **({"old sound": mix_words(summary.mix)} if summary.mix else {}),
        **({"in the dance": happened} if (happened := events_words(summary)) else {}),
        "level, style, seed": f"{summary.level}, {summary.style}, {summary.seed}",
        **({"style picked for": summary.style_why} if summary.style_why else {}),
        **{
            f"time to {STEPS[k]}": f"{summary.stages[k]:.1f} s"
            for k in STEPS
            if k in summary.stages
        },
        "time in all": f"{sum(summary.stages.values()):.1f} s",
    }
    for name, value in rows.items():
        table.add_row(name, Text(value))
    return table


def found_words(summary: Summary) -> str:
    """In how many pictures the dancer was seen, and of several people, who that is."""
    found = f"{100 * summary.dancer_found:.0f} % of frames"
    if not summary.is_group or not summary.followed:
        return found
    others = [
        f"{100 * share:.0f}"
        for number, share in enumerate(summary.followed.shares)
        if number != summary.followed.dancer
    ]
    number, count = summary.followed.dancer + 1, len(summary.followed.shares)
    who = "the other" if count == 2 else "the others"
    return f"{found}: number {number} of {count} from the left ({who} in {', '.join(others)} %)"


def tempo_words(summary: Summary) -> str:
    """The dance's tempo, and how far it is to be trusted."""
    count = "" if summary.dance_meter == BEATS_PER_BAR else f" in {summary.dance_meter}"
    tempo = f"{summary.dance_tempo:.0f} bpm{count}"
    if summary.is_sure:
        return f"{tempo}, sure (confidence {summary.dance_confidence:.2f})"
    if summary.is_guess:
        return f"{tempo}, a guess: hardly anything moves"
    unsure = f"{tempo}, unsure (confidence {summary.dance_confidence:.2f})"
    others = [f"{bpm:.0f}" for bpm in summary.alternatives]
    if not others:
        return f"{unsure}: try --tempo"
    return f"{unsure}, perhaps {' or '.join(others)}: --tempo {others[0]}"


def events_words(summary: Summary) -> str:
    """How much of what happens in the dance, as in "2 freezes, 5 accents (3 strong)"."""
    words = []
    for kind, found in summary.events.items():
        named = f"{len(found)} {kind if len(found) > 1 else kind[:-1]}"
        if found and kind == "accents":
            named += f" ({sum(one['strength'] >= STRONG_ACCENT for one in found)} strong)"
        words += [named] if found else []
    return ", ".join(words)


def mix_words(mix: float) -> str:
    """How loud the old sound is under the music."""
    return f"kept under the music, {20 * log10(mix):.1f} dB"
