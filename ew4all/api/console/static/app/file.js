// Files of the exercise: Markdown is shown where it is named, everything else is saved. A link shows no token, so files are fetched.
import { useState } from "preact/hooks";
import { address, ask, save } from "shared/api.js";
import { html } from "shared/html.js";
import { Markdown } from "./markdown.js";
import { Told } from "./told.js";

const pathOf = (href) => (href.startsWith(address("")) ? href.slice(address("").length) : href);

/** A file that is saved. */
export function File({ href, title, name }) {
  const [problem, setProblem] = useState(null);
  if (!href) return html`<span dir="auto">${title}</span>`;
  const path = pathOf(href);
  const fetching = (event) => {
    event.preventDefault();
    save(path, name ?? path.split("/").at(-1)).catch(setProblem);
  };
  return html`<a href=${address(path)} onClick=${fetching} dir="auto">${title}</a><${Told} problem=${problem} />`;
}

/** A file that is shown below its title, where it is text. */
export function Handout({ href, title }) {
  const [text, setText] = useState(null);
  const [problem, setProblem] = useState(null);
  if (!href) return html`<span dir="auto">${title}</span>`;
  const open = async (event) => {
    if (!event.target.open || text !== null) return;
    try {
      const answer = await ask(pathOf(href));
      const kind = answer.headers.get("content-type") ?? "";
      if (/^text\//.test(kind)) setText(await answer.text());
      else await save(pathOf(href), pathOf(href).split("/").at(-1));
    } catch (error) {
      setProblem(error);
    }
  };
  return html`<details class="file" onToggle=${open}><summary dir="auto">${title}</summary>${text !== null && html`<${Markdown} text=${text} />`}<${Told} problem=${problem} /></details>`;
}
