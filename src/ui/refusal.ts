/** Changes of the study that may not hold: what is wrong with the last one, until the study is another. */
import { useState } from "preact/hooks";
import type { ErrorReport } from "../core/errors.ts";
import type { Study } from "../study/study.ts";
import type { Lab } from "./lab-state.ts";

/** Why the last change was refused, or null; and a way to change the study, which gives the same. */
export function useEdit(lab: Lab): [ErrorReport | null, (change: (study: Study) => unknown) => ErrorReport | null] {
  const [refused, setRefused] = useState<{ readonly study: Study; readonly problem: ErrorReport } | null>(null);
  const edit = (change: (study: Study) => unknown) => {
    const problem = lab.editStudy(change);
    setRefused(problem === null ? null : { study: lab.study.value, problem });
    return problem;
  };
  return [refused?.study === lab.study.value ? refused.problem : null, edit];
}
