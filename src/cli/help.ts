/** The help texts, made from what the commands declare. */
import { COMMON_OPTIONS } from "./arguments.ts";
import type { Command } from "./command.ts";
import { tableLines } from "./table.ts";

const COLUMNS = [
  { title: "", align: "left" },
  { title: "", align: "left" },
] as const;

/** Lines of `lesion --help`. */
export function generalHelp(commands: readonly Command[]): string[] {
  return [
    "lesion: ablation studies of neural networks, on the GPU, in headless Chrome",
    "",
    "usage: lesion COMMAND [ARGUMENTS]",
    ...pairs(commands.map(({ name, takes, summary }) => [`  ${name} ${takes}`, summary])),
    "",
    "`lesion COMMAND --help` lists a command's options. Start with `lesion demo`.",
    "",
    "exit codes: 0 done, 1 run failed, 2 bad input, 3 no usable GPU or browser, 4 a threshold failed, 130 interrupted",
    "environment: LESION_BROWSER (path of the browser), LESION_ADAPTER=swiftshader (compute on the processor), NO_COLOR",
  ];
}

/** Lines of `lesion COMMAND --help`. */
export function commandHelp(command: Command): string[] {
  const options = Object.entries({ ...command.options, ...COMMON_OPTIONS });
  return [
    command.summary,
    "",
    `usage: lesion ${[command.name, command.takes].filter(Boolean).join(" ")} [OPTIONS]`,
    ...pairs(
      options.map(([name, { type, value, multiple, help }]) => [
        `  --${name}${type === "string" ? ` ${value ?? "VALUE"}` : ""}${multiple ? " ..." : ""}`,
        help,
      ]),
    ),
  ];
}

const pairs = (rows: string[][]) => tableLines(COLUMNS, rows, Number.POSITIVE_INFINITY);
