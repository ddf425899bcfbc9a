// Puts the page together: what d2m tells goes to the lanes and cards, what a person does goes to d2m.

import { bytes, listen, send } from "./api.js";
import { DanceLanes } from "./dance-lanes.js";
import { $, keep, kept, say, told } from "./dom.js";
import { Form } from "./form.js";
import { GridLane } from "./grid-lane.js";
import { bindKeys } from "./keys.js";
import { Opening } from "./opening.js";
import { Player } from "./player.js";
import { TakeCard } from "./take-card.js";
import { TakeLanes } from "./take-lanes.js";
import { clock, Timeline } from "./timeline.js";
import { Work } from "./work.js";

const timeline = new Timeline($("scroller"), $("lanes"), $("playhead"));
const player = new Player($("video"), (id) => bytes(`media/takes/${id}.wav`));
const danceLanes = new DanceLanes(timeline, (time) => player.seek(time));
const gridLane = new GridLane(timeline);
const takeLanes = new TakeLanes(timeline, fetchPeaks);
const form = new Form(gridLane, player);
const card = new TakeCard();
const work = new Work($("work"));
const opening = new Opening();

let state = null;
let stretch = null;
let opened = null; // the project that the page shows
let known = null; // ids of the takes that were there before

const take = (id) => state.takes.find((one) => one.id === id);
const place = (id) => state.takes.findIndex((one) => one.id === id) + 1;

async function fetchPeaks({ id }) {
  const heights = new Uint8Array(await bytes(`api/takes/${id}/peaks`));
  const away = Float32Array.from(heights, (height) => height / 255);
  return [away.subarray(0, away.length / 2), away.subarray(away.length / 2)];
}

async function hear(news) {
  $("lost").hidden = true;
  state = { ...state, ...news };
  if (!state.project) return opening.show(state);
  if (opened !== state.project.file) await open();
  work.show(state.jobs);
  if (news.takes) await showTakes();
}

async function showTakes() {
  await form.take(state.settings, state.revision);
  takeLanes.show(state.takes);
  for (const [id, words, keys] of [["undo", "Undo", "Ctrl+Z"], ["restore", "Redo", "Ctrl+Shift+Z"]]) {
    $(id).disabled = !state[id];
    $(id).title = state[id] ? `${words}: ${state[id]} (${keys})` : `Nothing to ${words.toLowerCase()}`;
  }
  const fresh = known && state.takes.filter(({ id }) => !known.has(id)).at(-1);
  known = new Set(state.takes.map(({ id }) => id));
  if (fresh) say(`Take ${state.takes.indexOf(fresh) + 1} is there.`);
  if (!take(player.take)) choose((fresh ?? take(kept("take")) ?? state.takes.at(-1))?.id ?? null);
  else if (fresh && !player.playing) choose(fresh.id);
  else select(stretch);
}

// A project is there: the video, its lanes and its form.
async function open() {
  opened = state.project.file;
  opening.hide();
  $("desk").hidden = false;
  document.title = `${state.project.video} · d2m studio`;
  $("project").textContent = state.project.video;
  $("project").title = state.project.folder;
  player.load("media/video");
  $("original-label").hidden = !state.project.sound;
  timeline.seconds = state.dance.seconds;
  timeline.layout();
  gridLane.phrases = state.dance.phrases;
  danceLanes.show(state.dance, state.film);
  card.fill(state.choices.kinds);
  form.prepare(state);
}

function choose(id) {
  const other = stretch && stretch.id !== id;
  if (other) stretch = null;
  keep("take", id);
  told(() => player.choose(id))();
  select(stretch);
}

function select(part) {
  stretch = part;
  takeLanes.choose(player.take, stretch);
  const chosen = take(player.take);
  card.show(chosen, place(player.take), stretch, state.best === player.take);
  $("base-label").hidden = !chosen?.locked.length;
  $("base-words").textContent = `Keep what is locked in take ${place(player.take)}`;
  player.loop = card.looping ? stretch : null;
}

function number(event) {
  const chosen = state.takes[Number(event.key) - 1];
  if (chosen) choose(chosen.id);
}

function next(step) {
  const at = state.takes.findIndex(({ id }) => id === player.take) + step;
  if (state.takes[at]) choose(state.takes[at].id);
}

// A stretch by keyboard: from here, and to here.
function edge(name) {
  const part = { id: player.take, start: 0, end: state.dance.seconds, ...stretch, name: "" };
  part[name] = player.time;
  select(part.end - part.start > 0.05 ? part : null);
}

function make() {
  const base = $("base-label").hidden || !$("base").checked ? null : player.take;
  return send("api/takes", { settings: form.wish, base });
}

const undo = () => send("api/undo");
const restore = () => send("api/restore");
const volume = (id, set) => $(id).addEventListener("input", () => set(Number($(id).value)));

$("form").addEventListener("submit", (event) => {
  event.preventDefault();
  told(make)();
});
$("undo").addEventListener("click", told(undo));
$("restore").addEventListener("click", told(restore));
$("help-open").addEventListener("click", () => $("help").showModal());
$("play").addEventListener("click", told(() => player.toggle()));
$("zoom").addEventListener("input", () => timeline.zoom(Number($("zoom").value)));
volume("music-volume", (level) => player.setMusicVolume(level));
volume("original-volume", (level) => player.setOriginalVolume(level));
takeLanes.addEventListener("chosen", ({ detail }) => choose(detail.id));
takeLanes.addEventListener("stretch", ({ detail }) => select(detail));
takeLanes.addEventListener("sought", ({ detail }) => player.seek(detail.time));
gridLane.addEventListener("clicked", ({ detail }) => {
  const phrase = state.dance.phrases.find(({ start, end }) => detail >= start && detail < end);
  if (phrase && player.take) select({ ...phrase, id: player.take, name: "" });
});
card.addEventListener("stretch", () => select(null));
card.addEventListener("loop", () => select(stretch));
timeline.addEventListener("zoom", () => ($("zoom").value = timeline.zoomed));
matchMedia("(prefers-color-scheme: dark)").addEventListener("change", () => {
  timeline.layout();
  takeLanes.each((lane) => lane.mark());
});

$("video").addEventListener("timeupdate", () => player.tell("time"));
player.addEventListener("time", () => {
  timeline.show(player.time);
  $("clock").textContent = clock(player.time);
});
player.addEventListener("state", () => {
  $("play").classList.toggle("playing", player.playing);
  $("play").setAttribute("aria-label", player.playing ? "Pause" : "Play");
});
player.addEventListener("sync", () => {
  const apart = Math.round(player.sync.measured * 1000);
  $("sync").textContent = `Sound and picture: ${Math.abs(apart)} ms apart`;
  $("sync").dataset.ms = apart;
});

bindKeys([
  { keys: [" "], shown: "Space", words: "Play or pause", act: () => player.toggle() },
  { keys: [..."123456789"], shown: "1 … 9", words: "That take, without a gap", act: number },
  { keys: ["ArrowUp"], shown: "↑", words: "The take above", act: () => next(-1) },
  { keys: ["ArrowDown"], shown: "↓", words: "The take below", act: () => next(1) },
  { keys: ["ArrowLeft"], shown: "←", words: "Back a little; with Shift a picture", act: (event) => jump(event, -1) },
  { keys: ["ArrowRight"], shown: "→", words: "On a little; with Shift a picture", act: (event) => jump(event, 1) },
  { keys: ["Home"], shown: "Home", words: "To the beginning", act: () => player.seek(0) },
  { keys: ["n", "N"], shown: "N", words: "New take", act: make },
  { keys: ["Enter"], control: true, shown: "Ctrl+Enter", words: "New take, from any field", act: make },
  { keys: ["t", "T"], shown: "T", words: "Tap along with the beats", act: () => form.tap() },
  { keys: ["["], shown: "[", words: "The stretch begins here", act: () => edge("start") },
  { keys: ["]"], shown: "]", words: "The stretch ends here", act: () => edge("end") },
  { keys: ["r", "R"], shown: "R", words: "Only the stretch anew", act: () => card.redo() },
  { keys: ["k", "K"], shown: "K", words: "Lock or unlock the stretch", act: () => card.lock() },
  { keys: ["l", "L"], shown: "L", words: "Loop the stretch", act: () => card.loop() },
  { keys: ["Escape"], shown: "Esc", words: "Forget the stretch", act: () => select(null) },
  { keys: ["b", "B"], shown: "B", words: "This take is the best", act: () => card.edit("keep") },
  { keys: ["Delete"], shown: "Del", words: "Delete the take", act: () => card.edit("delete") },
  { keys: ["z"], control: true, shown: "Ctrl+Z", words: "Undo", act: undo },
  { keys: ["Z", "y"], control: true, shown: "Ctrl+Shift+Z", words: "Redo", act: restore },
  { keys: ["e", "E"], shown: "E", words: "Export the take", act: () => card.export() },
  { keys: ["+", "="], shown: "+", words: "Zoom in", act: () => timeline.zoom(timeline.zoomed + 0.1) },
  { keys: ["-"], shown: "-", words: "Zoom out", act: () => timeline.zoom(timeline.zoomed - 0.1) },
  { keys: ["?"], shown: "?", words: "These keys", act: () => $("help").showModal() },
]);

function jump(event, way) {
  player.seek(player.time + way * (event.shiftKey ? 1 / state.project.fps : 1));
}

let last = Promise.resolve();
listen(
  (news) => (last = last.then(() => told(hear)(news))), // one after the other
  () => ($("lost").hidden = false),
);
