// Before there is a dance: a video is chosen, sent to d2m and looked at.

import { upload } from "./api.js";
import { $, say } from "./dom.js";
import { Work } from "./work.js";

export class Opening {
  constructor() {
    this.work = new Work($("opening-work"));
    this.sent = null; // how far an upload is, as a job of the list
    this.jobs = [];
    $("file").addEventListener("change", () => this.send($("file").files[0]));
    const drop = $("drop");
    for (const name of ["dragover", "dragleave", "drop"]) {
      drop.addEventListener(name, (event) => {
        event.preventDefault();
        drop.classList.toggle("over", name === "dragover");
        if (name === "drop") this.send(event.dataTransfer.files[0]);
      });
    }
  }

  show(state) {
    $("opening").hidden = false;
    $("desk").hidden = true;
    this.jobs = state.jobs;
    this.draw();
  }

  hide() {
    $("opening").hidden = true;
    this.work.show([]);
  }

  async send(file) {
    if (!file || this.sent) return;
    const stage = `copying ${file.name}`;
    const job = (share) => ({ id: "upload", name: "Video", state: "running", stage, share, left: null });
    this.sent = job(0);
    this.draw();
    try {
      await upload(file, (share) => {
        this.sent = job(share);
        this.draw();
      });
    } catch (error) {
      say(error.message, true);
    }
    this.sent = null;
    $("file").value = "";
    this.draw();
  }

  draw() {
    const busy = this.sent || this.jobs.some(({ state }) => state !== "failed");
    $("drop").hidden = Boolean(busy);
    $("opening-title").textContent = busy ? "One moment: a look at the dance" : "Which dance is to have music?";
    this.work.show(this.sent ? [this.sent, ...this.jobs] : this.jobs);
  }
}
