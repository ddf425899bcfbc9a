// What the page asks of d2m on this machine. Every failure has one sentence for the person.

export async function ask(method, path, body) {
  let answer;
  try {
    answer = await fetch(path, {
      method,
      headers: body === undefined ? {} : { "content-type": "application/json" },
      body: body === undefined ? undefined : JSON.stringify(body),
    });
  } catch {
    throw new Error("d2m does not answer: is its terminal still open?");
  }
  if (!answer.ok) throw new Error(await sentence(answer));
  return answer;
}

export const read = async (path) => (await ask("GET", path)).json();
export const send = async (path, body = {}) => (await ask("POST", path, body)).json();
export const bytes = async (path) => (await ask("GET", path)).arrayBuffer();

async function sentence(answer) {
  try {
    return (await answer.json()).error;
  } catch {
    return `d2m answered with an error (${answer.status}).`;
  }
}

// Call `heard` with every new state, until the page goes; it comes back after an interruption.
export function listen(heard, lost) {
  const source = new EventSource("api/events");
  source.addEventListener("message", (event) => heard(JSON.parse(event.data)));
  source.addEventListener("error", lost);
  addEventListener("pagehide", () => source.close());
}

// Send a file, with `progress(share)`; gives what d2m answers.
export function upload(file, progress) {
  return new Promise((resolve, reject) => {
    const request = new XMLHttpRequest();
    request.open("POST", `api/open?name=${encodeURIComponent(file.name)}`);
    request.upload.addEventListener("progress", (event) => progress(event.loaded / event.total));
    request.addEventListener("load", () => {
      if (request.status < 300) return resolve();
      let words = `d2m answered with an error (${request.status}).`;
      try {
        words = JSON.parse(request.responseText).error;
      } catch {
        // no sentence came
      }
      reject(new Error(words));
    });
    request.addEventListener("error", () => reject(new Error("The upload broke off: try again.")));
    request.send(file);
  });
}
