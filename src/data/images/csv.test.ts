/** Tables as spreadsheets write them, and each way one may be damaged. */
import { describe, expect, test } from "vitest";
import { readCsv } from "./csv.ts";

const read = (text: string) => readCsv(new TextEncoder().encode(text), "t.csv");
const fields = (text: string) => read(text).rows.map((row) => row.fields);

describe("readCsv", () => {
  test.each<[string, string, string[][]]>([
    [
      "plain lines",
      "File,Class\na.png,0\nb.png,1\n",
      [
        ["a.png", "0"],
        ["b.png", "1"],
      ],
    ],
    [
      "CRLF, a byte order mark and no last line end",
      "\ufefffile,class\r\na.png,0\r\nb,1",
      [
        ["a.png", "0"],
        ["b", "1"],
      ],
    ],
    [
      "quotes, commas and line ends in them",
      'file,class\n"a,""b"".png","x\ny"\r\n"c",\n',
      [
        ['a,"b".png', "x\ny"],
        ["c", ""],
      ],
    ],
    ["empty lines", "file,class\n\na,1\n\r\n", [["a", "1"]]],
    [
      "fields that are empty",
      "a,b,c\n,,\n1,,3\n",
      [
        ["", "", ""],
        ["1", "", "3"],
      ],
    ],
  ])("reads %s", (_, text, expected) => {
    expect(fields(text)).toEqual(expected);
  });

  test("names columns in lower case and lines as the file has them", () => {
    const table = read('File , CLASS\n"a\nb",1\nc,2\n');
    expect([table.columns, table.rows.map(({ line }) => line)]).toEqual([
      ["file", "class"],
      [2, 4],
    ]);
  });

  test.each([
    ["", "t.csv, line 1", "is empty"],
    ["a,a\n", "t.csv, line 1", 'two columns named "a"'],
    ["a,b\n1,2\n3\n", "t.csv, line 3", "has 1 fields on line 3 and 2 columns"],
    ['a,b\n"1,2\n', "t.csv, line 2", "a quote on line 2 that is not closed"],
    ['a,b\n"1"2,3\n', "t.csv, line 2", "text after a closing quote"],
  ])("%j is refused", (text, where, message) => {
    expect(() => read(text)).toThrow(
      expect.objectContaining({ code: "bad-file", where, message: expect.stringContaining(message) }),
    );
  });

  test("bytes that are no UTF-8 are refused", () => {
    expect(() => readCsv(Uint8Array.of(0x66, 0xff, 0x0a), "t.csv")).toThrow("t.csv is not UTF-8 text");
  });
});
