"""Stage "codec": train one level of the VQ-VAE on music (paper 3.1; JukeBox, section 3)."""

import copy
from dataclasses import replace
from functools import partial
from pathlib import Path

import numpy as np
import torch
from lightning.fabric import Fabric
from torch import Tensor

from d2m_cli.codec.vqvae import VQVAE
from d2m_cli.data.pairs.music_crops import MusicCrops
from d2m_cli.losses.reconstruction import multi_resolution_loss
from d2m_cli.spec import Level
from d2m_cli.training.codec.config import CodecConfig
from d2m_cli.training.codec.load import check_outer_stages, load_codec, scale_latents
from d2m_cli.training.codec.trainable import CodecNet, Coded, MovingCodebook
from d2m_cli.training.codec.validation import SPLITS, listen, measure
from d2m_cli.training.codec.wavelet_init import wavelet_start
from d2m_cli.training.run.kept import KeepsParts, write_weights
from d2m_cli.training.run.launch import OwnDraws, joined, on_device
from d2m_cli.training.run.loop import Validation
from d2m_cli.training.run.optimiser import Optimiser
from d2m_cli.types import FloatArray

CODEBOOK_REACH = 60.0
"""Size of the codebook's 99.9th percentile in exported weights; see `scale_to_sigma`."""


class CodecStage(KeepsParts):
    """Trains the encoder, codebook and decoder of `settings.level`; a `loop.TrainingStage`."""

    def __init__(self, settings: CodecConfig, fabric: Fabric) -> None:
        self.settings, self.fabric = settings, fabric
        self.training = MusicCrops(settings.music, ("train",))
        self.held_out = MusicCrops(settings.music, SPLITS)
        torch.manual_seed(settings.seed)
        level = settings.level
        self.vqvae = load_codec(settings.start, level) if settings.start else VQVAE((level.number,))
        self.net = CodecNet(self.vqvae, level, settings.first_stage)
        random = np.random.default_rng((settings.seed, 1))
        probe = self._crops(settings.probe_crops, settings.probe_samples, random).cpu()
        if settings.start:
            check_outer_stages(self.net, self.vqvae, probe[:8], settings.start)
            scale_latents(self.vqvae, level, 1 / float(self.vqvae.codebook(level).std()))
        else:
            wavelet_start(
                self.net.encoder,
                self.net.decoder,
                probe,
                settings.first_stage,
                settings.gain_exponent,
            )
        self.optimiser = Optimiser(self.net, settings.optimiser, fabric)
        self.moving = MovingCodebook(self.net.codebook, settings.codebook_decay).to(fabric.device)
        crops = partial(
            self.training.draw_each,
            samples=settings.samples,
            peaks=(settings.peaks[0], settings.peaks[1]),
            seed=settings.seed,
        )
        self.draw = OwnDraws.of(fabric, settings.batch, crops)
        """Crops `(batch, samples)`."""
        self.parts = {"vqvae": self.vqvae, "moving": self.moving, "optimiser": self.optimiser}

    def step(self, batch: FloatArray, number: int, progress: float) -> dict[str, float]:
        """Spectral and commitment loss on a batch `(B, N)`, then the codebook's moving average."""
        settings = self.settings
        passed = sum(progress >= share for share in settings.unfreeze_at)
        self.net.first_stage = settings.first_stage - passed
        random = np.random.default_rng((settings.seed, 2, number))  # the same in all processes
        if number == 0:
            self._start_codebook(random)
        wave = on_device(batch, self.fabric.device)
        coded = self.optimiser.network(wave)
        terms = multi_resolution_loss(coded.wave, wave, settings.loss)
        terms["commitment"] = settings.commitment * coded.commitment
        self.optimiser.update(torch.stack(list(terms.values())).sum(), number, progress)
        restarts = self.moving.update(self.net.codebook, self._joined(coded), _generator(random))
        figures = {name: term.item() for name, term in terms.items()}
        return figures | {"loss": sum(figures.values()), "restarts": float(restarts)}

    def validate(self) -> Validation:
        """Reconstruction of fixed held-out crops; see `codec.measure.measure`."""
        codec = (self.vqvae, self.settings.level, self.held_out)
        count = self.settings.validation_crops
        return Validation(measure(*codec, count), listen(*codec, count))

    def export(self, path: Path) -> None:
        """Write the level's weights under JukeBox's names, scaled for the generator."""
        exported = copy.deepcopy(self.vqvae).cpu()
        scale_to_sigma(exported, self.settings.level)
        write_weights(path, exported.state_dict())

    def _start_codebook(self, random: np.random.Generator) -> None:
        settings = self.settings
        crop_vectors = settings.samples // settings.level.hop
        crops = -(-settings.kmeans_vectors // crop_vectors)
        with torch.no_grad():
            latents = [
                self.net.encode(self._crops(min(16, crops - done), settings.samples, random))
                for done in range(0, crops, 16)
            ]
        vectors = self.fabric.world_size * settings.batch * crop_vectors
        if settings.start:
            self.moving.go_on(self.net.codebook, torch.cat(latents), vectors)
        else:
            self.moving.start(self.net.codebook, torch.cat(latents), vectors, _generator(random))

    def _joined(self, coded: Coded) -> Coded:
        """What all processes have coded, so that their codebooks stay one."""
        latents, codes = (joined(self.fabric, part) for part in (coded.latents, coded.codes))
        return replace(coded, latents=latents, codes=codes)

    def _crops(self, count: int, samples: int, random: np.random.Generator) -> Tensor:
        """`(count, samples)` training crops at random levels."""
        low, high = self.settings.peaks
        crops = self.training.draw(count, samples, (low, high), random)
        return torch.from_numpy(crops).to(self.fabric.device)


def scale_to_sigma(vqvae: VQVAE, level: Level) -> float:
    """Scale a level's latents so that the generator's 100 tanh covers its codebook; returns s.

    The paper's generator ends in sigma tanh with sigma = 100 (3.2), sized for JukeBox's latents.
    After scaling 99.9 % of the codebook's numbers lie within `CODEBOOK_REACH`, where tanh still
    has a slope.
    """
    scale = CODEBOOK_REACH / float(vqvae.codebook(level).abs().flatten().quantile(0.999))
    scale_latents(vqvae, level, scale)
    return scale


def _generator(random: np.random.Generator) -> torch.Generator:
    return torch.Generator().manual_seed(int(random.integers(2**62)))
