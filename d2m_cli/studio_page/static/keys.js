// Every key of the page. What has the focus comes first: letters typed into a field stay there.

import { $, make, told } from "./dom.js";

const TYPED = new Set(["number", "text", "file"]);

export function bindKeys(actions) {
  const rows = actions.flatMap(({ shown, words }) => [
    make("dt", {}, ...shown.split(" ").map((key) => make("kbd", {}, key))),
    make("dd", {}, words),
  ]);
  $("keys").replaceChildren(...rows);
  addEventListener("keydown", (event) => {
    if ($("help").open || $("desk").hidden) return;
    const at = event.target;
    const typing = at.tagName === "SELECT" || (at.tagName === "INPUT" && TYPED.has(at.type));
    const control = event.ctrlKey || event.metaKey;
    if (typing && event.key !== "Escape" && !(control && event.key === "Enter")) return;
    if (at.type === "range" && event.key.startsWith("Arrow")) return;
    if (event.key === " " && ["BUTTON", "SUMMARY"].includes(at.tagName)) return;
    const found = actions.find(
      ({ keys, control: wanted = false }) => wanted === control && keys.includes(event.key),
    );
    if (!found || event.altKey) return;
    event.preventDefault();
    if (typing) at.blur();
    told(found.act)(event);
  });
}
