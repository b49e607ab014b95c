/** A small checker of markup: every element that begins ends, in order, and every attribute is quoted. */

const EMPTY = new Set(["meta", "!doctype"]);

/** Throws where tags are not balanced, or a tag holds anything but quoted attributes. Returns the names of all elements. */
export function wellFormed(markup: string): string[] {
  const open: string[] = [];
  const names: string[] = [];
  const withoutStyle = markup.replace(/<style>[^<]*<\/style>/g, "");
  for (const [tag, slash, name, attributes, closed] of withoutStyle.matchAll(
    /<(\/?)([!\w]+)((?:"[^"]*"|[^">])*?)(\/?)>/g,
  )) {
    if (slash === "/") {
      const last = open.pop();
      if (last !== name) throw new Error(`${tag} ends <${last}>`);
      continue;
    }
    names.push(name!);
    const rest = attributes!.replace(/\s[\w:-]+="[^"<]*"/g, "").trim();
    if (rest !== "" && name !== "!doctype") throw new Error(`${tag} holds ${rest}`);
    if (closed !== "/" && !EMPTY.has(name!)) open.push(name!);
  }
  if (open.length > 0) throw new Error(`not ended: ${open.join(", ")}`);
  const between = withoutStyle.replace(/<(\/?)([!\w]+)((?:"[^"]*"|[^">])*?)(\/?)>/g, "");
  if (/[<>]/.test(between)) throw new Error(`a loose ${/.{0,20}[<>].{0,20}/.exec(between)?.[0]}`);
  return names;
}
