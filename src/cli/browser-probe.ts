/**
 * Starts a browser with a set of switches and asks its WebGPU for an adapter, so that a browser is chosen for what it
 * can do and not for its name.
 */
import type { AdapterReport } from "../study/records.ts";

/** What a browser answered, with how long one small GPU job took. */
export interface Probe {
  /** "156.0.8078.79" */
  readonly version: string;
  readonly adapter: AdapterReport;
  /** From submit to the result on the processor, shader compiled before: 2^20 multiply-adds of 256 steps each. */
  readonly jobMs: number;
}

/** Switches that every launch gets: no window, no traffic of the browser's own. */
export const QUIET_SWITCHES: readonly string[] = [
  "--headless=new",
  "--disable-background-networking",
  "--disable-component-update",
  "--disable-sync",
  "--no-first-run",
  "--disable-quic",
];

const TIMEOUT_MS = 60_000;

/** Starts the browser and asks it. Throws, with the reason as a message, where it does not start or has no WebGPU. */
export async function probeBrowser(executablePath: string, args: readonly string[]): Promise<Probe> {
  const { chromium } = await import("playwright");
  const browser = await chromium.launch({ executablePath, args: [...args], timeout: TIMEOUT_MS });
  try {
    const page = await browser.newPage();
    // WebGPU is offered to secure pages only; this address is answered here and never looked up.
    await page.route("**/*", (route) => route.fulfill({ contentType: "text/html", body: "<title>probe</title>" }));
    await page.goto("https://lesion.invalid/", { timeout: TIMEOUT_MS });
    const answer = await within(TIMEOUT_MS, page.evaluate(askAdapter));
    if (typeof answer === "string") throw new Error(answer);
    return { version: browser.version(), ...answer };
  } finally {
    await within(5000, browser.close()).catch(() => {});
  }
}

/** The promise's result, or a rejection once the time is over. */
export async function within<T>(timeoutMs: number, promise: Promise<T>): Promise<T> {
  let timer: NodeJS.Timeout | undefined;
  const late = new Promise<never>((_, fail) => {
    timer = setTimeout(() => fail(new Error(`no answer within ${timeoutMs / 1000} s`)), timeoutMs);
  });
  return Promise.race([promise, late]).finally(() => clearTimeout(timer));
}

/** Runs in the page. A string says why there is no adapter. */
async function askAdapter(): Promise<Omit<Probe, "version"> | string> {
  if (navigator.gpu === undefined) return "WebGPU is switched off or not built in (navigator.gpu is missing)";
  const adapter = await navigator.gpu.requestAdapter({ powerPreference: "high-performance" });
  if (adapter === null) return "WebGPU gives no adapter";
  const device = await adapter.requestDevice();
  const count = 1 << 20;
  const pipeline = await device.createComputePipelineAsync({
    layout: "auto",
    compute: {
      module: device.createShaderModule({
        code: `@group(0) @binding(0) var<storage, read_write> values: array<f32>;
          @compute @workgroup_size(64) fn main(@builtin(global_invocation_id) id: vec3u) {
            var value = f32(id.x & 255u);
            for (var step = 0u; step < 256u; step++) { value = fma(value, 0.5, 1.0); }
            values[id.x] = value;
          }`,
      }),
    },
  });
  const values = device.createBuffer({ size: 4 * count, usage: GPUBufferUsage.STORAGE | GPUBufferUsage.COPY_SRC });
  const staging = device.createBuffer({ size: 4, usage: GPUBufferUsage.COPY_DST | GPUBufferUsage.MAP_READ });
  const bindings = device.createBindGroup({
    layout: pipeline.getBindGroupLayout(0),
    entries: [{ binding: 0, resource: { buffer: values } }],
  });
  const started = performance.now();
  const encoder = device.createCommandEncoder();
  const pass = encoder.beginComputePass();
  pass.setPipeline(pipeline);
  pass.setBindGroup(0, bindings);
  pass.dispatchWorkgroups(count / 64);
  pass.end();
  encoder.copyBufferToBuffer(values, 0, staging, 0, 4);
  device.queue.submit([encoder.finish()]);
  await staging.mapAsync(GPUMapMode.READ);
  const jobMs = performance.now() - started;
  // x <- x / 2 + 1 has the fixed point 2.
  const result = new Float32Array(staging.getMappedRange())[0]!;
  if (Math.abs(result - 2) > 1e-5) return `a small GPU job gave ${result} instead of 2`;
  const { vendor, architecture, device: name, description } = adapter.info;
  const limits: Record<string, number> = {};
  for (const limit in adapter.limits) {
    const value: unknown = Reflect.get(adapter.limits, limit);
    if (typeof value === "number") limits[limit] = value;
  }
  const named = `${vendor} ${architecture} ${name} ${description}`;
  const fallback = adapter.info.isFallbackAdapter === true || /swiftshader|llvmpipe|lavapipe/i.test(named);
  device.destroy();
  return {
    adapter: {
      vendor,
      architecture,
      device: name,
      description,
      fallback,
      features: [...adapter.features].sort(),
      limits,
    },
    jobMs,
  };
}
