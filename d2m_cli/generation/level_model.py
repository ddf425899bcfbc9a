"""From a dance to codes and sound: sketch, VQ generator, codebook lookup, decoder of one level."""

from collections.abc import Callable, Iterator

import numpy as np
import torch
from torch import Tensor

from d2m_cli.bundles.bundle import Bundle
from d2m_cli.bundles.codec import load_codec
from d2m_cli.codec.codebook import code_logits, draw_codes, quantise
from d2m_cli.codec.stream import decode_windows, encode_window
from d2m_cli.features.motion import dance_energy, limb_energy
from d2m_cli.generation.composing import compose_learned, load_composer
from d2m_cli.generation.masked_sampling import Known, MaskedSampler
from d2m_cli.generation.styles import Style
from d2m_cli.models.conditioning import noise_sequence
from d2m_cli.models.folding import fold
from d2m_cli.models.generator import Conditions, Generator
from d2m_cli.models.vq_generator import GeneratorShape, Latents
from d2m_cli.sketch.arrange import Sketch, arrange
from d2m_cli.sketch.drums import drum_curves, render_drums
from d2m_cli.sketch.play import play
from d2m_cli.sketch.sinusoids import render
from d2m_cli.spec import NOISE_RATE, SAMPLE_RATE, Composing, Level
from d2m_cli.types import Codes, Dance, FloatArray

SAMPLING_CHUNK = 512
"""Codes that are drawn at once: their probabilities stay in the processor's cache."""


class LevelModel:
    """Generator and codec of one level of a bundle."""

    def __init__(
        self,
        bundle: Bundle,
        level: Level,
        device: torch.device,
        composing: Composing = Composing.RULES,
    ) -> None:
        described = bundle.settings["generators"][level.value]
        self.level, self.device = level, device
        self.generator = Generator(GeneratorShape(**{**described, "level": level}))
        bundle.load_into(self.generator, f"generator_{level}.safetensors")
        self.vqvae = load_codec(bundle, level).to(device)
        fold(self.generator.to(device))
        self.composer = load_composer(bundle) if composing is Composing.LEARNED else None
        self._written: tuple[Dance, Style, int, Sketch] | None = None

    def sketch(self, dance: Dance, style: Style, seed: int) -> Sketch | None:
        """The sketch that the music is made from; None for a generator without one."""
        if not self.generator.settings.drum_bands:
            return None
        kept = self._written
        if kept is None or kept[0] is not dance or kept[1] is not style or kept[2] != seed:
            energy, limbs = dance_energy(dance.motion), limb_energy(dance.motion)
            piece = dance.rhythm, energy, dance.seconds
            if self.composer is None:
                sketch = arrange(*piece, style.name, style.rules, seed, dance.events, limbs)
            else:
                sketch = compose_learned(self.composer, *piece, style, seed, dance.events, limbs)
            kept = self._written = dance, style, seed, sketch
        return kept[3]

    @torch.inference_mode()
    def sample_codes(
        self,
        dance: Dance,
        style: Style,
        seed: int,
        passes: int = 1,
        progress: Callable[[float], None] = lambda share: None,
        sketch: Sketch | None = None,
        known: Known | None = None,
    ) -> Iterator[Tensor]:
        """Codes `(T,)` of the music for a dance, window by window.

        Of music that is `known` only the hidden codes are drawn, by a masked generator hearing the
        others.

        A `sketch` takes the place of the one that would be composed. In more than one of `passes` a
        masked generator draws its codes anew, knowing the surest of them; any other generator takes
        one. `progress` gets the share done, 0..1.
        """
        count = -(-round(dance.seconds * SAMPLE_RATE) // self.level.hop)
        given = self._conditions(dance, style, seed)
        draw = torch.Generator().manual_seed(seed)
        sketch, latents = sketch or self.sketch(dance, style, seed), None
        if sketch is not None:
            curves = torch.from_numpy(drum_curves(sketch.drum_onsets))[None]
            given = given._replace(drum_onsets=curves.to(self.device))
            latents = self._latents(sketch)
        if self.generator.settings.masked and (passes > 1 or known):
            codebook = self.vqvae.codebook(self.level)
            sampler = MaskedSampler(self.generator, codebook, passes, draw)
            yield sampler.sample(given, count, latents, progress, known=known)
            return
        done = 0
        for codes in self.looked_up(given, count, latents, draw):
            if known:
                part = slice(done, done + len(codes))
                codes = torch.where(known.hidden[part], codes.cpu(), known.codes[part])
            yield codes
            done += len(codes)
            progress(done / count)

    @torch.inference_mode()
    def decode(self, codes: Codes, seconds: float) -> Iterator[FloatArray]:
        """Sound of codes, in pieces `(N,)` that together last exactly `seconds`."""
        indices = torch.from_numpy(codes.indices).to(self.device)
        total, done = round(seconds * SAMPLE_RATE), 0
        for wave in decode_windows(self.vqvae, indices, self.level):
            piece = wave[: total - done].cpu().numpy()
            done += len(piece)
            yield piece

    @torch.inference_mode()
    def decode_part(self, codes: Codes, first: int, last: int) -> Iterator[FloatArray]:
        """Sound of codes `first` to `last - 1`, in pieces `(N,)`, as `decode` gives it."""
        indices = torch.from_numpy(codes.indices).to(self.device)
        for wave in decode_windows(self.vqvae, indices, self.level, part=(first, last)):
            yield wave.cpu().numpy()

    def _latents(self, sketch: Sketch) -> Callable[[int, int], Tensor]:
        """Latents of the sketch's sound for any stretch of codes."""

        def sound(first: int, count: int) -> Tensor:
            if self.generator.settings.played and sketch.notes is not None:
                return torch.from_numpy(play(sketch.notes, first, count)).to(self.device)
            strokes = render_drums(sketch.drum_onsets, first, count)
            return torch.from_numpy(render(sketch.partials, first, count) + strokes).to(self.device)

        return lambda first, last: encode_window(self.vqvae, sound, first, last, self.level)

    def looked_up(
        self,
        given: Conditions,
        count: int,
        sketch: Callable[[int, int], Tensor] | None,
        draw: torch.Generator,
    ) -> Iterator[Tensor]:
        """`count` codes in parts `(T,)`: the nearest, or drawn where G predicts a std.

        `given` is a batch of one; `sketch` gives latents `(1, 64, last - first)` of its sketch's
        codes `first` to `last`.
        """
        codebook = self.vqvae.codebook(self.level)
        for latents in self.generator.windows(given, count, sketch):
            for begin in range(0, latents.mean.shape[-1], SAMPLING_CHUNK):
                part = latents.part(begin, begin + SAMPLING_CHUNK)
                yield choose_codes(self.generator, part, codebook, draw)[0][0]

    def _conditions(self, dance: Dance, style: Style, seed: int) -> Conditions:
        noise = noise_sequence(int(dance.seconds * NOISE_RATE) + 2, seed)
        return Conditions(
            *(
                torch.as_tensor(part, device=self.device)[None]
                for part in (
                    dance.motion.features,
                    dance.visual.features,
                    dance.rhythm.phase.astype(np.float64),
                    dance.rhythm.confidence,
                    noise[0],
                    style.vector,
                )
            )
        )


def choose_codes(
    generator: Generator, latents: Latents, codebook: Tensor, draw: torch.Generator
) -> tuple[Tensor, Tensor | None]:
    """Codes `(B, T)` of a generator's latents, and the logits `(B, T, K)` that they come from.

    Drawn where it gives a std; without one the nearest of the `codebook` `(K, 64)`, which have no
    logits.
    """
    if latents.std is None:
        return quantise(latents.mean, codebook)[0], None
    logits = code_logits(latents.mean, latents.std, codebook, generator.prior, latents.free)
    return draw_codes(logits, draw), logits
