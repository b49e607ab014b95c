/** Builds the command line: one file for Node with everything in it but Node's own modules and Playwright. */
import { defineConfig } from "vite";

export default defineConfig({
  publicDir: false,
  ssr: { noExternal: true, external: ["playwright"] },
  build: {
    ssr: "src/cli/lesion.ts",
    outDir: "dist/cli",
    target: "node20",
    minify: true,
    rolldownOptions: { output: { entryFileNames: "lesion.js", codeSplitting: false } },
  },
});
