/**
 * The one error type of Lesion. Every failure a person can meet carries what happened (with the numbers and names
 * involved), where it happened, and what to do about it; it survives the crossing between worker, page and terminal.
 */

/** What kind of failure it is; decides the exit code of the command line. */
export type ErrorCode =
  | "bad-file" // a file is damaged, truncated, or not of the format it should be
  | "bad-model" // a model was read, but cannot be what it claims (shapes, NaN weights)
  | "bad-data" // a data set was read, but does not fit (labels and images differ in number)
  | "bad-study" // a study document is wrong
  | "unsupported" // a valid input asks for what Lesion does not do
  | "not-found" // a file or address is not there
  | "usage" // the command line was called wrongly
  | "cannot-write" // the disk or the folder refused what was written
  | "no-gpu" // WebGPU gives no adapter
  | "no-browser" // no browser with WebGPU could be found or started
  | "device-lost" // the GPU device went away
  | "gpu-error" // the GPU refused a command
  | "out-of-memory" // a plan or an allocation exceeds the budget
  | "worker-died" // a worker ended without an answer
  | "cancelled" // a person stopped the run
  | "threshold" // an expectation given with --expect failed
  | "check-failed" // the reference disagrees
  | "internal"; // a bug in Lesion

/** All of an error but its class: what crosses a worker boundary. */
export interface ErrorReport {
  readonly code: ErrorCode;
  readonly message: string;
  /** The node, key, line or byte offset at fault. */
  readonly where?: string | undefined;
  /** What a person can do about it, as a sentence. */
  readonly fix?: string | undefined;
  /** Further facts for programs. Plain data. */
  readonly detail?: Readonly<Record<string, unknown>> | undefined;
  /** What caused it, as text. */
  readonly because?: string | undefined;
}

/** The error that all of Lesion throws for failures a person can meet. */
export class LesionError extends Error {
  override readonly name = "LesionError";
  readonly code: ErrorCode;
  readonly where: string | undefined;
  readonly fix: string | undefined;
  readonly detail: Readonly<Record<string, unknown>> | undefined;

  constructor(
    code: ErrorCode,
    message: string,
    more: { where?: string; fix?: string; cause?: unknown; detail?: Readonly<Record<string, unknown>> } = {},
  ) {
    super(message, more.cause === undefined ? undefined : { cause: more.cause });
    this.code = code;
    this.where = more.where;
    this.fix = more.fix;
    this.detail = more.detail;
  }
}

/** The plain form of any thrown value. What is not a LesionError becomes `internal`, with its message kept. */
export function reportOf(thrown: unknown): ErrorReport {
  if (thrown instanceof LesionError) {
    const { code, message, where, fix, detail, cause } = thrown;
    return { code, message, where, fix, detail, because: cause === undefined ? undefined : String(cause) };
  }
  const message = thrown instanceof Error ? thrown.message : String(thrown);
  return {
    code: "internal",
    message: `unexpected failure: ${message}`,
    fix: "This is a bug in Lesion; please report it with the study and the message.",
    because: thrown instanceof Error ? thrown.stack : undefined,
  };
}

/** The error that a report describes. */
export function errorOf(report: ErrorReport): LesionError {
  const { code, message, where, fix, detail, because } = report;
  return new LesionError(code, message, {
    ...(where === undefined ? {} : { where }),
    ...(fix === undefined ? {} : { fix }),
    ...(detail === undefined ? {} : { detail }),
    ...(because === undefined ? {} : { cause: because }),
  });
}

/** Exit code of the command line: 1 run failed, 2 bad input, 3 no usable GPU or browser, 4 threshold, 130 interrupted. */
export function exitCodeOf(code: ErrorCode): 1 | 2 | 3 | 4 | 130 {
  switch (code) {
    case "bad-file":
    case "bad-model":
    case "bad-data":
    case "bad-study":
    case "unsupported":
    case "not-found":
    case "usage":
      return 2;
    case "no-gpu":
    case "no-browser":
      return 3;
    case "threshold":
      return 4;
    case "cancelled":
      return 130;
    case "cannot-write":
    case "device-lost":
    case "gpu-error":
    case "out-of-memory":
    case "worker-died":
    case "check-failed":
    case "internal":
      return 1;
  }
}
