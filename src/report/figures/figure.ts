/** Any figure as SVG. */
import type { Figure } from "../report.ts";
import { barsSvg } from "./bars.ts";
import { heatmapSvg } from "./heatmap.ts";
import { linesSvg } from "./lines.ts";
import { mapSvg } from "./map.ts";
import { scatterSvg } from "./scatter.ts";

/** The figure as an SVG element, for a page that declares `FIGURE_VARIABLES`, or for none. */
export function figureSvg(figure: Figure): string {
  switch (figure.mark) {
    case "lines":
      return linesSvg(figure);
    case "scatter":
      return scatterSvg(figure);
    case "heatmap":
      return heatmapSvg(figure);
    case "bars":
      return barsSvg(figure);
    case "map":
      return mapSvg(figure);
  }
}
