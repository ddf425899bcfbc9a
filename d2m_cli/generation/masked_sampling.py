"""Codes in several passes: what is surest is kept, the rest is drawn again knowing it.

Masked code modelling (MaskGIT, Chang et al. 2022; for codes of sound VampNet, Garcia et al. 2023).
Codes that are drawn once, each on its own, do not know one another, and that is heard as grain. In
every pass all hidden codes are drawn; of each stretch of `BLOCK` codes the surest stay, more in
every pass.

A pass goes through the whole piece in windows, each with all the context that its codes can see,
so that the windows' length decides nothing. What the passes share (the dance, the sketch, the
generator's first layers) is computed once and lies in a temporary file: memory holds a few bytes
per code and one window.
"""

import math
import tempfile
from collections.abc import Callable
from functools import partial
from os import SEEK_END
from threading import Lock
from typing import IO, NamedTuple

import numpy as np
import torch
from torch import Tensor

from d2m_cli.codec.codebook import code_logits, codes_at, look_up
from d2m_cli.models.conditioning import known_codes
from d2m_cli.models.generator import Conditions, Generator, SketchLatents
from d2m_cli.models.vq_generator import UPSAMPLING
from d2m_cli.output.places import no_scratch
from d2m_cli.side_by_side import even_parts, side_by_side
from d2m_cli.spec import CODE_DIM, Level

BLOCK = 256
"""Codes among which the surest are kept; windows hold whole blocks."""
CHUNK = 512
"""Codes that are drawn at once: their probabilities stay in the processor's cache."""
WINDOW = 512
"""Fused steps of a window, 4 codes each; a window on each core at a time. Those of a pass are twice
as long, since all that they hold is codes."""
TEMPERATURE = {Level.HIGH: 0.85, Level.LOW: 0.7}
"""Of drawn codes, and"""
SURENESS_NOISE = {Level.HIGH: 10.0, Level.LOW: 4.0}
"""scale of the noise on the log-probability by which the surest are chosen, in the first pass: the
best of three pairs for the distance of ten pieces from real music."""


class Known(NamedTuple):
    """A piece of which a part is to be drawn."""

    codes: Tensor
    """`(T,)`, on the CPU; those that are hidden mean nothing."""
    hidden: Tensor
    """`(T,)` bool: which are to be drawn."""


class MaskedSampler:
    """Draws the codes of one piece."""

    def __init__(
        self, generator: Generator, codebook: Tensor, passes: int, draw: torch.Generator
    ) -> None:
        """`codebook` `(K, 64)`; `draw` is a CPU generator, so that a seed means the same codes on
        every device."""
        self.generator, self.codebook, self.passes, self.draw = generator, codebook, passes, draw
        self.level = generator.settings.level

    @torch.inference_mode()
    def sample(
        self,
        given: Conditions,
        count: int,
        sketch: SketchLatents | None,
        progress: Callable[[float], None] = lambda share: None,
        window: int = WINDOW,
        known: Known | None = None,
    ) -> Tensor:
        """`count` codes `(T,)`, on the CPU. `progress` gets the share done, 0..1.

        Of a piece that is `known` only the hidden codes are drawn, hearing the others; memory and
        time are those of the stretch that they lie in.
        """
        known = known or Known(torch.zeros(count).long(), torch.ones(count).bool())
        codes, hidden = known.codes.clone(), known.hidden.clone()
        places = hidden.nonzero()
        if not len(places):
            return codes
        begin, end = int(places[0]), int(places[-1]) + 1
        context, device = self.generator.vq.code_context, self.codebook.device
        heard = max(0, begin - context) // UPSAMPLING * UPSAMPLING, min(count, end + context)
        length = even_parts(end - begin, 2 * UPSAMPLING * window, BLOCK, device)
        window = even_parts(heard[1] - heard[0], UPSAMPLING * window, BLOCK, device) // UPSAMPLING
        style = self.generator.style(given.style)
        with tempfile.TemporaryFile() as file:
            shelf = _Shelf(file, heard[0])
            pieces = self.generator.begun(given, count, sketch, window, heard)
            for begun, hints, first, size in pieces:
                parts = [begun] if hints is None else [begun, hints]
                shelf.add(torch.cat(parts, dim=1)[0, :, first : first + size])
                progress(shelf.length / (heard[1] - heard[0]) / (self.passes + 1))
            for number in range(self.passes):
                found, sureness, uniform = codes.clone(), torch.zeros(count), torch.zeros(count)
                for start in range(begin, end, CHUNK):
                    size = min(CHUNK, end - start)
                    uniform[start : start + size] = torch.rand(1, size, generator=self.draw)[0]
                given_codes = _Pass(style, codes, hidden, uniform)
                stretches = [
                    slice(start, min(start + length, end)) for start in range(begin, end, length)
                ]
                draw = partial(self._drawn, shelf, given_codes)
                drawn = side_by_side(draw, stretches, device)
                for stretch, (at, new, chances) in zip(stretches, drawn, strict=True):
                    found[at], sureness[at] = new, chances
                    share = (stretch.stop - begin) / (end - begin)
                    progress((1 + number + share) / (self.passes + 1))
                codes = torch.where(hidden, found, codes)
                part = slice(begin, end)
                hidden[part] = self._hidden_again(
                    sureness[part], hidden[part], known.hidden[part], number + 1
                )
        return codes

    def _drawn(self, shelf: "_Shelf", given: "_Pass", part: slice) -> tuple[Tensor, Tensor, Tensor]:
        """Places of the hidden codes of a window, codes drawn there, their log-probabilities."""
        context = self.generator.vq.code_context
        first, last = max(0, part.start - context), min(len(given.codes), part.stop + context)
        device = self.codebook.device
        stored = shelf.read(first, last).to(device)[None]
        sketch = stored[:, -CODE_DIM:] if self.generator.settings.drum_bands else None
        begun = stored if sketch is None else stored[:, :-CODE_DIM]
        entries = look_up(given.codes[None, first:last].to(device), self.codebook)
        known = known_codes(entries, given.hidden[None, first:last].to(device))
        hidden, numbers = self.generator.vq.last_layer(begun, given.style, known)
        places = given.hidden[part].nonzero()[:, 0] + part.start
        found, sureness = torch.empty_like(places), torch.empty(len(places))
        for begin in range(0, len(places), CHUNK):
            some = places[begin : begin + CHUNK]
            at = (some - first).to(device)
            hints = None if sketch is None else sketch[..., at]
            mean, std, free = self.generator.vq.latents(hidden[..., at], numbers[..., at], hints)
            assert std is not None
            logits = code_logits(mean, std, self.codebook, self.generator.prior, free)
            uniform = given.uniform[None, some].to(device)
            drawn, chance = codes_at(logits, uniform, TEMPERATURE[self.level])
            found[begin : begin + CHUNK] = drawn[0].cpu()
            sureness[begin : begin + CHUNK] = chance[0].log().cpu()
        return places, found, sureness

    def _hidden_again(self, sureness: Tensor, hidden: Tensor, wished: Tensor, done: int) -> Tensor:
        """Which codes `(T,)` are drawn again after `done` passes: the least sure of each block.

        `wished` `(T,)` are those that are drawn at all.
        """
        left = math.cos(done / self.passes * math.pi / 2)
        noise = -(-torch.rand(len(sureness), generator=self.draw).clamp(min=1e-9).log()).log()
        rank = sureness + SURENESS_NOISE[self.level] * (1 - done / self.passes) * noise
        again = torch.zeros_like(hidden)
        rank = torch.where(hidden, rank, torch.inf)
        for start in range(0, len(rank), BLOCK):
            block = rank[start : start + BLOCK]
            size = int(wished[start : start + BLOCK].sum())
            again[start + block.argsort(stable=True)[: round(left * size)]] = True
        return again & hidden


class _Pass(NamedTuple):
    """What a pass begins with."""

    style: Tensor
    """`(1, S)`."""
    codes: Tensor
    hidden: Tensor
    """`(T,)` each, of the whole piece; hidden codes mean nothing."""
    uniform: Tensor
    """`(T,)` random numbers 0..1, drawn in order: which worker uses them decides nothing."""


class _Shelf:
    """Rows of numbers of a piece, from place `begin` on, in a file, read in part."""

    def __init__(self, file: IO[bytes], begin: int) -> None:
        self.file, self.begin, self.length, self.width = file, begin, 0, 0
        self._reading = Lock()

    def add(self, part: Tensor) -> None:
        """Put `part` `(C, T)` behind what is there. Raises `OutputError` on a full disk."""
        rows = part.t().contiguous().float().cpu().numpy()
        try:
            self.file.seek(0, SEEK_END)
            self.file.write(rows.data)  # numpy's own way does not tell why a disk refuses
            self.file.flush()
        except OSError as error:
            raise no_scratch(error) from error
        self.length, self.width = self.length + len(rows), rows.shape[1]

    def read(self, first: int, last: int) -> Tensor:
        """Places `first` to `last - 1` of the piece, `(C, last - first)`."""
        with self._reading:
            self.file.seek(4 * self.width * (first - self.begin))
            rows = np.fromfile(self.file, np.float32, self.width * (last - first))
        return torch.from_numpy(rows.reshape(-1, self.width)).t()
