/** The outcome of a comparison to be kept: a report for people, and figures for programs. @module */
import { fileFormats } from "../../data/what_if_file.ts";
import { type Markup, markup } from "../../markup.ts";
import type { Writer } from "../../texts/catalogue.ts";

export function exportLinks(url: URL, write: Writer): Markup {
  return markup`${
    fileFormats.map((format) => {
      const to = new URLSearchParams(url.search);
      to.set("as", format);
      return markup`<a class="b" download href="?${to.toString()}">${write(`whatif.as.${format}`)}</a> `;
    })
  }`;
}
