// The video and the sound of a take, on one clock. The sound is a Web Audio buffer, which starts to
// the sample; the picture is where `requestVideoFrameCallback` saw it. See sync.js for the measure.

import { Sync } from "./sync.js";

const FADE = 0.008; // seconds, short enough not to be heard, long enough not to click
const AHEAD = 0.02; // seconds from deciding on a sound to its start
const KEPT = 6; // takes whose sound stays decoded

export class Player extends EventTarget {
  constructor(video, fetchSound) {
    super();
    this.video = video;
    this.fetchSound = fetchSound;
    this.sounds = new Map(); // take -> Promise of its AudioBuffer, the last used one last
    this.take = null;
    this.lead = 0; // seconds before the first picture
    this.loop = null;
    this.voice = null; // { source, gain, start, offset } of what sounds now
    this.playing = false; // a person wants it to
    this.rolling = false; // the video does
    this.musicVolume = 1;
    this.sync = new Sync(this);
    video.muted = true;
    video.addEventListener("ended", () => this.pause());
    video.addEventListener("waiting", () => this.silence());
    for (const name of ["playing", "seeked"]) video.addEventListener(name, () => this.resume());
    video.addEventListener("pause", () => this.rolling && video.paused && this.pause());
  }

  // Time 0 of a dance is its first picture, which in some files comes after the sound.
  get time() {
    return Math.max(this.videoTime, 0);
  }

  set time(time) {
    this.video.currentTime = Math.min(Math.max(time, 0) + this.lead, this.video.duration || 0);
  }

  get videoTime() {
    return this.video.currentTime - this.lead;
  }

  load(address) {
    this.video.src = address;
    this.video.requestVideoFrameCallback?.((now, picture) => {
      if (this.video.currentTime === 0) this.lead = picture.mediaTime;
    });
  }

  async play() {
    if (this.playing) return;
    this.playing = true;
    this.tell("state");
    this.context ??= this.makeContext();
    const { loop, video } = this;
    if (loop && (this.time < loop.start || this.time >= loop.end)) this.time = loop.start;
    else if (video.ended || video.currentTime > video.duration - 0.05) this.time = 0;
    try {
      await Promise.all([this.context.resume(), this.buffer(), this.loaded()]);
      if (!this.playing) return;
      await video.play();
      if (!this.playing) return video.pause();
    } catch (error) {
      this.pause();
      if (error.name !== "AbortError") throw error;
      return;
    }
    this.rolling = true;
    this.resume();
    this.watch();
  }

  pause() {
    this.playing = this.rolling = false;
    this.silence();
    this.video.pause();
    this.tell("state");
  }

  toggle() {
    return this.playing ? this.pause() : this.play();
  }

  seek(time) {
    this.silence();
    this.time = time;
    this.tell("time");
  }

  // Another take goes on at the very place where the last one is, so that the ear can compare.
  async choose(take) {
    this.take = take;
    this.tell("take");
    if (!this.context) return;
    const buffer = await this.buffer();
    if (this.take !== take || !this.playing || this.video.seeking) return;
    if (!this.voice) this.resume();
    else this.begin(buffer, this.context.currentTime + AHEAD);
  }

  setMusicVolume(volume) {
    this.musicVolume = volume;
    if (this.master) this.master.gain.setTargetAtTime(volume, this.context.currentTime, 0.01);
  }

  setOriginalVolume(volume) {
    this.video.muted = volume === 0;
    this.video.volume = volume;
  }

  makeContext() {
    const context = new AudioContext({ latencyHint: "playback" });
    this.master = context.createGain();
    this.master.gain.value = this.musicVolume;
    this.master.connect(context.destination);
    return context;
  }

  loaded() {
    const { video } = this;
    if (video.readyState >= HTMLMediaElement.HAVE_FUTURE_DATA && !video.seeking) return null;
    return new Promise((resolve, reject) => {
      video.addEventListener("error", () => reject(new Error("The video cannot be played.")), { once: true });
      video.addEventListener("canplay", resolve, { once: true });
    });
  }

  async buffer(take = this.take) {
    if (take === null) return null;
    const known = this.sounds.get(take);
    this.sounds.delete(take);
    const sound = known ?? this.fetchSound(take).then((data) => this.context.decodeAudioData(data));
    this.sounds.set(take, sound);
    sound.catch(() => this.sounds.delete(take));
    for (const old of [...this.sounds.keys()].slice(0, -KEPT)) this.sounds.delete(old);
    return sound;
  }

  // Place in the music, in seconds, that a moment of the context's clock plays.
  place(moment) {
    return this.voice.offset + moment - this.voice.start;
  }

  // Sound from where the picture is now.
  async resume() {
    if (!this.playing || this.voice || this.video.seeking || this.video.paused) return;
    const take = this.take;
    const buffer = await this.buffer();
    if (!this.playing || this.voice || this.take !== take || this.video.seeking) return;
    if (!buffer) return;
    const later = AHEAD + this.latency() - this.sync.lateness;
    this.begin(buffer, this.context.currentTime + AHEAD, this.videoTime + later);
  }

  // Start `buffer` at the moment `start`; without `offset` it goes on where the music is.
  begin(buffer, start, offset = this.place(start)) {
    const source = new AudioBufferSourceNode(this.context, { buffer });
    const gain = new GainNode(this.context, { gain: 0 });
    source.connect(gain).connect(this.master);
    const first = Math.max(offset, 0);
    const begin = start + first - offset;
    gain.gain.setValueAtTime(0, begin);
    gain.gain.linearRampToValueAtTime(1, begin + FADE);
    if (first < buffer.duration) source.start(begin, first);
    this.release(start);
    this.voice = { source, gain, start: begin, offset: first, buffer };
    this.sync.restart();
  }

  // Shift the music by `seconds` against the picture: later where that is positive.
  shift(seconds) {
    const start = this.context.currentTime + AHEAD;
    this.begin(this.voice.buffer, start, this.place(start) - seconds);
  }

  silence() {
    if (this.voice) this.release(this.context.currentTime);
    this.voice = null;
    this.sync.restart();
  }

  release(moment) {
    if (!this.voice) return;
    const { source, gain } = this.voice;
    gain.gain.cancelScheduledValues(moment);
    gain.gain.setValueAtTime(1, moment);
    gain.gain.linearRampToValueAtTime(0, moment + FADE);
    try {
      source.stop(moment + FADE);
    } catch {
      // it was never started: the music is shorter than the video
    }
  }

  latency() {
    return this.context.outputLatency || this.context.baseLatency || 0;
  }

  watch() {
    const step = () => {
      if (!this.playing) return;
      if (this.loop && this.time >= this.loop.end - 0.01) this.seek(this.loop.start);
      this.tell("time");
      requestAnimationFrame(step);
    };
    this.sync.watch();
    step();
  }

  tell(name) {
    this.dispatchEvent(new Event(name));
  }
}
