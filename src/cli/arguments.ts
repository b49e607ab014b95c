/**
 * Reading a command's arguments. Every mistake (an option that does not exist, a value that is missing, a number that is
 * none, too few or too many names) is a `usage` error that names the argument and the nearest right one.
 */
import { parseArgs } from "node:util";
import { LesionError } from "../core/errors.ts";
import { nearest } from "../core/nearest.ts";

/** An option as a command declares it. */
export interface Option {
  readonly type: "string" | "boolean";
  readonly multiple?: true;
  /** What its value is called in the help, in capitals. */
  readonly value?: string;
  readonly help: string;
}

/** What a command accepts. */
export interface Signature {
  readonly name: string;
  /** The names it takes, as the help shows them: "STUDY.json". */
  readonly takes: string;
  /** Fewest and most names. */
  readonly count: readonly [number, number];
  readonly options: Readonly<Record<string, Option>>;
}

/** A command's arguments, read. */
export interface Arguments {
  readonly names: readonly string[];
  flag(option: string): boolean;
  text(option: string): string | undefined;
  texts(option: string): readonly string[];
  /** An integer within bounds, or undefined where the option was not given. */
  integer(option: string, least: number, most: number): number | undefined;
}

/** Options that every command has. */
export const COMMON_OPTIONS: Readonly<Record<string, Option>> = {
  help: { type: "boolean", help: "Print this help." },
};

/** Reads the arguments after the command's name. Throws `usage`. */
export function readArguments(command: Signature, args: readonly string[]): Arguments {
  const options = { ...command.options, ...COMMON_OPTIONS };
  const { values, positionals, tokens } = parseArgs({
    args: [...args],
    options: Object.fromEntries(
      Object.entries(options).map(([name, { type, multiple }]) => [name, { type, multiple: multiple ?? false }]),
    ),
    strict: false,
    allowPositionals: true,
    tokens: true,
  });
  for (const token of tokens) if (token.kind === "option") checkOption(command, options, token);
  if (values["help"] !== true) checkCount(command, positionals);
  const text = (option: string) => (typeof values[option] === "string" ? values[option] : undefined);
  return {
    names: positionals,
    flag: (option) => values[option] === true,
    text,
    texts: (option) => {
      const given = values[option];
      return Array.isArray(given) ? given.filter((value) => typeof value === "string") : [];
    },
    integer: (option, least, most) => {
      const given = text(option);
      return given === undefined ? undefined : integerOf(command, option, given, least, most);
    },
  };
}

interface OptionToken {
  readonly name: string;
  readonly rawName: string;
  readonly value: string | undefined;
}

function checkOption(command: Signature, options: Readonly<Record<string, Option>>, token: OptionToken): void {
  const option = Object.hasOwn(options, token.name) ? options[token.name] : undefined;
  if (option === undefined) {
    const meant = nearest(token.name, Object.keys(options));
    throw usage(
      command,
      `\`lesion ${command.name}\` has no option ${token.rawName}`,
      meant === null ? undefined : `Did you mean --${meant}?`,
    );
  }
  if (option.type === "boolean" && token.value !== undefined) {
    throw usage(command, `${token.rawName} takes no value, but was given "${token.value}"`);
  }
  if (option.type === "string" && (token.value === undefined || token.value === "")) {
    throw usage(command, `${token.rawName} needs a value: ${token.rawName} ${option.value ?? "VALUE"}`);
  }
}

function checkCount(command: Signature, names: readonly string[]): void {
  const [least, most] = command.count;
  if (names.length < least) throw usage(command, `\`lesion ${command.name}\` needs ${command.takes}`);
  if (names.length > most) {
    throw usage(
      command,
      `\`lesion ${command.name}\` takes ${command.takes || "no names"}; "${names[most]}" is one too many`,
    );
  }
}

function integerOf(command: Signature, option: string, given: string, least: number, most: number): number {
  const value = Number(given);
  if (!/^\d+$/.test(given) || value < least || value > most) {
    throw usage(command, `--${option} wants an integer from ${least} to ${most}, but was given "${given}"`);
  }
  return value;
}

/** A `usage` error of a command. */
export function usage(command: Pick<Signature, "name">, message: string, fix?: string): LesionError {
  const help = `\`lesion ${command.name} --help\` lists what it takes.`;
  return new LesionError("usage", message, {
    where: `lesion ${command.name}`,
    fix: fix === undefined ? help : `${fix} ${help}`,
  });
}
