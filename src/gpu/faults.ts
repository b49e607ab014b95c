/**
 * What WebGPU reports out of band: refused submits, errors that nobody captured, the loss of the device. All are thrown
 * where results are read, so that whoever asked for the work learns of its failure, and nobody else.
 */
import { LesionError } from "../core/errors.ts";

/** How long a call that failed waits to learn whether the device is gone: the two are told in no fixed order. */
const LOSS_TOLD_MS = 250;

/** Listens to one device. */
export class Faults {
  readonly #gone: Promise<void>;
  #lost: string | null = null;
  #fault: LesionError | null = null;

  constructor(device: GPUDevice) {
    this.#gone = device.lost.then(({ message, reason }) => {
      this.#lost = message || reason;
    });
    device.addEventListener("uncapturederror", ({ error }) => {
      this.#fault ??= faultOf(error);
    });
  }

  /** Whether the device went away. */
  get lost(): boolean {
    return this.#lost !== null;
  }

  /**
   * Throws `device-lost`; or what was reported since the last check; or that one of the submits that led here was refused
   * (`gpu-error`, `out-of-memory`).
   */
  async check(refusals: readonly Promise<GPUError | null>[]): Promise<void> {
    const refused = (await Promise.all(refusals)).find((error) => error !== null);
    const fault = this.#take() ?? (refused ? faultOf(refused) : null);
    if (fault) throw fault;
  }

  /** Why a call failed: the loss of the device, where that comes to light; or what was reported; or `otherwise`. */
  async explain(otherwise: LesionError): Promise<LesionError> {
    await Promise.race([this.#gone, new Promise((resolve) => setTimeout(resolve, LOSS_TOLD_MS))]);
    return this.#take() ?? otherwise;
  }

  #take(): LesionError | null {
    if (this.#lost !== null) return new LesionError("device-lost", `the GPU device was lost: ${this.#lost}`);
    const fault = this.#fault;
    this.#fault = null;
    return fault;
  }
}

function faultOf(error: GPUError): LesionError {
  const code = error instanceof GPUOutOfMemoryError ? "out-of-memory" : "gpu-error";
  return new LesionError(code, `the GPU refused a command: ${error.message}`);
}
