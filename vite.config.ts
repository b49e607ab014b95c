import { resolve } from "node:path";
import { playwright } from "@vitest/browser-playwright";
import { defineConfig } from "vitest/config";
import { wgsl } from "./scripts/wgsl.ts";
import { browserLaunch } from "./src/cli/browser.ts";

/**
 * A browser each: compiling shaders, most of what the tests on a processor wait for, keeps one core of a browser's GPU
 * process busy, however many pages it has.
 */
const GPU_PROJECTS = [
  { name: "gpu-kernels", include: ["{src/kernels,workers}/**/*.gpu.test.ts"] },
  { name: "gpu-engine", include: ["src/**/*.gpu.test.ts"], exclude: ["src/kernels/**"] },
];

async function gpuProject(files: (typeof GPU_PROJECTS)[number]) {
  return {
    extends: true as const,
    test: {
      ...files,
      testTimeout: 120_000,
      fileParallelism: false,
      browser: {
        enabled: true,
        headless: true,
        screenshotFailures: false,
        provider: playwright({ launchOptions: await browserLaunch() }),
        instances: [{ browser: "chromium" as const }],
      },
    },
  };
}

export default defineConfig(async ({ mode }) => ({
  plugins: [wgsl()],
  resolve: {
    alias: [
      // wgsl_reflect's `main` is CommonJS under `"type": "module"`: its bare name cannot be imported.
      { find: /^wgsl_reflect$/, replacement: "wgsl_reflect/wgsl_reflect.module.js" },
      // The build that loads its WebAssembly from addresses it is given; the other one brings a copy of the code that loads it.
      {
        find: /^onnxruntime-web\/webgpu$/,
        replacement: resolve("node_modules/onnxruntime-web/dist/ort.webgpu.min.mjs"),
      },
    ],
  },
  build: { target: "esnext", outDir: "dist/lab", manifest: true, chunkSizeWarningLimit: 1600 },
  worker: { format: "es" as const, plugins: () => [wgsl()] },
  // Found late otherwise, whereupon Vite reloads a test that is running.
  optimizeDeps: {
    include: [
      "@tensorflow/tfjs-core",
      "@tensorflow/tfjs-core/dist/register_all_gradients",
      "@tensorflow/tfjs-backend-webgpu",
      "@tensorflow/tfjs-backend-wasm",
      "@bufbuild/protobuf",
      "@bufbuild/protobuf/wire",
      "comlink",
      "fast-check",
      "fflate",
      "ml-hclust",
      "ml-matrix",
      "onnx-buf",
      "pure-rand/generator/xoroshiro128plus",
      "umap-js",
      "valibot",
    ],
  },
  server: { headers: { "Cross-Origin-Opener-Policy": "same-origin", "Cross-Origin-Embedder-Policy": "require-corp" } },
  test: {
    projects: [
      {
        extends: true as const,
        test: {
          name: "node",
          environment: "node",
          setupFiles: ["scripts/same-properties.ts"],
          // One after the other, and so beside the pages, which leave part of the machine idle: Vitest runs together what has
          // one worker each.
          fileParallelism: false,
          testTimeout: 60_000,
          include: ["{src,workers,scripts,bench}/**/*.test.{ts,tsx}"],
          exclude: ["**/*.gpu.test.ts"],
        },
      },
      ...(mode === "test" ? await Promise.all(GPU_PROJECTS.map(gpuProject)) : []),
    ],
  },
}));
