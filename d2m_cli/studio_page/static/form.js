// What the next take is to be: the form, and the beats that follow from it. d2m keeps the form with
// the project, so that a reload finds it and Undo takes a change back.

import { send } from "./api.js";
import { $, make, say, told } from "./dom.js";
import { Taps } from "./grid-lane.js";

const TEMPOS = { half: "half", double: "x2" }; // buttons and what they ask for
const round = (value, digits) => String(Number(value.toFixed(digits)));

export class Form {
  constructor(gridLane, player) {
    Object.assign(this, { gridLane, player, dance: null, asked: 0 });
    Object.assign(this, { shown: "", told: [], saving: false, unsaved: false, revision: 0 });
    this.taps = new Taps();
    for (const id of Object.keys(TEMPOS)) $(id).addEventListener("click", () => this.press(id));
    $("tempo").addEventListener("input", () => this.release());
    $("as-danced").addEventListener("click", () => this.setBeats({ tempo: null, offset: 0, meter: null }));
    $("tap").addEventListener("click", told(() => this.tap()));
    $("dice").addEventListener("click", () => this.change(() => ($("seed").value = Number($("seed").value) + 1)));
    $("energy").addEventListener("input", () => this.sayEnergy());
    $("form").addEventListener("change", () => this.change());
    gridLane.addEventListener("moved", ({ detail }) => this.setBeats({ offset: this.wish.beat_offset + detail }));
  }

  prepare({ dance, choices }) {
    this.dance = dance;
    this.energies = choices.energies;
    this.shown = "";
    const options = (all) => all.map(({ name, words }) => make("option", { value: name }, words));
    $("style").replaceChildren(
      make("option", { value: "" }, "by the tempo"),
      ...choices.styles.map(({ name, words }) => make("option", { value: name, title: words }, name)),
    );
    $("level").replaceChildren(...options(choices.levels));
    $("quality").replaceChildren(...options(choices.qualities));
    Object.assign($("energy"), { min: 0, max: choices.most_energy, step: 0.1 });
    $("tempo").placeholder = dance.bpm.toFixed(1);
    const unsure = dance.certainty > 0.5 ? "" : " This is not sure: listen, tap along, or try ½ and ×2.";
    $("tempo-hint").textContent =
      `The dance has ${dance.bpm.toFixed(1)} beats a minute, ${dance.meter} in a bar.${unsure}`;
  }

  // Show what the project holds, unless this page has told it something newer.
  take(settings, revision) {
    this.told = [settings, revision];
    if (this.saving || revision < this.revision) return null;
    if (JSON.stringify(settings) === this.shown) return null;
    this.shown = JSON.stringify(settings);
    const { tempo } = settings;
    $("style").value = settings.style ?? "";
    $("tempo").value = typeof tempo === "number" ? round(tempo, 2) : "";
    for (const [id, word] of Object.entries(TEMPOS)) $(id).setAttribute("aria-pressed", tempo === word);
    $("offset").value = round(settings.beat_offset, 3);
    $("meter").value = settings.meter ?? "";
    for (const id of ["energy", "seed", "level", "quality"]) $(id).value = settings[id];
    this.sayEnergy();
    return this.showGrid();
  }

  get wish() {
    const pressed = Object.keys(TEMPOS).find((id) => $(id).getAttribute("aria-pressed") === "true");
    const tempo = $("tempo").value === "" ? null : Number($("tempo").value);
    return {
      style: $("style").value || null,
      level: $("level").value,
      quality: $("quality").value,
      seed: Number($("seed").value),
      tempo: pressed ? TEMPOS[pressed] : tempo,
      beat_offset: Number($("offset").value),
      meter: $("meter").value ? Number($("meter").value) : null,
      energy: Number($("energy").value),
    };
  }

  // Change the form by `act`, tell d2m, and show the beats that follow.
  change(act = () => {}) {
    act();
    this.sayEnergy();
    this.shown = JSON.stringify(this.wish);
    told(() => this.save())();
    told(() => this.showGrid())();
  }

  // One request at a time, so that the last change is the last that d2m hears of.
  async save() {
    this.unsaved = true;
    if (this.saving) return;
    this.saving = true;
    try {
      while (this.unsaved) {
        this.unsaved = false;
        ({ revision: this.revision } = await send("api/settings", this.wish));
      }
    } catch (error) {
      this.shown = ""; // what d2m refuses is not kept
      throw error;
    } finally {
      this.saving = false;
      this.take(...this.told);
    }
  }

  press(id) {
    const pressed = $(id).getAttribute("aria-pressed") === "true";
    this.change(() => {
      this.release();
      $("tempo").value = "";
      $(id).setAttribute("aria-pressed", !pressed);
    });
  }

  release() {
    for (const id of Object.keys(TEMPOS)) $(id).setAttribute("aria-pressed", false);
  }

  setBeats({ tempo, offset, meter }) {
    this.change(() => {
      if (tempo !== undefined) this.release();
      if (tempo !== undefined) $("tempo").value = tempo === null ? "" : round(tempo, 2);
      if (offset !== undefined) $("offset").value = round(offset, 3);
      if (meter !== undefined) $("meter").value = meter ?? "";
    });
  }

  // While the video plays a tap is at its time, and says where the beats lie, too.
  async tap() {
    const { player } = this;
    const { playing } = player;
    const found = this.taps.add(playing ? player.time : performance.now() / 1000);
    const missing = 4 - this.taps.times.length;
    if (!found) return say(`Tap ${missing} more time${missing === 1 ? "" : "s"}, with the beats.`);
    const tempo = Number(found.bpm.toFixed(2));
    if (!playing) return this.setBeats({ tempo });
    const { beats } = await this.grid({ ...this.wish, tempo, beat_offset: 0 });
    const later = (found.beat - beats[0]) / (60 / tempo);
    return this.setBeats({ tempo, offset: (later - Math.round(later)) * (60 / tempo) });
  }

  sayEnergy() {
    const { min, max, value } = $("energy");
    const place = (value - min) / (max - min);
    const word = this.energies[Math.round(place * (this.energies.length - 1))];
    $("energy-word").textContent = word;
    $("energy").setAttribute("aria-valuetext", word);
  }

  grid(wish) {
    return send("api/grid", wish);
  }

  // The beats that a take would have; only the last answer counts.
  async showGrid() {
    const asked = ++this.asked;
    const { tempo, beat_offset: offset, meter } = this.wish;
    const own = tempo !== null || offset !== 0 || meter !== null;
    const grid = own ? await this.grid(this.wish) : this.dance;
    if (asked === this.asked) this.gridLane.show(grid, own ? `yours, ${grid.bpm.toFixed(1)}` : "as danced");
  }
}
