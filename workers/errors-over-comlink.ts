/**
 * Lets typed errors cross a worker boundary: comlink's own handler keeps a message and a stack, this one keeps the code,
 * the place and the remedy. Importing it installs it; both sides must.
 */
import { type TransferHandler, transferHandlers } from "comlink";
import { type ErrorReport, errorOf, reportOf } from "../src/core/errors.ts";

interface Thrown {
  readonly value: unknown;
}

const own = transferHandlers.get("throw") as TransferHandler<Thrown, unknown>;

transferHandlers.set("throw", {
  canHandle: (value): value is Thrown => own.canHandle(value),
  serialize: ({ value }: Thrown) => [reportOf(value), []],
  deserialize: (report: ErrorReport) => {
    throw errorOf(report);
  },
} satisfies TransferHandler<Thrown, ErrorReport>);
