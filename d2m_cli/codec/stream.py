"""Encoding and decoding pieces of any length in bounded memory."""

from collections.abc import Callable, Iterator

import torch
from torch import Tensor

from d2m_cli.codec.codebook import look_up
from d2m_cli.codec.vqvae import VQVAE
from d2m_cli.side_by_side import even_parts, side_by_side
from d2m_cli.spec import Level

WINDOW_SECONDS = 3.0
"""Of sound that is decoded at once, on each core."""


@torch.no_grad()
def decode_windows(
    vqvae: VQVAE,
    codes: Tensor,
    level: Level,
    seconds: float = WINDOW_SECONDS,
    part: tuple[int, int] | None = None,
) -> Iterator[Tensor]:
    """Audio of `codes` `(T,)` in consecutive pieces `(N,)` of at most about `seconds`.

    Each window is decoded with all the codes that its samples depend on, so the pieces join to what
    one pass over all codes would give. `part` is the first and the last code of what is wanted;
    None: all.
    """
    frame = vqvae.codes_per_frame(level)
    context = vqvae.decoder_context(level)
    begin, stop = part or (0, len(codes))
    most = int(seconds * level.code_rate) // frame * frame
    window = even_parts(stop - begin // frame * frame, most, frame, codes.device)

    def piece(start: int) -> Tensor:
        end = min(start + window, stop)
        first, last = max(0, start - context), min(len(codes), end + context)
        entries = look_up(codes[None, first:last], vqvae.codebook(level))
        wave = vqvae.decode(entries, level)[0]
        return wave[(max(start, begin) - first) * level.hop : (end - first) * level.hop]

    yield from side_by_side(piece, range(begin // frame * frame, stop, window), codes.device)


@torch.no_grad()
def encode_window(
    vqvae: VQVAE, sound: Callable[[int, int], Tensor], first: int, last: int, level: Level
) -> Tensor:
    """Latents `(1, 64, last - first)` of codes `first` to `last - 1` of a piece.

    `sound(sample, count)` gives `(count,)` samples of the piece from `sample` on, at least 0.
    """
    context = vqvae.encoder_context(level)
    begin = max(0, first - context)
    wave = sound(begin * level.hop, (last + context - begin) * level.hop)
    return vqvae.encode(wave[None], level)[..., first - begin : last - begin]
