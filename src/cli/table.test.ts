import { expect, test } from "vitest";
import { fittingTable, tableLines } from "./table.ts";
import { bytes, counted, duration, grouped, macs, times } from "./units-of-measure.ts";

test("tableLines aligns by what is seen, and cuts to the width", () => {
  const columns = [
    { title: "unit", align: "left" },
    { title: "drop", align: "right" },
  ] as const;
  const rows = [
    ["dense_0: 3", "1.50"],
    ["\x1b[31mx\x1b[39m", "-12.25"],
  ];
  expect(tableLines(columns, rows, 80)).toEqual([
    "unit          drop",
    "dense_0: 3    1.50",
    "\x1b[31mx\x1b[39m           -12.25",
  ]);
  expect(tableLines(columns, rows, 8)[1]).toBe("dense_0…");
});

test("fittingTable cuts names, then leaves columns out, and says which", () => {
  const columns = [
    { title: "layer", align: "left", least: 8 },
    { title: "window", align: "left", rank: 1 },
    { title: "bytes", align: "right", rank: 2 },
  ] as const;
  const rows = [
    ["/layer1/conv2", "3 x 3", "36 KiB"],
    ["/fc", "", "1 KiB"],
  ];
  expect(fittingTable(columns, rows, 29)).toEqual({
    lines: ["layer          window   bytes", "/layer1/conv2  3 x 3   36 KiB", "/fc                     1 KiB"],
    leftOut: [],
  });
  expect(fittingTable(columns, rows, 26)).toEqual({
    lines: ["layer       window   bytes", "/la…/conv2  3 x 3   36 KiB", "/fc                  1 KiB"],
    leftOut: [],
  });
  expect(fittingTable(columns, rows, 18)).toEqual({
    lines: ["layer       window", "/la…/conv2  3 x 3", "/fc"],
    leftOut: ["bytes"],
  });
  const { lines, leftOut } = fittingTable(columns, rows, 6);
  expect([lines[1], leftOut]).toEqual(["/l…co…", ["bytes", "window"]]);
});

test("fittingTable breaks words into lines, the first column's last, and loses nothing", () => {
  const columns = [
    { title: "ablation", align: "left", least: 9, wraps: true },
    { title: "found", align: "left", least: 9, wraps: true },
    { title: "p", align: "right" },
  ] as const;
  const rows = [["dense_0: 3+7 (mean)", "a factor on all units", "0.012"]];
  expect(fittingTable(columns, rows, 40)).toEqual({
    lines: [
      "ablation             found            p",
      "dense_0: 3+7 (mean)  a factor on  0.012",
      "                     all units",
    ],
    leftOut: [],
  });
  expect(fittingTable(columns, rows, 30).lines).toEqual([
    "ablation      found         p",
    "dense_0: 3+7  a factor  0.012",
    "(mean)        on all",
    "              units",
  ]);
  expect(fittingTable(columns, [["a-name-without-words", "", ""]], 25).lines.slice(1)).toEqual([
    "a-name-without-",
    "words",
  ]);
});

test("numbers read as people write them", () => {
  expect([grouped(1234567.4), duration(850), duration(12_340), duration(245_000), duration(7_380_000)]).toEqual([
    "1,234,567",
    "850 ms",
    "12.3 s",
    "4 min 05 s",
    "2 h 03 min",
  ]);
  expect([duration(999.6), duration(59_960), duration(119_700), times(9.34), times(1470.2)]).toEqual([
    "1.0 s",
    "1 min 00 s",
    "2 min 00 s",
    "9.3 times",
    "1,470 times",
  ]);
  expect([bytes(312), bytes(1536), bytes(512 * 2 ** 20), macs(15_880), macs(3.34e10)]).toEqual([
    "312 B",
    "1.5 KiB",
    "512 MiB",
    "15.9 kMAC",
    "33.4 GMAC",
  ]);
  expect([counted(0), counted(640), counted(1_849_688_064)]).toEqual(["0", "640", "1.8 G"]);
});
