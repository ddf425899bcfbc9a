"""Small data sets in the published layouts, with a dancer who moves on known beats."""

import pickle
from pathlib import Path

import numpy as np
import soundfile

from d2m_cli.spec import SAMPLE_RATE

STANDING = {
    0: (0.03, 1.65, 0.0), 1: (-0.03, 1.65, 0.0), 2: (0.0, 1.1, 0.0),
    3: (-0.2, 1.45, 0.0), 4: (-0.25, 1.2, 0.0), 5: (-0.27, 0.95, 0.0), 6: (-0.27, 0.9, 0.0),
    7: (-0.1, 0.95, 0.0), 8: (-0.1, 0.5, 0.0), 9: (-0.1, 0.1, 0.0),
    10: (-0.1, 0.03, -0.05), 11: (-0.1, 0.03, 0.15),
    12: (0.2, 1.45, 0.0), 13: (0.25, 1.2, 0.0), 14: (0.27, 0.95, 0.0), 15: (0.27, 0.9, 0.0),
    16: (0.1, 0.95, 0.0), 17: (0.1, 0.5, 0.0), 18: (0.1, 0.1, 0.0),
    19: (0.1, 0.03, -0.05), 20: (0.1, 0.03, 0.15),
    21: (0.27, 0.88, 0.0), 22: (-0.27, 0.88, 0.0),
}  # fmt: skip
"""The 23 joints of dance_with_melody, standing, facing +z (left at +x), metres."""

ARMS = [4, 5, 6, 13, 14, 15, 21, 22]


def swing(seconds: float, rate: float, bpm: float) -> np.ndarray:
    """-1..1 `(T,)`; it turns round, and so rests, on every beat."""
    return np.cos(np.pi * np.arange(round(seconds * rate)) / rate * bpm / 60)


def clicks(bpm: float, seconds: float, first: float = 0.0) -> np.ndarray:
    """Music of noise bursts on the beats, the first at `first` seconds, over a soft hum."""
    rng = np.random.default_rng(0)
    wave = 0.01 * np.sin(2 * np.pi * 220 * np.arange(round(seconds * SAMPLE_RATE)) / SAMPLE_RATE)
    burst = rng.standard_normal(1500) * np.exp(-np.arange(1500) / 300) * 0.3
    for beat in np.arange(first, seconds - 0.1, 60 / bpm):
        begin = round(beat * SAMPLE_RATE)
        wave[begin : begin + len(burst)] += burst
    return wave


def write_music(path: Path, bpm: float = 120.0, seconds: float = 8.0, first: float = 0.0) -> Path:
    path.parent.mkdir(parents=True, exist_ok=True)
    soundfile.write(path, clicks(bpm, seconds, first), SAMPLE_RATE)
    return path


def write_dance(root: Path, name: str, bpm: float = 120.0, seconds: float = 8.0) -> Path:
    """A piece of `dance_with_melody`: the arms swing out and back, resting on each beat."""
    root.mkdir(parents=True, exist_ok=True)
    motion = np.tile(
        np.array([STANDING[joint] for joint in range(23)]), (round(25 * seconds), 1, 1)
    )
    out = np.array([-0.3 if joint < 12 or joint == 22 else 0.3 for joint in ARMS])
    motion[:, ARMS, 0] += swing(seconds, 25.0, bpm)[:, None] * out
    np.savez(
        root / f"{name}.npz",
        motion=motion.astype(np.float16),
        center=np.zeros((len(motion), 3), np.float32),
        fps=np.float32(25),
        genre="rumba",
        beat_times=np.arange(0, seconds, 60 / bpm).astype(np.float32),
    )
    write_music(root / f"{name}.ogg", bpm, seconds)
    return root / f"{name}.npz"


def smpl_motion(seconds: float = 3.0, bpm: float = 120.0) -> dict[str, np.ndarray]:
    """AIST++ motion: the left upper arm swings about z, the dancer walks along x."""
    steps = round(60 * seconds)
    poses = np.zeros((steps, 72))
    poses[:, 3 * 16 + 2] = -1.0 + 0.4 * swing(seconds, 60.0, bpm)
    walk = np.stack([np.linspace(0, 90, steps), np.full(steps, 95.0), np.zeros(steps)], axis=1)
    return {"smpl_loss": np.float64(0.1), "smpl_poses": poses, "smpl_trans": walk,
            "smpl_scaling": np.array([93.0])}  # fmt: skip


def write_pickle(path: Path, content: object) -> Path:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(pickle.dumps(content, protocol=2))
    return path


AIST_NAMES = {
    "train": ["gBR_sBM_cAll_d04_mBR0_ch01", "gHO_sFM_cAll_d20_mHO2_ch09"],
    "val": ["gJB_sBM_cAll_d07_mJB5_ch03"],
    "test": ["gJB_sBM_cAll_d08_mJB5_ch04"],
}


def write_aist(root: Path) -> Path:
    """AIST++ with four dances and three songs; one train dance has keypoints3d."""
    for split, names in AIST_NAMES.items():
        for name in names:
            write_pickle(root / "motions" / f"{name}.pkl", smpl_motion())
            write_music(root / "music" / f"{name.split('_')[4]}.wav", seconds=4.0)
        lines = root / "splits" / f"crossmodal_{split}.txt"
        lines.parent.mkdir(exist_ok=True)
        lines.write_text("\n".join(names) + "\n")
    (root / "ignore_list.txt").write_text("gKR_sBM_cAll_d28_mKR0_ch01\n")
    coco = np.zeros((180, 17, 3))
    heights = [165, 167, 167, 166, 166, 145, 145, 120, 120, 95, 95, 95, 95, 50, 50, 10, 10]
    coco[:, :, 1] = heights
    coco[:, 5::2, 0], coco[:, 6::2, 0] = 15.0, -15.0
    points = {"keypoints3d": coco, "keypoints3d_optim": coco}
    write_pickle(root / "keypoints3d" / f"{AIST_NAMES['train'][0]}.pkl", points)
    return root


def body25(seconds: float = 3.0, bpm: float = 120.0) -> np.ndarray:
    """OpenPose keypoints `(T, 25, 3)` at 30 fps, pixels; nobody is seen in frames 10 to 12."""
    from d2m_cli.data.skeletons.joints import DANCE_WITH_MELODY, OPENPOSE

    points = np.zeros((round(30 * seconds), 25, 3))
    for name, number in OPENPOSE.items():
        x, y, _ = STANDING[DANCE_WITH_MELODY.get(name, 0)]
        points[:, number] = (300 + 200 * x, 500 - 200 * y, 0.9)
    points[:, OPENPOSE["left_wrist"], 0] += 40 * swing(seconds, 30.0, bpm)
    points[10:13] = 0
    return points
