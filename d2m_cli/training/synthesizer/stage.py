"""Stage "synthesizer": a level's decoder fine-tuned as a GAN on audio (paper 3.4, 4.1).

The decoder takes the generator's place against the same kind of discriminators, which here judge
audio. Encoder and codebook stay as they are, so codes made for the codec keep their meaning. It can
learn what a generator's codes should have sounded like, too: those that it made of the music's own
sketch stand in the place of the music's own codes.

Letters: `B` batch, `N` audio samples, `T` time in codes.
"""

import copy
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import NamedTuple

import numpy as np
import torch
from lightning.fabric import Fabric
from torch import Tensor
from torch.nn import functional

from d2m_cli.codec.codebook import look_up
from d2m_cli.codec.vqvae import VQVAE
from d2m_cli.data.pairs.music_crops import MusicCrops
from d2m_cli.errors import DataError
from d2m_cli.losses.adversarial import adversarial_terms
from d2m_cli.losses.reconstruction import mel_loss, multi_resolution_loss
from d2m_cli.models.discriminator import MultiScaleDiscriminator
from d2m_cli.spec import code_count
from d2m_cli.training.adversary import Adversary
from d2m_cli.training.codec.load import check_outer_stages, load_codec
from d2m_cli.training.codec.trainable import CodecNet
from d2m_cli.training.codec.validation import SPLITS, listen, measure
from d2m_cli.training.run.average import MovingAverage
from d2m_cli.training.run.kept import KeepsParts, write_weights
from d2m_cli.training.run.launch import OwnDraws, on_device
from d2m_cli.training.run.loop import Validation
from d2m_cli.training.run.optimiser import Optimiser
from d2m_cli.training.synthesizer.config import SynthesizerConfig
from d2m_cli.training.synthesizer.generated_codes import GeneratedCodes
from d2m_cli.types import FloatArray, IntArray

PROBE_CROPS = 8


class Crops(NamedTuple):
    """A batch: music, and codes that a generator made for some of it."""

    music: FloatArray
    """`(B, N)`"""
    codes: IntArray
    """`(F, T)`, for the last `F` pieces."""


@dataclass(frozen=True)
class CropDraws:
    """Music at random levels, and some as it is with a generator's codes."""

    music: MusicCrops
    generated: GeneratedCodes | None
    share: float
    """Of generated codes."""
    samples: int
    peaks: tuple[float, float]
    seed: int

    def draw(self, numbers: Sequence[int]) -> Crops:
        """The crops of these numbers, each depending on its own alone."""
        made = [n for n in numbers if int((n + 1) * self.share) > int(n * self.share)]
        music = self.crops([n for n in numbers if n not in made])
        if self.generated is None:
            return Crops(music, np.zeros((0, 0), np.int64))
        codes, its_music = self.generated.draw(made, self.seed)
        return Crops(np.concatenate([music, its_music]), codes)

    def crops(self, numbers: Iterable[int]) -> FloatArray:
        """Music `(B, N)` at random levels."""
        return self.music.draw_each(numbers, self.samples, self.peaks, self.seed)


class SynthesizerStage(KeepsParts):
    """Trains the decoder of `settings.level`; a `loop.TrainingStage`."""

    def __init__(self, settings: SynthesizerConfig, fabric: Fabric) -> None:
        self.settings, self.fabric = settings, fabric
        share, level = settings.generated.share, settings.level
        if settings.batch * (1 - share) < 1:
            raise DataError(
                f"A share of {share:g} generated codes leaves no music in a batch of "
                f"{settings.batch}: choose a smaller one."
            )
        self.training = MusicCrops(settings.music, ("train",))
        self.held_out = MusicCrops(settings.music, SPLITS)
        codes = code_count(settings.seconds, level)
        self.samples = codes * level.hop
        self.generated = GeneratedCodes(settings.generated, level, codes) if share else None
        low, high = settings.peaks
        draws = CropDraws(
            self.training, self.generated, share, self.samples, (low, high), settings.seed
        )
        self.draw = OwnDraws.of(fabric, settings.batch, draws.draw)
        """Music at random levels, and some as it is with a generator's codes."""
        self.vqvae = load_codec(settings.codec, level)
        net = CodecNet(self.vqvae, level, settings.first_stage)
        _train_decoder_only(net)
        probe = torch.from_numpy(draws.crops(range(PROBE_CROPS)))
        check_outer_stages(net, self.vqvae, probe, settings.codec)
        torch.manual_seed(settings.seed)
        shape = settings.discriminator
        critic = MultiScaleDiscriminator(
            shape.channels, scales=shape.scales, input_scale=1.0 / float(probe.std())
        )
        self.optimiser = Optimiser(net, settings.optimiser, fabric)
        self.net = self.optimiser.network
        self.net.mark_forward_method("decode")
        self.adversary = Adversary(critic, shape.optimiser, fabric)
        self.plain, self.average = net, MovingAverage(net.decoder, settings.average)
        self.parts = {
            "vqvae": self.vqvae,
            "average": self.average,
            "optimiser": self.optimiser,
            "adversary": self.adversary,
        }

    def step(self, batch: Crops, number: int, progress: float) -> dict[str, float]:
        """One update of the discriminators, then one of the decoder."""
        settings, weights = self.settings, self.settings.losses
        music, codes = (on_device(part, self.fabric.device) for part in batch)
        wave = self.net.decode(self._entries(music[: len(music) - len(codes)], codes))
        real, fake = music[:, None], wave[:, None]
        figures = {"discriminator": self.adversary.learn(real, fake, number, progress)}
        with self.adversary.frozen():
            terms = adversarial_terms(self.adversary.judge, real, fake)
            terms |= {"wave": functional.l1_loss(wave, music), "mel": mel_loss(wave, music)}
            if weights.spectral:
                spectral = multi_resolution_loss(wave, music, settings.spectrum)
                terms["spectral"] = torch.stack(list(spectral.values())).sum()
            terms = {name: getattr(weights, name) * term for name, term in terms.items()}
            self.optimiser.update(torch.stack(list(terms.values())).sum(), number, progress)
        self.average.update(self.plain.decoder, number)
        return figures | {name: float(term.detach()) for name, term in terms.items()}

    def validate(self) -> Validation:
        """Averaged decoder on true codes (`codec.measure.measure`), and on a generator's codes."""
        codec = (self.averaged(), self.settings.level, self.held_out)
        figures = measure(*codec, self.settings.validation_crops)
        if self.generated is not None:
            figures |= self.generated.measure(codec[0], self.held_out)
        return Validation(figures, listen(*codec, self.settings.validation_crops))

    def averaged(self) -> VQVAE:
        """The codec as it was given, with the averaged decoder."""
        codec = copy.deepcopy(self.vqvae)
        codec.decoders[str(self.settings.level.number)].load_state_dict(self.average.weights)
        return codec

    def export(self, path: Path) -> None:
        """Write the level's weights under JukeBox's names, to stand in the codec's place.

        Encoder and codebook are those that were given, bit for bit.
        """
        write_weights(path, self.averaged().state_dict())

    @torch.no_grad()
    def _entries(self, music: Tensor, codes: Tensor) -> Tensor:
        """Codebook entries `(B, 64, T)` of music `(B - F, N)`, then those of codes `(F, T)`."""
        level = self.settings.level
        entries = self.vqvae.quantise(self.plain.encode(music), level)[1]
        if not len(codes):
            return entries
        return torch.cat([entries, look_up(codes, self.vqvae.codebook(level))])


def _train_decoder_only(net: CodecNet) -> None:
    """Freeze all but the decoder from the codes out to stage `net.first_stage`."""
    net.requires_grad_(False)
    stages = net.decoder.stages()
    for stage in stages[: len(stages) - net.first_stage]:
        for layer in (stage.mix, stage.residual, stage.resample):
            if layer is not None:
                layer.requires_grad_(True)
    net.decoder.out.requires_grad_(net.first_stage == 0)
