/** SVG as text: escaping, rounding, and the outermost element that every figure has. */
import { colour } from "./colours.ts";

/** Width of every figure, in pixels of its own; pages scale it down. */
export const WIDTH = 640;
export const FONT_SIZE = 12;
/** Mean width of a character, in parts of the font's size: DejaVu Sans, the widest font that pages fall back to. */
const CHARACTER = 0.62;

const ENTITIES: Readonly<Record<string, string>> = {
  "&": "&amp;",
  "<": "&lt;",
  ">": "&gt;",
  '"': "&quot;",
  "'": "&#39;",
};

/** Text as it may stand in HTML and SVG, in attributes too. */
export const escaped = (text: string): string => text.replace(/[&<>"']/g, (sign) => ENTITIES[sign]!);

/** A coordinate, to a tenth of a pixel. */
export const at = (value: number): string => String(Math.round(value * 10) / 10);

/** About how wide a text is drawn, in pixels. */
export const textWidth = (text: string, size = FONT_SIZE): number => text.length * CHARACTER * size;

/** Text cut in its middle to about `width` pixels; more of its end is kept than of its beginning, for names differ there. */
export function fitted(text: string, width: number, size = FONT_SIZE): string {
  const most = Math.max(3, Math.floor(width / (CHARACTER * size)));
  if (text.length <= most) return text;
  const head = Math.floor((most - 1) / 3);
  return `${text.slice(0, head)}…${text.slice(text.length - (most - 1 - head))}`;
}

interface TextStyle {
  readonly anchor?: "start" | "middle" | "end";
  readonly muted?: boolean;
  readonly bold?: boolean;
  /** Degrees about its own place. */
  readonly turn?: number;
}

/** Text with its baseline at (x, y). */
export function text(x: number, y: number, content: string, { anchor, muted, bold, turn }: TextStyle = {}): string {
  const attributes = [
    `x="${at(x)}" y="${at(y)}" fill="${muted ? colour("muted") : "currentColor"}"`,
    anchor === undefined || anchor === "start" ? "" : ` text-anchor="${anchor}"`,
    bold ? ' font-weight="600"' : "",
    turn === undefined ? "" : ` transform="rotate(${turn} ${at(x)} ${at(y)})"`,
  ];
  return `<text ${attributes.join("")}>${escaped(content)}</text>`;
}

/** A straight line. */
export function line(x1: number, y1: number, x2: number, y2: number, stroke = "currentColor", more = ""): string {
  return `<path d="M${at(x1)} ${at(y1)}L${at(x2)} ${at(y2)}" stroke="${stroke}" fill="none"${more}/>`;
}

/** The whole figure. Its title is its accessible name, its description is read after it. */
export function svg(figure: { readonly title: string; readonly description: string }, height: number, body: string) {
  const h = Math.ceil(height);
  return (
    `<svg xmlns="http://www.w3.org/2000/svg" role="img" viewBox="0 0 ${WIDTH} ${h}" width="${WIDTH}" height="${h}" ` +
    `font-size="${FONT_SIZE}" font-family="system-ui,sans-serif" color="inherit">` +
    `<title>${escaped(figure.title)}</title><desc>${escaped(figure.description)}</desc>${body}</svg>`
  );
}
