/** `lesion inspect`: lists a model's layers, and the indices under which a study names the ablatable ones. */
import { stat } from "node:fs/promises";
import { basename } from "node:path";
import type { ModelReport } from "../../../workers/protocol.ts";
import { LesionError } from "../../core/errors.ts";
import { type Command, SHARED_OPTIONS } from "../command.ts";
import { openEngine } from "../engine.ts";
import type { Screen } from "../screen.ts";
import { tableLines } from "../table.ts";
import { bytes, grouped, macs } from "../units-of-measure.ts";

export const inspect: Command = {
  name: "inspect",
  takes: "MODEL",
  count: [1, 1],
  summary: "List a model's layers and its ablatable units.",
  options: { browser: SHARED_OPTIONS.browser, json: SHARED_OPTIONS.json },
  run: async (args, screen) => {
    const path = args.names[0]!;
    const found = await stat(path).catch(() => null);
    if (found === null || !found.isFile()) {
      throw new LesionError("not-found", `there is no file ${path}`, {
        where: path,
        fix: "Give the path of a model file.",
      });
    }
    await using page = await openEngine(screen, args.text("browser"));
    const report = await page.call("inspect", page.share(path), basename(path));
    if (args.flag("json")) screen.result(JSON.stringify(report, null, 2));
    else printModel(report, screen);
    return 0;
  },
};

function printModel(report: ModelReport, screen: Screen): void {
  const inputs = report.inputs.map(({ name, shape }) => `${name} [${shape.join(", ")}]`).join(", ");
  screen.result(`${report.name}: ${inputs} -> ${report.outputs.join(", ")}`);
  screen.result(`${grouped(report.parameters)} parameters, ${bytes(report.bytes)}, ${macs(report.macs)} a sample`);
  screen.result("");
  const rows = report.layers.map((layer) => [
    layer.layerIndex === null ? "" : String(layer.layerIndex),
    layer.name,
    layer.kind,
    `[${layer.shape.join(", ")}]`,
    layer.activation === "linear" ? "" : layer.activation,
    grouped(layer.parameters),
    grouped(layer.macs),
  ]);
  const columns = [
    { title: "index", align: "right" },
    { title: "layer", align: "left" },
    { title: "kind", align: "left" },
    { title: "shape", align: "left" },
    { title: "activation", align: "left" },
    { title: "parameters", align: "right" },
    { title: "MACs", align: "right" },
  ] as const;
  for (const line of tableLines(columns, rows, screen.width)) screen.result(line);
  screen.result("");
  screen.result("The index is the one that a study's `layers` takes; layers without one cannot be ablated.");
}
