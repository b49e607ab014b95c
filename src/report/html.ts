/** A report as one HTML file: no scripts, nothing loaded, light and dark, fit for print. */
import { FIGURE_VARIABLES } from "./figures/colours.ts";
import { figureSvg } from "./figures/figure.ts";
import { escaped } from "./figures/svg.ts";
import { grouped } from "./numbers.ts";
import type { Figure, Report, Section, Table } from "./report.ts";

const STYLE = `
:root{color-scheme:light dark;${FIGURE_VARIABLES}
--page:light-dark(#fdfcfa,#16181b);--ink:light-dark(#1c1e21,#e7e5e0);--band:light-dark(#f3f0e9,#1f2327);--link:light-dark(#1d5a9e,#86b8ee)}
body{margin:0 auto;padding:2rem 1.25rem 4rem;max-width:52rem;background:var(--page);color:var(--ink);font:15px/1.5 system-ui,"Segoe UI","Liberation Sans",sans-serif}
h1{font-size:1.7rem;line-height:1.2;margin:0 0 .25rem}h2{font-size:1.25rem;margin:2.75rem 0 .5rem;padding-top:.75rem;border-top:1px solid var(--rule)}
a{color:var(--link)}nav{columns:2;font-size:.9rem}nav ul,.summary{padding-left:1.2rem}nav ul{margin:0}.summary li{margin:.35rem 0}
.finding{font-weight:600}.meta,figcaption,caption,.cut{color:var(--muted);font-size:.875rem}
figure{margin:1.5rem 0;break-inside:avoid}svg{max-width:100%;height:auto;overflow:visible}
.scroll{overflow-x:auto;margin:1.25rem 0}table{min-width:22rem;border-collapse:collapse;font-size:.85rem;font-variant-numeric:tabular-nums}
caption{text-align:left;padding-bottom:.4rem}th{font-weight:600;text-align:left;vertical-align:bottom;border-bottom:1px solid var(--muted)}
th,td{padding:.2rem .9rem .2rem 0}td{border-bottom:1px solid var(--rule);white-space:nowrap}td.wrap{white-space:normal;min-width:9rem;overflow-wrap:anywhere}.r{text-align:right}
pre{background:var(--band);padding:1rem;font-size:.8rem;line-height:1.4;white-space:pre-wrap;overflow-wrap:anywhere}
@media print{:root{color-scheme:light}body{max-width:none;padding:0;font-size:11px}h2{break-after:avoid}.scroll{overflow:visible}tr{break-inside:avoid}}
`;

/** The file's text. */
export function reportHtml(report: Report): string {
  const title = escaped(report.title);
  const contents = [...report.sections, { id: "study", title: "The study" }, { id: "run", title: "The run" }];
  return `<!doctype html>
<html lang="en"><head><meta charset="utf-8"><title>${title}</title>
<meta name="viewport" content="width=device-width,initial-scale=1">
<meta http-equiv="Content-Security-Policy" content="default-src 'none'; style-src 'unsafe-inline'">
<style>${STYLE}</style></head>
<body><header><h1>${title}</h1></header>
<main>
${report.notes.map(paragraph).join("\n")}
<h2 id="summary">What was found</h2>
<ul class="summary">${report.summary.map((text) => `<li>${escaped(text)}</li>`).join("")}</ul>
<nav aria-label="Sections"><ul>${contents.map((part) => `<li><a href="#${part.id}">${escaped(part.title)}</a></li>`).join("")}</ul></nav>
${report.sections.map(sectionHtml).join("\n")}
<section><h2 id="study">The study</h2>
<pre>${escaped(report.study)}</pre></section>
<section><h2 id="run">The run</h2>
${tableHtml({ caption: "What was computed, with what, when", columns: [], rows: report.provenance, cut: 0 })}</section>
</main></body></html>
`;
}

const paragraph = (text: string) => `<p>${escaped(text)}</p>`;

function sectionHtml({ id, title, finding, paragraphs, figures, tables }: Section): string {
  return `<section><h2 id="${escaped(id)}">${escaped(title)}</h2>
<p class="finding">${escaped(finding)}</p>
${[...paragraphs.map(paragraph), ...figures.map(figureHtml), ...tables.map(tableHtml)].join("\n")}</section>`;
}

function figureHtml(figure: Figure): string {
  return `<figure>${figureSvg(figure)}<figcaption>${escaped(figure.description)}</figcaption></figure>`;
}

/** Longer cells may be broken. */
const LONG_CELL = 32;

function tableHtml({ caption, columns, rows, cut }: Table): string {
  const classOf = (text: string, place: number) =>
    columns[place]?.align === "right" ? ' class="r"' : text.length > LONG_CELL ? ' class="wrap"' : "";
  const titles = columns.map(({ title }, place) => `<th scope="col"${classOf("", place)}>${escaped(title)}</th>`);
  const body = rows.map(
    (row) => `<tr>${row.map((cell, place) => `<td${classOf(cell, place)}>${escaped(cell)}</td>`).join("")}</tr>`,
  );
  const note = cut === 0 ? "" : `<p class="cut">... and ${grouped(cut)} more</p>`;
  const head = titles.length === 0 ? "" : `<thead><tr>${titles.join("")}</tr></thead>`;
  return `<div class="scroll" tabindex="0" role="region" aria-label="${escaped(caption)}"><table><caption>${escaped(caption)}</caption>${head}<tbody>${body.join("\n")}</tbody></table></div>${note}`;
}
