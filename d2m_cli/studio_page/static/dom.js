// Small helpers around the document.

export const $ = (id) => document.getElementById(id);

export function make(tag, properties = {}, ...children) {
  const element = Object.assign(document.createElement(tag), properties);
  element.append(...children);
  return element;
}

// Show a sentence for a while, in nobody's way; an error stays until it is clicked away.
export function say(words, isError = false) {
  const note = isError
    ? make("button", { className: "note error", title: "Close" }, words)
    : make("p", { className: "note" }, words);
  note.addEventListener("click", () => note.remove());
  $("notes").append(note);
  if (!isError) setTimeout(() => note.remove(), 6000);
}

// A handler whose failure becomes a sentence on the page.
export function told(work) {
  return async (...given) => {
    try {
      return await work(...given);
    } catch (error) {
      say(error.message, true);
      return undefined;
    }
  };
}

export function keep(name, value) {
  try {
    sessionStorage.setItem(name, JSON.stringify(value));
  } catch {
    // storage may be off; a reload then begins with the usual values
  }
}

export function kept(name) {
  try {
    return JSON.parse(sessionStorage.getItem(name));
  } catch {
    return null;
  }
}
