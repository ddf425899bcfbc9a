// The chosen take and the chosen stretch of it: make anew, lock, loop, and keep as a file.

import { send } from "./api.js";
import { $, make, say, told } from "./dom.js";
import { clock } from "./timeline.js";

export class TakeCard extends EventTarget {
  constructor() {
    super();
    this.take = null;
    this.stretch = null;
    this.looping = false;
    this.exporting = false;
    const click = (id, act) => $(id).addEventListener("click", told(act));
    click("redo", () => this.redo());
    click("lock", () => this.lock());
    click("loop", () => this.loop());
    click("clear", () => this.tell("stretch", null));
    click("export", () => this.export());
    click("best", () => this.edit("keep"));
    click("delete", () => this.edit("delete"));
    $("take-name").addEventListener("change", told(() => this.edit("rename", { name: $("take-name").value.trim() })));
  }

  fill(kinds) {
    $("kind").replaceChildren(...kinds.map(({ name, words }) => make("option", { value: name }, words)));
  }

  show(take, number, stretch, isBest) {
    if (take?.id !== this.take?.id || take?.name !== this.take?.name) $("take-name").value = take?.name ?? "";
    this.take = take;
    this.stretch = stretch;
    $("take-title").textContent = take ? `Take ${number}` : "No take yet";
    $("take-facts").textContent = take ? [take.facts, take.key, take.made].join(", ") : "The first one is on its way.";
    $("best").setAttribute("aria-pressed", isBest);
    for (const id of ["take-name", "best", "delete", "keep"]) $(id).hidden = !take;
    $("stretch").hidden = !stretch;
    $("stretch-hint").hidden = Boolean(stretch) || !take;
    if (!stretch) return;
    const long = (stretch.end - stretch.start).toFixed(1);
    const what = stretch.name ? `Section ${stretch.name}` : "Stretch";
    $("stretch-text").textContent = `${what}: ${clock(stretch.start)} to ${clock(stretch.end)} (${long} s)`;
    $("lock").textContent = this.lockedHere ? "Unlock" : "Lock";
    $("redo").disabled = !take || this.lockedHere;
    $("lock").disabled = !take;
  }

  // The lock that covers the middle of the stretch.
  get lockedHere() {
    if (!this.take || !this.stretch) return false;
    const middle = (this.stretch.start + this.stretch.end) / 2;
    return this.take.locked.some(({ start, end }) => start <= middle && middle < end);
  }

  async redo() {
    if (!this.take || !this.stretch) return say("Choose a stretch of a take first: drag over its lane.");
    const { start, end } = this.stretch;
    return send(`api/takes/${this.take.id}/redo`, { start, end });
  }

  async lock() {
    if (!this.take || !this.stretch) return say("Choose a stretch of a take first: drag over its lane.");
    const { start, end } = this.stretch;
    return send(`api/takes/${this.take.id}/${this.lockedHere ? "unlock" : "lock"}`, { start, end });
  }

  loop() {
    if (!this.stretch && !this.looping) return say("Choose a stretch first: drag over a take.");
    this.looping = !this.looping;
    $("loop").setAttribute("aria-pressed", this.looping);
    return this.tell("loop", this.looping);
  }

  async edit(word, given = {}) {
    if (this.take) await send(`api/takes/${this.take.id}/${word}`, given);
  }

  // Written in the project's folder, and handed over as a download.
  async export() {
    if (!this.take || this.exporting) return;
    this.exporting = true;
    $("export").disabled = true;
    $("export").textContent = "Writing …";
    try {
      const wish = { kind: $("kind").value, mix: Number($("original-volume").value) };
      const { name, address, place } = await send(`api/takes/${this.take.id}/export`, wish);
      const old = wish.kind === "video" && wish.mix > 0;
      const under = old ? `, with the original sound at ${Math.round(100 * wish.mix)} %` : "";
      $("exported").textContent = `Kept as ${place}${under}.`;
      const link = make("a", { href: address, download: name });
      document.body.append(link);
      link.click();
      link.remove();
    } finally {
      this.exporting = false;
      $("export").disabled = false;
      $("export").textContent = "Export";
    }
  }

  tell(name, detail) {
    this.dispatchEvent(new CustomEvent(name, { detail }));
  }
}
