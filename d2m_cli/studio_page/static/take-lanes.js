// One lane a take: its waveform, beats, sections and locks; a drag chooses a stretch of it.

import { drawBeats } from "./dance-lanes.js";
import { told } from "./dom.js";
import { colour, makeLane, pen } from "./timeline.js";
import WaveSurfer from "./vendor/wavesurfer.js";

const WAVE = 44; // pixels, as in timeline.css
const NONCE = document.querySelector("meta[name=csp-nonce]").content;

export class TakeLanes extends EventTarget {
  constructor(timeline, fetchPeaks) {
    super();
    this.timeline = timeline;
    this.fetchPeaks = fetchPeaks;
    this.lanes = new Map(); // take's id -> TakeLane
    this.chosen = null;
    this.stretch = null;
    timeline.addEventListener("zoom", () => this.each((lane) => lane.zoom()));
    timeline.addEventListener("view", () => this.each((lane) => lane.draw()));
  }

  each(call) {
    for (const lane of this.lanes.values()) call(lane);
  }

  show(takes) {
    const ids = new Set(takes.map((take) => take.id));
    for (const [id, lane] of this.lanes) {
      if (ids.has(id)) continue;
      lane.remove();
      this.lanes.delete(id);
    }
    takes.forEach((take, place) => {
      const lane = this.lanes.get(take.id) ?? new TakeLane(this, take.id);
      this.lanes.set(take.id, lane);
      this.timeline.lanes.append(lane.lane); // a take that comes back stands in its old place
      told(() => lane.show(take, place + 1))();
    });
  }

  choose(id, stretch) {
    this.chosen = id;
    this.stretch = stretch;
    this.each((lane) => lane.mark());
  }

  tell(name, detail) {
    this.dispatchEvent(new CustomEvent(name, { detail }));
  }
}

class TakeLane {
  constructor(all, id) {
    Object.assign(this, { all, id, take: null, wave: null });
    const { timeline } = all;
    this.button = document.createElement("button");
    this.button.innerHTML = "<b></b><span></span><small></small>";
    const { lane, view, canvas } = makeLane("take", this.button);
    Object.assign(this, { lane, view, canvas });
    this.box = document.createElement("div");
    this.box.className = "wave";
    view.prepend(this.box);
    lane.dataset.take = id;
    this.button.addEventListener("click", () => all.tell("chosen", { id }));
    timeline.drag(view, {
      start: () => all.tell("chosen", { id }),
      move: (time, first) => this.choose(time, first),
      end: (time, first) => this.choose(time, first),
      click: (time, event) => this.click(time, event),
    });
  }

  choose(time, first) {
    this.all.tell("stretch", { id: this.id, start: Math.min(time, first), end: Math.max(time, first) });
  }

  // A click on a section's letter chooses the section, anywhere else it goes to that time.
  click(time, event) {
    const inBand = event.clientY - this.view.getBoundingClientRect().top > WAVE;
    const section = this.take.sections.find(({ start, end }) => time >= start && time < end);
    this.all.tell("chosen", { id: this.id });
    if (inBand && section) this.all.tell("stretch", { id: this.id, ...section });
    else this.all.tell("sought", { time });
  }

  async show(take, number) {
    const [key, name, facts] = this.button.children;
    key.textContent = number;
    name.textContent = take.name;
    facts.textContent = take.facts;
    this.button.setAttribute("aria-label", `Take ${number}: ${take.name}, ${take.facts}`);
    if (number < 10) this.button.setAttribute("aria-keyshortcuts", String(number));
    const drawn = this.take !== null;
    this.take = take;
    this.mark();
    if (drawn) return;
    const peaks = await this.all.fetchPeaks(take);
    if (!this.lane.isConnected) return;
    this.wave = WaveSurfer.create({
      container: this.box,
      cspNonce: NONCE,
      peaks,
      duration: take.seconds,
      height: WAVE,
      waveColor: colour("wave"),
      progressColor: colour("wave"),
      cursorWidth: 0,
      interact: false,
      hideScrollbar: true,
      fillParent: false,
      autoScroll: false,
      minPxPerSec: this.all.timeline.scale,
    });
    this.wave.on("ready", () => {
      this.mark();
      this.lane.dataset.drawn = true;
    });
  }

  mark() {
    const chosen = this.all.chosen === this.id;
    this.lane.classList.toggle("chosen", chosen);
    this.button.setAttribute("aria-pressed", chosen);
    const waveColor = colour(chosen ? "wave-chosen" : "wave");
    if (this.wave?.options.waveColor !== waveColor) this.wave?.setOptions({ waveColor, progressColor: waveColor });
    this.draw();
  }

  zoom() {
    this.wave?.zoom(this.all.timeline.scale);
  }

  draw() {
    const { timeline, chosen, stretch } = this.all;
    this.wave?.setScroll(timeline.left);
    if (!this.take) return;
    const { draw, height } = pen(this.canvas);
    const look = { strong: colour("beat-strong"), weak: colour("beat-weak") };
    drawBeats(draw, timeline, this.take, { top: 0, height: WAVE, ...look });
    this.drawSections(draw, height);
    for (const { start, end } of this.take.locked) {
      const [from, to] = [timeline.x(start), timeline.x(end)];
      draw.fillStyle = colour("locked");
      draw.fillRect(from, 0, to - from, WAVE);
      for (let x = from; x < to; x += 8) draw.fillRect(x, 0, 2, WAVE);
    }
    if (!stretch || chosen !== this.id) return;
    const [from, to] = [timeline.x(stretch.start), timeline.x(stretch.end)];
    draw.fillStyle = colour("stretch");
    draw.fillRect(from, 0, to - from, height);
    draw.fillStyle = colour("accent");
    draw.fillRect(from - 1, 0, 2, height);
    draw.fillRect(to - 1, 0, 2, height);
  }

  drawSections(draw, height) {
    const { timeline } = this.all;
    draw.font = `600 11px ${getComputedStyle(document.body).fontFamily}`;
    draw.textBaseline = "middle";
    for (const { start, end, name } of this.take.sections) {
      const [from, to] = [timeline.x(start), timeline.x(end)];
      if (to < 0 || from > timeline.width) continue;
      const number = (name.charCodeAt(0) - 65) % 5;
      draw.fillStyle = colour(`section-${number}`);
      draw.fillRect(from + 1, WAVE, to - from - 2, height - WAVE);
      draw.fillStyle = colour("text");
      draw.fillText(name, Math.max(from, 0) + 6, (WAVE + height) / 2 + 0.5);
    }
  }

  remove() {
    this.wave?.destroy();
    this.lane.remove();
  }
}
