/** The benchmarks that run in the page. */
import { LesionError } from "../src/core/errors.ts";

export async function runBenchmark(name: string, _options: Readonly<Record<string, unknown>>): Promise<unknown> {
  throw new LesionError("usage", `there is no benchmark ${name}`);
}
