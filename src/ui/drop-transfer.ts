/** The files of a drop, those in dropped folders included, each under its path from where it was dropped. */

/** Most files that are taken from folders. */
const MOST_FILES = 200_000;

/** Part of DataTransfer. */
export interface Transfer {
  readonly items: ArrayLike<{ webkitGetAsEntry(): FileSystemEntry | null }>;
  readonly files: ArrayLike<File>;
}

/** The dropped files; hidden ones are left out. To be called within the event, after which a browser forgets them. */
export async function droppedFiles(transfer: Transfer): Promise<File[]> {
  const entries = Array.from(transfer.items, (item) => item.webkitGetAsEntry());
  if (!entries.some((entry) => entry?.isDirectory)) return Array.from(transfer.files);
  const found: File[] = [];
  const waiting = entries.filter((entry) => entry !== null);
  for (let entry = waiting.pop(); entry !== undefined && found.length < MOST_FILES; entry = waiting.pop()) {
    if (entry.name.startsWith(".")) continue;
    if (entry.isDirectory) waiting.push(...(await childrenOf(entry as FileSystemDirectoryEntry)));
    else found.push(await fileOf(entry as FileSystemFileEntry));
  }
  return found;
}

/** All entries of a folder, which a browser gives a hundred at a time. */
async function childrenOf(folder: FileSystemDirectoryEntry): Promise<FileSystemEntry[]> {
  const reader = folder.createReader();
  const children: FileSystemEntry[] = [];
  for (;;) {
    const some = await new Promise<FileSystemEntry[]>((resolve, reject) => reader.readEntries(resolve, reject));
    if (some.length === 0) return children;
    children.push(...some);
  }
}

async function fileOf(entry: FileSystemFileEntry): Promise<File> {
  const file = await new Promise<File>((resolve, reject) => entry.file(resolve, reject));
  return new File([file], entry.fullPath.replace(/^\/+/, ""), { type: file.type });
}
