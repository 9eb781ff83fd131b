// Markup in templates, without a build: htm bound to preact.
import { h, render } from "preact";
import htm from "htm";

export const html = htm.bind(h);
export { render };
