// The lanes of the dance: the time, its pictures, how much moves, and what happens in it.

import { make } from "./dom.js";
import { clock, colour, makeLane, pen } from "./timeline.js";

const STEPS = [0.1, 0.2, 0.5, 1, 2, 5, 10, 15, 30, 60, 120, 300, 600];

export class DanceLanes {
  constructor(timeline, seek) {
    this.timeline = timeline;
    this.dance = null;
    this.film = null;
    this.ruler = makeLane("ruler", "Time", "Time: drag to go there");
    this.pictures = makeLane("film", "Dance", "Pictures of the dance");
    this.energy = makeLane("energy", "Movement", "How much the dancer moves");
    this.energy.head.append(make("small", {}, "▾ accents"));
    for (const { lane } of [this.ruler, this.pictures, this.energy]) timeline.lanes.append(lane);
    const go = { start: seek, move: seek, click: seek };
    for (const { view } of [this.ruler, this.pictures, this.energy]) timeline.drag(view, go);
    timeline.addEventListener("view", () => this.draw());
  }

  // `film` is where the strip of pictures is, `count` how many lie side by side in it.
  show(dance, film) {
    this.dance = dance;
    const image = new Image();
    image.addEventListener("load", () => {
      this.film = { image, count: film.count };
      this.draw();
    });
    image.src = film.address;
    this.draw();
  }

  draw() {
    if (!this.dance) return;
    this.drawRuler();
    this.drawFilm();
    this.drawEnergy();
  }

  drawRuler() {
    const { draw, width, height } = pen(this.ruler.canvas);
    const { timeline } = this;
    const step = STEPS.find((one) => one * timeline.scale > 64) ?? STEPS.at(-1);
    const { start, end } = timeline.view;
    draw.fillStyle = colour("quiet");
    draw.font = `11px ${getComputedStyle(document.body).fontFamily}`;
    draw.textBaseline = "middle";
    for (let i = Math.floor(start / step); i * step <= end; i++) {
      const x = Math.round(timeline.x(i * step));
      draw.fillRect(x, height - 7, 1, 7);
      for (let part = 1; part < 5; part++) {
        draw.fillRect(Math.round(timeline.x((i + part / 5) * step)), height - 3, 1, 3);
      }
      const label = clock(i * step, step < 1 ? 1 : 0);
      if (x + draw.measureText(label).width + 4 < width) draw.fillText(label, x + 4, height / 2 - 2);
    }
  }

  drawFilm() {
    const { draw, width, height } = pen(this.pictures.canvas);
    if (!this.film) return;
    const { image, count } = this.film;
    const { timeline } = this;
    const across = image.naturalWidth / count;
    const slot = (across / image.naturalHeight) * height;
    const first = Math.floor(timeline.left / slot);
    for (let i = first; i * slot < timeline.left + width; i++) {
      const time = ((i + 0.5) * slot) / timeline.scale;
      if (i * slot >= timeline.seconds * timeline.scale) break;
      const number = Math.min(Math.floor((time / timeline.seconds) * count), count - 1);
      const x = i * slot - timeline.left;
      draw.drawImage(image, number * across, 0, across, image.naturalHeight, x, 0, slot - 1, height);
    }
  }

  drawEnergy() {
    const { draw, width, height } = pen(this.energy.canvas);
    const { timeline } = this;
    const { energy, freezes, accents } = this.dance;
    draw.beginPath();
    draw.moveTo(0, height);
    for (let x = 0; x <= width; x++) {
      const place = ((x + timeline.left) / timeline.scale) * energy.rate;
      const low = energy.values[Math.floor(place)];
      const high = energy.values[Math.ceil(place)] ?? low;
      if (low === undefined) break;
      const value = low + (high - low) * (place - Math.floor(place));
      draw.lineTo(x, height - 2 - value * (height - 8));
    }
    draw.lineTo(Math.min(width, timeline.x(timeline.seconds)), height);
    draw.fillStyle = colour("energy");
    draw.fill();
    draw.font = `10px ${getComputedStyle(document.body).fontFamily}`;
    draw.textBaseline = "top";
    for (const { start, end } of freezes) {
      const [from, to] = [timeline.x(start), timeline.x(end)];
      draw.fillStyle = colour("freeze");
      draw.fillRect(from, 0, to - from, height);
      draw.fillStyle = colour("text");
      if (to - from > 40) draw.fillText("still", from + 4, 4);
    }
    draw.fillStyle = colour("accent");
    for (const { time, strength } of accents) {
      const x = timeline.x(time);
      const size = 3 + 3 * strength;
      draw.beginPath();
      draw.moveTo(x - size, 0);
      draw.lineTo(x + size, 0);
      draw.lineTo(x, 1.4 * size);
      draw.fill();
    }
  }
}

// Ticks of beats in a canvas; bars are taller, and numbered where there is room.
export function drawBeats(draw, timeline, grid, { top, height, strong, weak, numbers }) {
  const ones = new Set(grid.downbeats.map((time) => time.toFixed(3)));
  const { start, end } = timeline.view;
  const gap = grid.beats.length > 1 ? (grid.beats[1] - grid.beats[0]) * timeline.scale : Infinity;
  let bar = 0;
  let free = -Infinity;
  draw.font = `10px ${getComputedStyle(document.body).fontFamily}`;
  draw.textBaseline = "top";
  for (const time of grid.beats) {
    const one = ones.has(time.toFixed(3));
    if (one) bar += 1;
    if (time < start - 1 || time > end + 1) continue;
    if (!one && gap < 4) continue;
    const x = timeline.x(time);
    draw.fillStyle = one ? strong : weak;
    draw.fillRect(x - (one ? 1 : 0.5), one ? top : top + height * 0.4, one ? 2 : 1, one ? height : height * 0.6);
    if (one && numbers && x > free) {
      draw.fillText(String(bar), x + 4, top + 1);
      free = x + 26;
    }
  }
}
