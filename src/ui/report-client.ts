/** The page's side of the worker that makes reports: it starts with the first request, and again after it has died. */
import { errorOf, LesionError } from "../core/errors.ts";
import type { ReportAnswer, ReportCall, ReportMaker, ReportRequest } from "./report-request.ts";

type Waiting = { readonly resolve: (answer: ReportAnswer) => void; readonly reject: (error: LesionError) => void };

/** Starts the worker that makes reports, once one is asked for. */
export function startReportMaker(): ReportMaker {
  const waiting = new Map<number, Waiting>();
  let worker: Worker | null = null;
  let calls = 0;
  const start = () => {
    const started = new Worker(new URL("./report.worker.ts", import.meta.url), { type: "module" });
    started.onmessage = ({ data }: MessageEvent<ReportAnswer>) => {
      const call = waiting.get(data.id);
      waiting.delete(data.id);
      if ("error" in data) call?.reject(errorOf(data.error));
      else call?.resolve(data);
    };
    started.onerror = (event) => {
      worker = null;
      started.terminate();
      const gone = new LesionError(
        "worker-died",
        `the worker that makes reports ended: ${event.message || "no reason"}`,
      );
      for (const { reject } of waiting.values()) reject(gone);
      waiting.clear();
    };
    return started;
  };
  const ask = (request: ReportRequest, as: ReportCall["as"]) =>
    new Promise<ReportAnswer>((resolve, reject) => {
      const id = ++calls;
      waiting.set(id, { resolve, reject });
      worker ??= start();
      worker.postMessage({ ...request, id, as } satisfies ReportCall);
    });
  return {
    sections: async (request) => {
      const answer = await ask(request, "sections");
      return "sections" in answer ? answer.sections : [];
    },
    html: async (request) => {
      const answer = await ask(request, "html");
      return "html" in answer ? answer.html : "";
    },
  };
}
