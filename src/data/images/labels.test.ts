/** Classes from tables and from folders. */
import { describe, expect, test } from "vitest";
import { readCsv } from "./csv.ts";
import { classNamesOf, labelsFromFolders, labelsFromTable } from "./labels.ts";

const table = (text: string) => readCsv(new TextEncoder().encode(text), "labels.csv");

describe("labelsFromTable", () => {
  test("takes numbers, in the table's order, with names where a column has them", () => {
    const { files, labels, classes, classNames } = labelsFromTable(
      table("file,class,synset,name\nb.png,3,n3,hen\n./a\\c.png,1,n1,cock\n"),
      null,
    );
    expect([files, [...labels], classes]).toEqual([["b.png", "a/c.png"], [3, 1], 4]);
    expect(classNames).toEqual(["0", "cock", "2", "hen"]);
    expect(labelsFromTable(table("file,class\na,1\n"), null).classNames).toEqual(["0", "1"]);
  });

  test("takes names, sorted or in the order given", () => {
    const given = table("class,file\ndog,a\ncat,b\ndog,c\n");
    expect(labelsFromTable(given, null)).toEqual({
      files: ["a", "b", "c"],
      labels: Uint16Array.of(1, 0, 1),
      classes: 2,
      classNames: ["cat", "dog"],
    });
    expect([...labelsFromTable(given, ["emu", "dog", "cat"]).labels]).toEqual([1, 2, 1]);
  });

  test("all classes may be named apart", () => {
    const names = classNamesOf(table("class,synset,name\n2,n2,c\n0,n0,a\n"));
    expect(names).toEqual(["a", "1", "c"]);
    expect(labelsFromTable(table("file,class\nx,2\n"), names)).toMatchObject({ classes: 3, classNames: names });
    expect(classNamesOf(table("name\nfirst\nsecond\n"))).toEqual(["first", "second"]);
  });

  test.each([
    ["name,class\na,1\n", null, "line 1", 'no column "file"'],
    ["file,class\n", null, "line 1", "names no image"],
    ["file,class\na,1\nb,70000\n", null, "line 3", '"70000"'],
    ["file,class\na,1\nb,2\n", ["x", "y"], "line 3", 'gives b the class "2"'],
    ["file,class\na,cat\nb,cow\n", ["cat"], "line 3", 'gives b the class "cow"'],
  ])("%j is refused", (text, names, line, message) => {
    expect(() => labelsFromTable(table(text), names)).toThrow(
      expect.objectContaining({
        code: "bad-file",
        where: `labels.csv, ${line}`,
        message: expect.stringContaining(message),
      }),
    );
  });
});

describe("labelsFromFolders", () => {
  test("sorts classes and images", () => {
    const names = ["b/2.png", "notes.txt", "b/1.JPG", "a/deep/3.webp", "b/x.csv"];
    expect(labelsFromFolders(names, null, "set")).toEqual({
      files: ["a/deep/3.webp", "b/1.JPG", "b/2.png"],
      labels: Uint16Array.of(0, 1, 1),
      classes: 2,
      classNames: ["a", "b"],
    });
    expect([...labelsFromFolders(names, ["b", "c", "a"], "set").labels]).toEqual([2, 0, 0]);
  });

  test.each([
    [["1.png", "a/2.png"], null, /set has neither labels\.csv nor one folder a class: 1 images lie in no folder/],
    [["readme.md"], null, /it holds readme\.md/],
    [["a/1.png"], ["b"], /the folder a in set is none of the 1 classes/],
  ])("refuses %j", (names, classes, message) => {
    expect(() => labelsFromFolders(names, classes, "set")).toThrow(
      expect.objectContaining({ code: "bad-data", message: expect.stringMatching(message) }),
    );
  });
});
