/**
 * Convolutional networks that others trained, from their files as published, through the command line as built: logits and
 * counts under ablation as the float64 oracle has them; for one of them TensorFlow.js too. Few samples each: the counts on
 * whole data sets are in docs/reference.md, with the commands that give them.
 */
import { copyFile, mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { expect, test } from "playwright/test";
import { lesion } from "./lesion-process.ts";
import { sharedData } from "./shared-data.ts";

const mnist = { set: "mnist", path: sharedData("mnist"), normalize: { mean: 0, std: 1 } };
const imagenet = { set: "images", path: sharedData("imagenet-sample"), channels: "bgr", scale: 1 };
const NETWORKS = [
  {
    name: "a TensorFlow.js Layers model",
    model: "models/mnist-cnn-tfjs",
    data: { ...mnist, scale: 1 },
    samples: 8,
    ablations: 3,
    references: ["float64", "tfjs-webgpu"],
  },
  {
    name: "a Keras model with batch norm",
    model: "models/mnist-cnn-batchnorm.h5",
    data: mnist,
    samples: 32,
    ablations: 6,
  },
  {
    name: "ResNet-20, as PyTorch exports it",
    model: "models/resnet20-cifar10.onnx",
    data: {
      set: "cifar10",
      path: sharedData("cifar10"),
      normalize: { mean: [0.485, 0.456, 0.406], std: [0.229, 0.224, 0.225] },
    },
    samples: 8,
    ablations: 8,
  },
  {
    name: "SqueezeNet 1.1",
    model: "models/squeezenet1.1-imagenet.onnx",
    data: { ...imagenet, normalize: { mean: [104, 117, 123], std: [1, 1, 1] } },
    samples: 2,
    ablations: 4,
  },
  {
    name: "VGG-19, its weights of 8 bits",
    model: "models/vgg19-imagenet-uint8",
    data: { ...imagenet, normalize: { mean: [103.939, 116.779, 123.68], std: [1, 1, 1] } },
    samples: 1,
    ablations: 1,
    layers: ["block5_conv4"],
  },
];

let folder: string;
test.beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), "lesion-e2e-"));
});
test.afterEach(() => rm(folder, { recursive: true, force: true }));

for (const { name, model, data, samples, ablations, references = ["float64"], layers = "all" } of NETWORKS) {
  test(`lesion check agrees on ${name}`, async () => {
    const file = sharedData(model);
    test.skip(file === null || data.path === null, "the shared data is not there");
    test.setTimeout(300_000);
    const study = {
      version: 1,
      name: "published",
      model: { file },
      data: { ...data, limit: samples },
      sweeps: [{ ablate: "each-unit", layers }],
      seed: 3,
    };
    const studyFile = join(folder, "study.json");
    await writeFile(studyFile, JSON.stringify(study));
    for (const reference of references) {
      const size = ["--samples", String(samples), "--ablations", String(ablations), "--reference", reference];
      const { code, stdout, stderr } = await lesion(["check", studyFile, "--json", ...size]);
      expect(code, stderr).toBe(0);
      const report = JSON.parse(stdout);
      expect(report).toMatchObject({ reference, agrees: true, samples, ablations });
      expect(report.logitError).toBeLessThan(1e-4);
    }
  });
}

test("lesion inspect counts VGG-19", async () => {
  const model = sharedData("models/vgg19-imagenet-uint8");
  test.skip(model === null, "the shared data is not there");
  const { code, stdout, stderr } = await lesion(["inspect", model!, "--json"]);
  expect(code, stderr).toBe(0);
  const report = JSON.parse(stdout);
  expect(report).toMatchObject({ parameters: 143_667_240, macs: 19_632_062_464 });
  expect(report.ablatable).toHaveLength(18);
  expect(report.ablatable.slice(0, 16).reduce((sum: number, { units }: { units: number }) => sum + units, 0)).toBe(
    5504,
  );
});

test("safetensors are read with the architecture beside them", async () => {
  const model = sharedData("models/mnist-cnn.safetensors");
  test.skip(model === null || mnist.path === null, "the shared data is not there");
  await copyFile(model!, join(folder, "mnist-cnn.safetensors"));
  await copyFile(
    join(import.meta.dirname, "../src/formats/mnist-cnn.architecture.json"),
    join(folder, "mnist-cnn.json"),
  );
  const study = {
    version: 1,
    name: "published",
    model: { file: "mnist-cnn.safetensors" },
    data: { ...mnist, normalize: { mean: 0.1307, std: 0.3081 }, limit: 32 },
    sweeps: [{ ablate: "each-unit", layers: "all" }],
  };
  const studyFile = join(folder, "study.json");
  await writeFile(studyFile, JSON.stringify(study));
  const size = ["--samples", "32", "--ablations", "6", "--reference", "float64"];
  const { code, stdout, stderr } = await lesion(["check", studyFile, "--json", ...size]);
  expect(code, stderr).toBe(0);
  expect(JSON.parse(stdout)).toMatchObject({ agrees: true });
});
