import { findDevice, loadDrivers, makeDevice, type Range } from "./device.js";
import { Guest } from "./guest.js";
import { SharedMemory } from "./shared-memory.js";

/** What guests are booted from, made once a run. */
export interface Image {
  readonly kernel: string;
  readonly initramfs: string;
  /** The folder of the kernel's modules. */
  readonly modules: string;
  /** For what the guests share with this host. */
  readonly folder: string;
}

/** Of the file; what is never stored to takes no memory. */
const SIZE = 4 * 2 ** 30;

/** Two hosts on one memory. */
export class Pair {
  readonly a: Guest;
  readonly b: Guest;
  readonly #image: Image;
  readonly #memory = new SharedMemory(SIZE);
  #device: Range | undefined;

  constructor(image: Image) {
    this.#image = image;
    const parts = { kernel: image.kernel, initramfs: image.initramfs, memory: this.#memory };
    this.a = new Guest("a", parts, image.folder);
    this.b = new Guest("b", parts, image.folder);
  }

  /** Boots the guests that are off. */
  async boot(): Promise<void> {
    const off = [this.a, this.b].filter((guest) => !guest.isOn);
    await Promise.all(off.map((guest) => guest.boot()));
    if (this.#device === undefined) this.#device = await this.#makeDevice();
    else await Promise.all(off.map((guest) => this.attach(guest)));
  }

  /** Gives a guest that has just been booted its device. */
  attach(guest: Guest): Promise<void> {
    return loadDrivers(guest, this.#image.modules);
  }

  /** One after the other: the second finds what the first has made. */
  async #makeDevice(): Promise<Range> {
    await this.attach(this.a);
    await makeDevice(this.a);
    await this.attach(this.b);
    return findDevice(this.b);
  }

  /** Makes the device all zeros. Nobody may be using it. */
  clear(): void {
    const { offset, size } = this.#made;
    this.#memory.clear(offset, size);
  }

  /** Stores bytes into the device, as a third host. */
  store(at: number, bytes: Uint8Array): void {
    this.#memory.write(this.#made.offset + at, bytes);
  }

  get #made(): Range {
    if (this.#device === undefined) throw new Error("the device is not made yet");
    return this.#device;
  }
}
