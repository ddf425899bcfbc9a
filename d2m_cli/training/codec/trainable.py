"""One level of the VQ-VAE as it is trained: outer stages frozen, codebook by moving averages.

The outer stages run at the highest rates and cost most. While they are frozen they are still the
plain wavelet tree of `codec.start`, so training computes them as that tree, on its few bands only.

Letters: `B` batch, `N` audio samples, `D` numbers in an entry, `T` time in codes, `K` entries.
"""

from dataclasses import dataclass

import torch
import torch.nn.functional as F
from torch import Tensor, nn

from d2m_cli.codec.codebook import nearest_entries, quantise, straight_through
from d2m_cli.codec.layers import Conv, ConvTranspose
from d2m_cli.codec.vqvae import VQVAE, Decoder, Encoder
from d2m_cli.spec import Level
from d2m_cli.training.codec.wavelet_init import analyse, synthesise

KMEANS_ROUNDS = 12
RESTART_SHARE = 0.03
"""An entry used less than this share of the mean use is replaced by a latent of the batch."""
RESTART_USES = 0.3
"""Share of the mean use that a replaced entry is credited with."""


@dataclass
class Coded:
    """What one pass through the codec gives."""

    wave: Tensor
    """`(B, N)` reconstruction."""
    latents: Tensor
    """`(B, D, T)` before quantisation."""
    entries: Tensor
    """`(B, D, T)` nearest codebook entries."""
    codes: Tensor
    """`(B, T)`."""

    @property
    def commitment(self) -> Tensor:
        """Mean squared distance, a scalar, of the latents to their entries."""
        return F.mse_loss(self.latents, self.entries)


class CodecNet(nn.Module):
    """Encoder, quantisation and decoder of one level, computed from stage `first_stage` inwards."""

    def __init__(self, vqvae: VQVAE, level: Level, first_stage: int) -> None:
        super().__init__()
        encoder, decoder = vqvae.encoders[str(level.number)], vqvae.decoders[str(level.number)]
        assert isinstance(encoder, Encoder) and isinstance(decoder, Decoder)
        self.encoder, self.decoder = encoder, decoder
        self.bottleneck = vqvae.bottleneck
        self.level = level
        self.first_stage = first_stage

    @property
    def codebook(self) -> Tensor:
        """Entries `(K, D)` of the level."""
        return self.bottleneck.entries(self.level)

    def forward(self, wave: Tensor) -> Coded:
        """Code and reconstruct `wave (B, N)`, `N` a whole number of codes."""
        latents = self.encode(wave)
        codes, entries = quantise(latents, self.codebook)
        return Coded(self.decode(straight_through(latents, entries)), latents, entries, codes)

    def encode(self, wave: Tensor) -> Tensor:
        """Latents `(B, D, T)` of `wave (B, N)`."""
        with torch.no_grad():
            x = analyse(wave[:, None, None], self.first_stage)
        x = x.contiguous(memory_format=torch.channels_last)
        for number, stage in enumerate(self.encoder.stages()[self.first_stage :]):
            down = stage.resample
            assert isinstance(down, Conv)
            bands = x.shape[1] if number == 0 else down.in_channels
            x = stage.residual(down.apply_to(x, down.weight[:, :bands], down.bias))
            x = stage.mix(x) if stage.mix else x
        return x[:, :, 0]

    def decode(self, entries: Tensor) -> Tensor:
        """Waveform `(B, N)` of `entries (B, D, T)`."""
        x = entries[:, :, None].contiguous(memory_format=torch.channels_last)
        stages = self.decoder.stages()
        trained = stages[: len(stages) - self.first_stage]
        for stage in trained:
            x = stage.residual(stage.mix(x) if stage.mix else x)
            up = stage.resample
            assert isinstance(up, ConvTranspose) and up.bias is not None
            innermost_frozen = self.first_stage > 0 and stage is trained[-1]
            bands = 2**self.first_stage if innermost_frozen else up.out_channels
            x = up.apply_to(x, up.weight[:, :bands], up.bias[:bands])
        if self.first_stage == 0:
            return self.decoder.out(x)[:, 0, 0]
        return synthesise(x, self.first_stage)[:, 0, 0]


class MovingCodebook(nn.Module):
    """Keeps a codebook at the moving average of the latents that chose each entry.

    The update of JukeBox (app. B) and of "Neural Discrete Representation Learning" (app. A.1),
    started by k-means; entries that fall out of use are restarted from the batch. The codebook
    `(K, D)` itself belongs to the network and is changed in place.
    """

    uses: Tensor
    sums: Tensor

    def __init__(self, codebook: Tensor, decay: float) -> None:
        super().__init__()
        self.decay = decay
        self.register_buffer("uses", torch.ones(len(codebook)))
        self.register_buffer("sums", torch.zeros_like(codebook))

    @torch.no_grad()
    def start(
        self, codebook: Tensor, latents: Tensor, batch_vectors: int, random: torch.Generator
    ) -> None:
        """K-means on `latents (B, D, T)`; `batch_vectors` latents will come in every update."""
        vectors, size = _vectors(latents), len(codebook)
        order = torch.randperm(len(vectors), generator=random)
        codebook.copy_(vectors[order[:size].to(vectors.device)])
        for _ in range(KMEANS_ROUNDS):
            codes = nearest_entries(vectors, codebook)
            counts, sums = _tally(codebook, vectors, codes)
            codebook.copy_(sums / counts.clamp(min=1)[:, None])
            _replace(codebook, counts < 1, vectors, random)
        self._credit(codebook, counts, batch_vectors / len(vectors))

    @torch.no_grad()
    def go_on(self, codebook: Tensor, latents: Tensor, batch_vectors: int) -> None:
        """Take up a trained `codebook`, as used by `latents`; letters and counts as in `start`."""
        vectors = _vectors(latents)
        counts, _ = _tally(codebook, vectors, nearest_entries(vectors, codebook))
        self._credit(codebook, counts, batch_vectors / len(vectors))

    def _credit(self, codebook: Tensor, counts: Tensor, share: float) -> None:
        self.uses.copy_(counts.clamp(min=0.5) * share)
        self.sums.copy_(codebook * self.uses[:, None])

    @torch.no_grad()
    def update(self, codebook: Tensor, coded: Coded, random: torch.Generator) -> int:
        """Move towards the latents of one pass; returns how many entries were restarted."""
        vectors = _vectors(coded.latents)
        counts, sums = _tally(codebook, vectors, coded.codes.flatten())
        self.uses.lerp_(counts, 1 - self.decay)
        self.sums.lerp_(sums, 1 - self.decay)
        codebook.copy_(self.sums / self.uses.clamp(min=1e-4)[:, None])
        mean_use = len(vectors) / len(codebook)
        unused = self.uses < RESTART_SHARE * mean_use
        _replace(codebook, unused, vectors, random)
        self.uses[unused] = RESTART_USES * mean_use
        self.sums[unused] = codebook[unused] * self.uses[unused, None]
        return int(unused.sum())


def _tally(codebook: Tensor, vectors: Tensor, codes: Tensor) -> tuple[Tensor, Tensor]:
    """How many `vectors (M, D)` chose each entry by `codes (M,)`: `(K,)`; their sums `(K, D)`."""
    counts = torch.bincount(codes, minlength=len(codebook)).to(vectors.dtype)
    return counts, torch.zeros_like(codebook).index_add_(0, codes, vectors)


def _replace(codebook: Tensor, unused: Tensor, vectors: Tensor, random: torch.Generator) -> None:
    """Put vectors drawn from `vectors (M, D)` in the place of the `unused (K,)` ones."""
    chosen = torch.randint(len(vectors), (int(unused.sum()),), generator=random)
    codebook[unused] = vectors[chosen.to(vectors.device)]


def _vectors(latents: Tensor) -> Tensor:
    return latents.detach().transpose(1, 2).reshape(-1, latents.shape[1])
