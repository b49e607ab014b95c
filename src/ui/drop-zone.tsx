/** A place to drop files, or to choose them with the keyboard. */
import type { ComponentChildren } from "preact";
import { useState } from "preact/hooks";
import { droppedFiles } from "./drop-transfer.ts";

export function DropZone(props: {
  readonly label: string;
  readonly accept: string;
  readonly take: (files: readonly File[] | Promise<readonly File[]>) => void;
  readonly children: ComponentChildren;
}) {
  const [over, setOver] = useState(false);
  return (
    <label
      class={over ? "drop-zone over" : "drop-zone"}
      onDragOver={(event) => {
        event.preventDefault();
        setOver(true);
      }}
      onDragLeave={() => setOver(false)}
      onDrop={(event) => {
        event.preventDefault();
        event.stopPropagation();
        setOver(false);
        if (event.dataTransfer) props.take(droppedFiles(event.dataTransfer));
      }}
    >
      <input
        type="file"
        multiple
        accept={props.accept}
        aria-label={props.label}
        onChange={(event) => {
          props.take([...(event.currentTarget.files ?? [])]);
          event.currentTarget.value = "";
        }}
      />
      {props.children}
    </label>
  );
}
