/** What names a study in journals: the same for every document that means the same, in this version and in earlier ones. */
import { canonicalJson, sha256 } from "../core/hash.ts";
import type { Study } from "./study.ts";

/** SHA-256 of a study. Keys that came after the first version count only where they are not at their default. */
export function hashOfStudy({ site, ...study }: Study): Promise<string> {
  return sha256(canonicalJson(site === "post-activation" ? study : { ...study, site }));
}
