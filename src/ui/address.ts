/** Keeps sort and selection in the address, so that a reload shows the same view. */
import { effect } from "@preact/signals";
import type { Lab } from "./lab-state.ts";
import { COLUMNS } from "./table-columns.ts";
import { hashOf, viewOf } from "./view-hash.ts";

/** Takes the view from the address, and writes it there whenever it changes. */
export function bindAddress(lab: Lab): void {
  const read = () => {
    const { sort, selected } = viewOf(
      location.hash,
      COLUMNS.map(({ id }) => id),
    );
    lab.sortBy(sort.column, sort.descending);
    lab.select(selected);
  };
  read();
  window.addEventListener("hashchange", read);
  effect(() => {
    const hash = hashOf({ sort: lab.sort.value, selected: lab.selected.value });
    if (hash !== location.hash) history.replaceState(null, "", `${location.pathname}${location.search}${hash}`);
  });
}
