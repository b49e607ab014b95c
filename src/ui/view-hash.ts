/**
 * The part of the view that the address keeps: sort and selection, as `#sort=drop:desc&row=11`. A reload, or an address
 * sent to a colleague with the same run, shows the same thing. What does not parse is left at its default.
 */

export interface Sort {
  readonly column: string;
  readonly descending: boolean;
}

export interface View {
  readonly sort: Sort;
  /** Row of the study, or null. */
  readonly selected: number | null;
}

export const DEFAULT_SORT: Sort = { column: "drop", descending: true };

/** The address's fragment for a view, with "#"; empty where everything is at its default. */
export function hashOf(view: View): string {
  const parts = new URLSearchParams();
  if (view.sort.column !== DEFAULT_SORT.column || view.sort.descending !== DEFAULT_SORT.descending) {
    parts.set("sort", `${view.sort.column}:${view.sort.descending ? "desc" : "asc"}`);
  }
  if (view.selected !== null) parts.set("row", String(view.selected));
  const text = parts.toString().replaceAll("%3A", ":");
  return text === "" ? "" : `#${text}`;
}

/** The view a fragment describes; `columns` are the ids that may be sorted by. */
export function viewOf(hash: string, columns: readonly string[]): View {
  const parts = new URLSearchParams(hash.replace(/^#/, ""));
  const [column = "", direction] = (parts.get("sort") ?? "").split(":");
  const row = parts.get("row") ?? "";
  return {
    sort: columns.includes(column) ? { column, descending: direction === "desc" } : DEFAULT_SORT,
    selected: /^\d{1,15}$/.test(row) ? Number(row) : null,
  };
}
