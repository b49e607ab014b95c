/** What the run's analyses have found, section by section as in its report, as soon as each has something to say. */
import { useId } from "preact/hooks";
import { FIGURE_VARIABLES } from "../report/figures/colours.ts";
import type { Table } from "../report/report.ts";
import { count } from "./format.ts";
import type { Lab } from "./lab-state.ts";
import type { ShownSection } from "./report-request.ts";
import { SampleMap } from "./sample-map.tsx";

export function AnalysesView({ lab }: { lab: Lab }) {
  const sections = lab.sections.value;
  if (sections.length === 0) return null;
  return (
    <section class="analyses" aria-labelledby="analyses-title" style={FIGURE_VARIABLES}>
      <header>
        <h2 id="analyses-title">Analyses</h2>
      </header>
      {sections.map((shown) => (
        <SectionCard key={shown.section.id} lab={lab} shown={shown} />
      ))}
    </section>
  );
}

function SectionCard({ lab, shown: { section, figures } }: { lab: Lab; shown: ShownSection }) {
  const { id, title, finding, paragraphs, tables } = section;
  return (
    <article class="card analysis" aria-labelledby={`analysis-${id}`}>
      <h3 id={`analysis-${id}`}>{title}</h3>
      <p class="finding">{finding}</p>
      <details>
        <summary>How to read it</summary>
        {paragraphs.map((text) => (
          <p key={text}>{text}</p>
        ))}
      </details>
      {id === "embedding" && <SampleMaps lab={lab} />}
      {figures.length > 0 && (
        <div class="analysis-figures">
          {figures.map(({ title, svg, description }) => (
            <figure key={title}>
              <Scrolled label={title} html={svg} />
              <figcaption class="quiet">{description}</figcaption>
            </figure>
          ))}
        </div>
      )}
      {tables.length > 0 && (
        <div class="analysis-tables">
          {tables.map((table, place) => (
            <SectionTable key={`${place} ${table.caption}`} table={table} />
          ))}
        </div>
      )}
    </article>
  );
}

/** SVG to be trusted: a report's figures escape whatever names a file or a study brought. */
function Scrolled({ label, html }: { label: string; html: string }) {
  return (
    // biome-ignore lint/a11y/noNoninteractiveTabindex: what scrolls is reached by the keyboard.
    <section class="scroll-x" tabIndex={0} aria-label={label} dangerouslySetInnerHTML={{ __html: html }} />
  );
}

/** A map for each way in which the samples were laid out. */
function SampleMaps({ lab }: { lab: Lab }) {
  const results = lab.run.results.value;
  const records = [...(results?.analyses.values() ?? [])].filter((record) => record.name === "embedding");
  return (
    <div class="charts">
      {records.map((record) => (
        <SampleMap key={record.method} lab={lab} record={record} />
      ))}
    </div>
  );
}

/** Longer cells may be broken. */
const LONG_CELL = 32;

function SectionTable({ table: { caption, columns, rows, cut } }: { table: Table }) {
  // Beside the table and not in it: a caption is as wide as its table, which may be wider than the page.
  const id = useId();
  const classOf = (text: string, place: number) =>
    columns[place]?.align === "right" ? "number" : text.length > LONG_CELL ? "long" : "";
  return (
    <div class="analysis-table">
      <p class="caption" id={id}>
        {caption}
      </p>
      <div class="scroll-x">
        {/* biome-ignore lint/a11y/noNoninteractiveTabindex: what scrolls is reached by the keyboard. */}
        <table tabIndex={0} aria-labelledby={id}>
          <thead>
            <tr>
              {columns.map(({ title }, place) => (
                <th key={title} scope="col" class={classOf("", place)}>
                  {title}
                </th>
              ))}
            </tr>
          </thead>
          <tbody>
            {rows.map((row) => (
              <tr key={row.join("\t")}>
                {row.map((cell, place) => (
                  <td key={columns[place]?.title} class={classOf(cell, place)}>
                    {cell}
                  </td>
                ))}
              </tr>
            ))}
          </tbody>
        </table>
      </div>
      {cut > 0 && <p class="quiet">and {count(cut)} more in the report</p>}
    </div>
  );
}
