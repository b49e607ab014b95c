/** The worker that makes reports: what is made of 100,000 ablations takes a while, and the page answers meanwhile. */
import { reportOf } from "../core/errors.ts";
import { htmlOf, sectionsOf } from "./report-answer.ts";
import type { ReportAnswer, ReportCall } from "./report-request.ts";

addEventListener("message", async ({ data: call }: MessageEvent<ReportCall>) => {
  postMessage(await answerTo(call));
});

async function answerTo(call: ReportCall): Promise<ReportAnswer> {
  const { id } = call;
  try {
    return call.as === "html" ? { id, html: await htmlOf(call) } : { id, sections: await sectionsOf(call) };
  } catch (thrown) {
    return { id, error: reportOf(thrown) };
  }
}
