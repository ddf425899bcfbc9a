// The time axis that all lanes share: zoom, scrolling, the playhead, and what a pointer does on it.

const CLOSEST = 600; // pixels a second when zoomed in, and
const TIMES = 8; // no less than so many times the whole dance in view
const MARGIN = 24; // pixels that the playhead keeps from the edge while it plays

export class Timeline extends EventTarget {
  constructor(scroller, lanes, playhead) {
    super();
    Object.assign(this, { scroller, lanes, playhead });
    this.seconds = 1;
    this.zoomed = 0; // 0: the whole dance in view, 1: as close as can be
    this.time = 0;
    this.headWidth = 0;
    scroller.addEventListener("scroll", () => this.changed("view"), { passive: true });
    scroller.addEventListener("wheel", (event) => this.wheel(event), { passive: false });
    new ResizeObserver(() => this.layout()).observe(scroller);
  }

  get width() {
    return Math.max(this.scroller.clientWidth - this.headWidth, 50);
  }

  get scale() {
    const fit = this.width / this.seconds;
    return fit * Math.max(CLOSEST / fit, TIMES) ** this.zoomed;
  }

  get left() {
    return this.scroller.scrollLeft;
  }

  get view() {
    return { start: this.left / this.scale, end: (this.left + this.width) / this.scale };
  }

  layout() {
    const style = getComputedStyle(this.lanes);
    this.headWidth = parseFloat(style.getPropertyValue("--head"));
    this.lanes.style.width = `${this.headWidth + this.seconds * this.scale}px`;
    this.lanes.style.setProperty("--view", `${this.width}px`);
    this.place();
    this.changed("zoom");
    this.changed("view");
  }

  // Zoom to `zoomed`, keeping the moment `anchor` where it is on the screen.
  zoom(zoomed, anchor = this.time) {
    const at = this.x(anchor);
    this.zoomed = Math.min(Math.max(zoomed, 0), 1);
    this.layout();
    const inside = Math.min(Math.max(at, 0), this.width);
    this.scroller.scrollLeft = anchor * this.scale - inside;
    this.changed("view");
  }

  wheel(event) {
    if (!event.ctrlKey && !event.metaKey) return;
    event.preventDefault();
    this.zoom(this.zoomed - event.deltaY / 1500, this.timeAt(event.clientX));
  }

  x(time) {
    return time * this.scale - this.left;
  }

  timeAt(clientX) {
    const edge = this.scroller.getBoundingClientRect().left + this.headWidth;
    const time = (clientX - edge + this.left) / this.scale;
    return Math.min(Math.max(time, 0), this.seconds);
  }

  // Move the playhead, and scroll so that it stays in view.
  show(time) {
    this.time = time;
    this.place();
    const x = this.x(time);
    if (x < 0 || x > this.width - MARGIN) {
      this.scroller.scrollLeft = time * this.scale - MARGIN;
    }
  }

  place() {
    this.playhead.style.transform = `translateX(${this.headWidth + this.time * this.scale}px)`;
  }

  changed(name) {
    this.dispatchEvent(new Event(name));
  }

  // Call `on.start`, `on.move` and `on.end` with the time under the pointer; a press that does not
  // move calls `on.click` alone.
  drag(element, on) {
    element.addEventListener("pointerdown", (down) => {
      if (down.button !== 0) return;
      const first = this.timeAt(down.clientX);
      let moved = false;
      element.setPointerCapture(down.pointerId);
      const move = (event) => {
        if (!moved && Math.abs(event.clientX - down.clientX) < 4) return;
        if (!moved) on.start?.(first, down);
        moved = true;
        on.move?.(this.timeAt(event.clientX), first);
      };
      const end = (event) => {
        element.removeEventListener("pointermove", move);
        element.removeEventListener("pointerup", end);
        element.removeEventListener("pointercancel", end);
        if (moved) on.end?.(this.timeAt(event.clientX), first);
        else if (event.type === "pointerup") on.click?.(first, down);
      };
      element.addEventListener("pointermove", move);
      element.addEventListener("pointerup", end);
      element.addEventListener("pointercancel", end);
    });
  }
}

// A lane: its heading stays at the left, its view is as wide as the screen allows.
export function makeLane(kind, heading, label) {
  const lane = document.createElement("div");
  lane.className = `lane ${kind}`;
  const head = document.createElement("div");
  head.className = "head";
  if (typeof heading === "string") head.textContent = heading;
  else head.append(heading);
  const view = document.createElement("div");
  view.className = "view";
  if (label) {
    view.setAttribute("role", "img");
    view.setAttribute("aria-label", label);
  }
  const canvas = document.createElement("canvas");
  canvas.setAttribute("aria-hidden", "true");
  view.append(canvas);
  lane.append(head, view);
  return { lane, head, view, canvas };
}

// A canvas cleared and as large as it is shown, in CSS pixels.
export function pen(canvas) {
  const { clientWidth: width, clientHeight: height } = canvas;
  const ratio = window.devicePixelRatio || 1;
  const [across, down] = [Math.round(width * ratio), Math.round(height * ratio)];
  if (canvas.width !== across || canvas.height !== down) Object.assign(canvas, { width: across, height: down });
  const draw = canvas.getContext("2d");
  draw.setTransform(ratio, 0, 0, ratio, 0, 0);
  draw.clearRect(0, 0, width, height);
  return { draw, width, height };
}

export function colour(name) {
  return getComputedStyle(document.documentElement).getPropertyValue(`--${name}`).trim();
}

export function clock(seconds, digits = 2) {
  const minutes = Math.floor(seconds / 60);
  const rest = (seconds - 60 * minutes).toFixed(digits);
  return `${minutes}:${rest.padStart(digits ? digits + 3 : 2, "0")}`;
}
