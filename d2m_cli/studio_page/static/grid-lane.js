// The lane of beats for the next take: drag it, move it with the arrow keys, or tap along.

import { drawBeats } from "./dance-lanes.js";
import { colour, makeLane, pen } from "./timeline.js";

const FINE = 0.01; // seconds that an arrow key moves the beats
const FINEST = 0.001; // with Shift
const FORGET = 3; // seconds after which taps begin anew

export class GridLane extends EventTarget {
  constructor(timeline) {
    super();
    this.timeline = timeline;
    this.grid = null;
    this.phrases = [];
    this.moved = 0;
    const { lane, view, canvas, head } = makeLane("grid", "Beats");
    Object.assign(this, { lane, view, canvas, head });
    this.note = document.createElement("small");
    head.append(this.note);
    timeline.lanes.append(lane);
    view.tabIndex = 0;
    view.setAttribute("role", "slider");
    view.setAttribute("aria-label", "Where the beats lie: drag, or arrow keys");
    view.title = "Drag to move the beats of the next take; click to choose a phrase of eight beats";
    timeline.addEventListener("view", () => this.draw());
    timeline.drag(view, {
      move: (time, first) => this.preview(time - first),
      end: (time, first) => this.move(time - first),
      click: (time) => this.dispatchEvent(new CustomEvent("clicked", { detail: time })),
    });
    view.addEventListener("keydown", (event) => {
      const way = { ArrowLeft: -1, ArrowRight: 1 }[event.key];
      if (!way) return;
      event.preventDefault();
      event.stopPropagation();
      this.move(way * (event.shiftKey ? FINEST : FINE));
    });
  }

  show(grid, note) {
    this.grid = grid;
    this.moved = 0;
    this.note.textContent = note;
    const first = grid.downbeats[0] ?? grid.beats[0] ?? 0;
    this.view.setAttribute("aria-valuenow", first.toFixed(3));
    this.view.setAttribute("aria-valuetext", `first bar at ${first.toFixed(3)} seconds, ${note}`);
    this.draw();
  }

  preview(seconds) {
    this.moved = seconds;
    this.draw();
  }

  // Ask for beats that lie `seconds` later: the "one" stays the "one".
  move(seconds) {
    this.preview(seconds);
    this.dispatchEvent(new CustomEvent("moved", { detail: seconds }));
  }

  draw() {
    if (!this.grid) return;
    const { draw, height } = pen(this.canvas);
    draw.fillStyle = colour("phrase");
    this.phrases.forEach(({ start, end }, number) => {
      const from = this.timeline.x(start);
      if (number % 2) draw.fillRect(from, 0, this.timeline.x(end) - from, height);
    });
    const later = (time) => time + this.moved;
    const grid = { beats: this.grid.beats.map(later), downbeats: this.grid.downbeats.map(later) };
    const look = { strong: colour("accent"), weak: colour("quiet"), numbers: true };
    drawBeats(draw, this.timeline, grid, { top: 4, height: height - 8, ...look });
  }
}

// Times of taps, in seconds; gives tempo and place of the beat from the fourth tap on.
export class Taps {
  constructor() {
    this.times = [];
  }

  add(time) {
    const last = this.times.at(-1);
    if (last !== undefined && (time <= last || time - last > FORGET)) this.times = [];
    this.times.push(time);
    return this.times.length < 4 ? null : fit(this.times);
  }
}

// Least squares: beat `i` lies at `beat + i * period`.
function fit(times) {
  const middle = (times.length - 1) / 2;
  const mean = times.reduce((sum, time) => sum + time, 0) / times.length;
  let above = 0;
  let below = 0;
  times.forEach((time, i) => {
    above += (i - middle) * (time - mean);
    below += (i - middle) ** 2;
  });
  const period = above / below;
  return { bpm: 60 / period, beat: mean - middle * period };
}
