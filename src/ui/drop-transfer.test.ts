/** Dropped folders, by entries as a browser gives them. */
import { expect, test } from "vitest";
import { droppedFiles, type Transfer } from "./drop-transfer.ts";

type Tree = { readonly [name: string]: string | Tree };

function entryOf(name: string, content: string | Tree, above = ""): FileSystemEntry {
  const fullPath = `${above}/${name}`;
  if (typeof content === "string") {
    const file = (resolve: (file: File) => void) => resolve(new File([content], name, { type: "text/plain" }));
    return { name, fullPath, isFile: true, isDirectory: false, file } as unknown as FileSystemEntry;
  }
  const children = Object.entries(content).map(([inner, held]) => entryOf(inner, held, fullPath));
  // Two at a time, as a browser gives a hundred at a time.
  const createReader = () => ({ readEntries: (resolve: (some: unknown[]) => void) => resolve(children.splice(0, 2)) });
  return { name, fullPath, isFile: false, isDirectory: true, createReader } as unknown as FileSystemEntry;
}

const transferOf = (tree: Tree): Transfer => ({
  items: Object.entries(tree).map(([name, content]) => ({ webkitGetAsEntry: () => entryOf(name, content) })),
  files: Object.entries(tree).map(([name]) => new File(["plain"], name)),
});

test("folders are walked, files keep their path and contents, hidden ones are left out", async () => {
  const tree = { photos: { cats: { "1.png": "a", "2.png": "b", "3.png": "c" }, "labels.csv": "d", ".DS_Store": "e" } };
  const files = await droppedFiles(transferOf(tree));
  const found = await Promise.all(files.map(async (file) => [file.name, file.type, await file.text()]));
  expect(found.sort()).toEqual([
    ["photos/cats/1.png", "text/plain", "a"],
    ["photos/cats/2.png", "text/plain", "b"],
    ["photos/cats/3.png", "text/plain", "c"],
    ["photos/labels.csv", "text/plain", "d"],
  ]);
});

test("files alone are taken as they are", async () => {
  const transfer = transferOf({ "a.onnx": "a", "b.json": "b" });
  expect(await droppedFiles(transfer)).toEqual(transfer.files);
});
