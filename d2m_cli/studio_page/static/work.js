// The work in line: what is made, how far it is, how long it still takes; each can be cancelled.

import { send } from "./api.js";
import { make, told } from "./dom.js";

export class Work {
  constructor(box) {
    Object.assign(this, { box, rows: new Map() });
  }

  show(jobs) {
    const ids = new Set(jobs.map((job) => job.id));
    for (const [id, row] of this.rows) {
      if (ids.has(id)) continue;
      row.box.remove();
      this.rows.delete(id);
    }
    for (const job of jobs) {
      const row = this.rows.get(job.id) ?? this.row(job);
      this.rows.set(job.id, row);
      row.box.dataset.state = job.state;
      row.facts.textContent = facts(job);
      row.bar.hidden = job.state !== "running";
      if (job.share === null) row.bar.removeAttribute("value");
      else row.bar.value = job.share;
      row.stop.textContent = { running: "Cancel", waiting: "Cancel" }[job.state] ?? "OK";
    }
  }

  row(job) {
    const name = make("b", {}, job.name);
    const facts = make("span", { className: "quiet" });
    const bar = make("progress", { max: 1 });
    bar.setAttribute("aria-label", job.name);
    const stop = make("button", {});
    stop.setAttribute("aria-label", `Cancel ${job.name}`);
    stop.addEventListener("click", told(() => send(`api/work/${job.id}/cancel`)));
    const box = make("div", { className: "job" }, make("p", {}, name, ": ", facts), stop, bar);
    box.dataset.job = job.id;
    this.box.append(box);
    return { box, facts, bar, stop };
  }
}

function facts({ state, stage, left, error }) {
  if (state === "failed") return error;
  if (state === "waiting") return "waits";
  if (left === null) return stage;
  return `${stage}, ${left < 1.5 ? "a second" : duration(left)} left`;
}

function duration(seconds) {
  if (seconds < 90) return `${Math.round(seconds)} s`;
  return `${Math.round(seconds / 60)} min`;
}
