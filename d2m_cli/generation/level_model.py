"""From a dance to codes and sound: sketch, VQ generator, codebook lookup, decoder of one level."""

from collections.abc import Callable, Iterator

import numpy as np
import torch
from torch import Tensor

from d2m_cli.bundles.bundle import Bundle
from d2m_cli.codec.codebook import code_logits, draw_codes
from d2m_cli.codec.stream import decode_windows, encode_window
from d2m_cli.codec.vqvae import VQVAE
from d2m_cli.features.motion import dance_energy
from d2m_cli.models.conditioning import noise_sequence
from d2m_cli.models.generator import Conditions, Generator
from d2m_cli.models.vq_generator import GeneratorSettings
from d2m_cli.sketch.arrange import Sketch, compose
from d2m_cli.sketch.drums import hit_curves, strike
from d2m_cli.sketch.partials import render
from d2m_cli.spec import NOISE_RATE, SAMPLE_RATE, Level
from d2m_cli.types import Codes, Dance, FloatArray, Style

DRAWN = 512
"""Codes that are drawn at once: their probabilities stay in the processor's cache."""


class Performer:
    """Generator and codec of one level of a bundle."""

    def __init__(self, bundle: Bundle, level: Level, device: torch.device) -> None:
        described = bundle.settings["generators"][level.value]
        self.level, self.device = level, device
        self.generator = Generator(GeneratorSettings(**{**described, "level": level}))
        bundle.load_into(self.generator, f"generator_{level}.safetensors")
        self.vqvae = VQVAE(levels=(level.number,))
        bundle.load_into(self.vqvae, f"codec_{level}.safetensors")
        self.generator.to(device)
        self.vqvae.to(device)

    @torch.inference_mode()
    def codes(self, dance: Dance, style: Style, seed: int) -> Iterator[Tensor]:
        """Codes `(T,)` of the music for a dance, window by window."""
        count = -(-round(dance.seconds * SAMPLE_RATE) // self.level.hop)
        given = self._conditions(dance, style, seed)
        draw = torch.Generator().manual_seed(seed)
        if not self.generator.settings.hit_bands:
            yield from self._looked_up(given, count, None, draw)
            return
        energy = dance_energy(dance.motion)
        sketch = compose(dance.rhythm, energy, dance.seconds, style.name, seed)
        curves = torch.from_numpy(hit_curves(sketch.hits))[None]
        given = given._replace(hits=curves.to(self.device))
        yield from self._looked_up(given, count, self._latents(sketch), draw)

    @torch.inference_mode()
    def play(self, codes: Codes, seconds: float) -> Iterator[FloatArray]:
        """Sound of codes, in pieces `(N,)` that together last exactly `seconds`."""
        indices = torch.from_numpy(codes.indices).to(self.device)
        total, done = round(seconds * SAMPLE_RATE), 0
        for wave in decode_windows(self.vqvae, indices, self.level):
            piece = wave[: total - done].cpu().numpy()
            done += len(piece)
            yield piece

    def _latents(self, sketch: Sketch) -> Callable[[int, int], Tensor]:
        """Latents of the sketch's sound for any stretch of codes."""

        def sound(first: int, count: int) -> Tensor:
            strokes = torch.from_numpy(strike(sketch.hits, first, count))
            return (render(sketch.partials, first, count) + strokes).to(self.device)

        return lambda first, last: encode_window(self.vqvae, sound, first, last, self.level)

    def _looked_up(
        self,
        given: Conditions,
        count: int,
        sketch: Callable[[int, int], Tensor] | None,
        draw: torch.Generator,
    ) -> Iterator[Tensor]:
        """The nearest entries, or entries drawn where G tells a spread."""
        codebook = self.vqvae.codebook(self.level)
        for latents in self.generator.windows(given, count, sketch):
            if latents.spread is None:
                yield self.vqvae.quantise(latents.mean, self.level)[0][0]
                continue
            for begin in range(0, latents.mean.shape[-1], DRAWN):
                mean, spread = latents.part(begin, begin + DRAWN)
                assert spread is not None
                logits = code_logits(mean, spread, codebook, self.generator.prior)
                yield draw_codes(logits, draw)[0]

    def _conditions(self, dance: Dance, style: Style, seed: int) -> Conditions:
        noise = noise_sequence(int(dance.seconds * NOISE_RATE) + 2, seed)
        return Conditions(
            *(
                torch.as_tensor(part, device=self.device)[None]
                for part in (
                    dance.motion.features,
                    dance.visual.features,
                    dance.rhythm.phase.astype(np.float64),
                    dance.rhythm.strength,
                    noise[0],
                    style.vector,
                )
            )
        )
