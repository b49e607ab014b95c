/**
 * The keyboard's handle on a chart: a slider over its drawing, there for focus and for screen readers, not to be seen. What
 * it is at is said in words.
 */

export function ChartCursor(props: {
  /** How many places left and right go through. */
  readonly places: number;
  readonly at: number;
  readonly label: string;
  /** What is at the present place, in words. */
  readonly text: string;
  readonly move: (place: number) => void;
  readonly enter: () => void;
  readonly leave: () => void;
  /** Takes other keys; says whether it took one. */
  readonly press?: (key: string) => boolean;
}) {
  const { places, at, label, text, move, enter, leave, press } = props;
  return (
    <input
      class="cursor"
      type="range"
      min={0}
      max={Math.max(0, places - 1)}
      value={at}
      aria-label={label}
      aria-valuetext={text}
      onInput={(event) => move(Number(event.currentTarget.value))}
      onFocus={enter}
      onBlur={leave}
      onKeyDown={(event) => {
        if (press?.(event.key)) event.preventDefault();
      }}
    />
  );
}

/** Whether a key chooses what the cursor is at. */
export const isChoice = (key: string): boolean => key === "Enter" || key === " ";
