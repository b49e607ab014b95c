/** Where the product's own files lie: the same folders up from the sources (src/cli) and from the bundle (dist/cli). */
import { resolve } from "node:path";

const root = resolve(import.meta.dirname, "../..");

/** The built page. */
export const LAB_FOLDER = resolve(root, "dist/lab");
/** The product's package.json. */
export const PACKAGE_FILE = resolve(root, "package.json");
/** The studies that come with it. */
export const STUDIES_FOLDER = resolve(root, "studies");
