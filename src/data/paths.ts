/** File names as a study and a page give them: relative, with "/" or "\" between folders. */

/** A path with "/" between folders and without "./" before or "/" after it. */
export function plainPath(path: string): string {
  return path
    .replaceAll("\\", "/")
    .replace(/^(\.\/+)+/, "")
    .replace(/^\.$/, "")
    .replace(/(.)\/+$/, "$1");
}

/** Whether a file lies in a folder or below it; null is the folder that paths are relative to. */
export function isBelow(path: string, folder: string | null): boolean {
  const prefix = folder === null ? "" : plainPath(folder);
  return prefix === "" || plainPath(path).startsWith(`${prefix}/`);
}

/** The last part of a path. */
export function fileName(path: string): string {
  return plainPath(path).split("/").at(-1)!;
}

/** All but the last part of a path; empty where there is no other. */
export function folderOf(path: string): string {
  return plainPath(path).split("/").slice(0, -1).join("/");
}

/** A few names, and how many more there are. */
export function listed(names: readonly string[]): string {
  const shown = names.slice(0, 8).join(", ");
  if (names.length === 0) return "no files";
  return names.length > 8 ? `${shown} and ${names.length - 8} more` : shown;
}
