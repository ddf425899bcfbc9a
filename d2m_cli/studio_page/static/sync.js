// How far the sound is before the picture, measured where both leave the machine, and put right.
// Web Audio that starts together with `play()` may be 60 ms early where the video is not decoded yet.
//
// Two measures are added. The clock of the video is steady, but pictures are shown a little after
// their time; `requestVideoFrameCallback` tells when, though a busy computer shows some of them late.

const FIRST = 4; // pictures after which the start is put right
const WINDOW = 24; // pictures that a later correction needs
const REMEMBERED = 90; // pictures whose lateness is known
const ALLOWED = 0.006; // seconds
const REST = 1; // seconds between two corrections

export class Sync {
  constructor(player) {
    this.player = player;
    this.early = []; // the sound against the clock of the video, seconds
    this.late = []; // pictures against the same clock
    this.corrected = false;
    this.restedAt = 0;
    this.measured = null;
    this.watching = false;
  }

  // Seconds by which pictures are shown after their time.
  get lateness() {
    return this.late.length ? median(this.late) : 0;
  }

  // The sound begins anew: what was measured says nothing about it.
  restart() {
    this.early = [];
  }

  watch() {
    this.corrected = false;
    if (this.watching || !("requestVideoFrameCallback" in HTMLVideoElement.prototype)) return;
    this.watching = true;
    const seen = (now, picture) => {
      const { player } = this;
      this.watching = player.playing;
      if (!player.playing) return;
      if (player.voice && !player.video.seeking) this.note(picture);
      player.video.requestVideoFrameCallback(seen);
    };
    this.player.video.requestVideoFrameCallback(seen);
  }

  note(picture) {
    const { player } = this;
    const now = performance.now();
    const heard = heardAt(player.context, now);
    if (heard < player.voice.start) return; // the sound has not begun
    const early = player.place(heard) - player.videoTime;
    const shown = player.place(heardAt(player.context, picture.expectedDisplayTime));
    this.early.push(early);
    this.late.push(shown - (picture.mediaTime - player.lead) - early);
    if (this.early.length > WINDOW) this.early.shift();
    if (this.late.length > REMEMBERED) this.late.shift();
    if (this.early.length < (this.corrected ? WINDOW : FIRST)) return;
    this.measured = median(this.early) + this.lateness;
    player.tell("sync");
    const rested = now / 1000 - this.restedAt > REST;
    if (Math.abs(this.measured) > ALLOWED && (rested || !this.corrected)) {
      this.restedAt = now / 1000;
      player.shift(this.measured);
    }
    this.corrected = true;
  }
}

// The moment of the context's clock that is heard at `performance.now()` = `time` (ms).
export function heardAt(context, time) {
  const { contextTime, performanceTime } = context.getOutputTimestamp();
  if (performanceTime) return contextTime + (time - performanceTime) / 1000;
  const late = context.outputLatency || context.baseLatency || 0;
  return context.currentTime - late + (time - performance.now()) / 1000;
}

function median(values) {
  const sorted = [...values].sort((a, b) => a - b);
  return sorted[sorted.length >> 1];
}
