// Requests to the service that this page came from. The key, where one is wanted, lives as long as the tab.

// This file is web/app/api.js of the service, whichever page takes it.
const BASE = new URL("../..", import.meta.url).href;
const KEY = "ew4all.key";

/** Whole address of a path of the service, or of a link that is whole already; a template of tiles keeps its braces. */
export const address = (path) => (/^https?:/.test(path) ? path : BASE + path.replace(/^\//, ""));

export const key = {
  get: () => sessionStorage.getItem(KEY) || "",
  set: (secret) => (secret ? sessionStorage.setItem(KEY, secret) : sessionStorage.removeItem(KEY)),
};

/** Headers that say who asks. */
export const credentials = () => (key.get() ? { Authorization: `Bearer ${key.get()}` } : {});

/** An answer that is an error: `detail` is for people, `code` for us, `errors` say what is wrong where, `more` is what else came. */
export class Problem extends Error {
  constructor({ status = 0, code = "failed", detail = "Something went wrong.", errors = [], ...more }) {
    super(detail);
    Object.assign(this, { status, code, detail, errors, more });
  }
}

const AWAY = "The service does not answer. Look whether it runs and can be reached, then try again.";

async function problemOf(answer) {
  const told = await answer.json().catch(() => ({}));
  const detail = told.detail || `The service answered ${answer.status}.`;
  return new Problem({ ...told, status: answer.status, detail });
}

/** Ask; returns the answer, or throws a Problem. */
export async function ask(path, { headers = {}, ...how } = {}) {
  let answer;
  try {
    answer = await fetch(address(path), { ...how, headers: { ...credentials(), ...headers } });
  } catch (error) {
    if (error.name === "AbortError") throw error;
    throw new Problem({ code: "away", detail: AWAY });
  }
  if (!answer.ok) throw await problemOf(answer);
  return answer;
}

/** Ask for a document. */
export const read = async (path, how) => (await ask(path, how)).json();

/** Start a job; returns its status. */
export async function execute(process, inputs) {
  return read(`processes/${process}/execution`, {
    method: "POST",
    headers: { "Content-Type": "application/json", Prefer: "respond-async" },
    body: JSON.stringify({ inputs }),
  });
}

/** Upload a file; returns what the service knows of it. */
export async function upload(file, role) {
  const query = new URLSearchParams({ name: file.name, role });
  return read(`v1/uploads?${query}`, {
    method: "POST",
    headers: { "Content-Type": "application/octet-stream" },
    body: file,
  });
}

/** Save a file of the service: a link cannot show a key, so with one the file is fetched first. */
export async function save(path, name) {
  const content = await (await ask(path)).blob();
  const link = document.createElement("a");
  link.href = URL.createObjectURL(content);
  link.download = name;
  link.click();
  setTimeout(() => URL.revokeObjectURL(link.href), 10_000);
}
