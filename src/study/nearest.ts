/** The name a person probably meant, for the documents and arguments that are checked up here. */
export { editDistance, nearest } from "../core/nearest.ts";
