/**
 * What the command line may show, and where: results on stdout, everything else on stderr, a line that is rewritten in
 * place only on a terminal. The one place that knows about TTY, width, NO_COLOR and CI.
 */
import { stripVTControlCharacters, styleText } from "node:util";

/** The part of a Node stream that a screen needs. */
export interface Sink {
  write(text: string): unknown;
  readonly isTTY?: boolean;
  readonly columns?: number;
}

/** Text styles in use; plain text where colours are off. */
export type Style = "bold" | "dim" | "red" | "green" | "yellow" | "cyan";

/** Two streams and what they can do. */
export interface Screen {
  /** Whether a line may be rewritten in place. */
  readonly isLive: boolean;
  /** Whether results go to a terminal. */
  readonly isTerminal: boolean;
  /** Characters in a line of the results; infinite where they go to no terminal, so that nothing is cut. */
  readonly width: number;
  /** Writes a line of results to stdout. */
  result(line: string): void;
  /** Writes a line of log to stderr. */
  log(line: string): void;
  /** Replaces the live line; does nothing where there is none. */
  live(text: string): void;
  /** Removes the live line. */
  endLive(): void;
  /** Text in a style, for stdout unless `to` says stderr. */
  paint(style: Style, text: string, to?: "stdout" | "stderr"): string;
}

/** A screen over two streams. `env` is the process's environment. */
export function createScreen(stdout: Sink, stderr: Sink, env: Readonly<Record<string, string | undefined>>): Screen {
  const quiet = Boolean(env["CI"]) || env["TERM"] === "dumb";
  const isLive = stderr.isTTY === true && !quiet;
  const colours = (sink: Sink) => sink.isTTY === true && !env["NO_COLOR"] && env["TERM"] !== "dumb";
  const colour = { stdout: colours(stdout), stderr: colours(stderr) };
  let shown = "";
  const show = (text: string) => {
    if (shown !== "") stderr.write("\r\x1b[2K");
    if (text !== "") stderr.write(text);
    shown = text;
  };
  return {
    isLive,
    isTerminal: stdout.isTTY === true,
    width: stdout.isTTY === true ? stdout.columns || 80 : Number.POSITIVE_INFINITY,
    result: (line) => {
      show("");
      stdout.write(`${line}\n`);
    },
    log: (line) => {
      const kept = shown;
      show("");
      stderr.write(`${line}
`);
      show(kept);
    },
    live: (text) => {
      if (!isLive) return;
      const cut = truncate(text, (stderr.columns || 80) - 1);
      if (cut !== shown) show(cut);
    },
    endLive: () => show(""),
    paint: (style, text, to = "stdout") => (colour[to] ? styleText(style, text, { validateStream: false }) : text),
  };
}

/** Words in lines of up to `width` characters. */
export function wrapped(words: readonly string[], width: number): string[] {
  const lines: string[] = [];
  for (const word of words) {
    const last = lines.at(-1);
    if (last === undefined || last.length + 1 + word.length > width) lines.push(word);
    else lines[lines.length - 1] = `${last} ${word}`;
  }
  return lines;
}

/** Text cut to `width` characters, with an ellipsis where something was cut off; styles are dropped from cut text. */
export function truncate(text: string, width: number): string {
  const plain = stripVTControlCharacters(text);
  return plain.length <= width ? text : `${plain.slice(0, Math.max(0, width - 1))}…`;
}
