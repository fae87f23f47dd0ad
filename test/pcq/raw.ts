import { closeSync, openSync, readSync, writeSync } from "node:fs";
import { crc32 } from "node:zlib";
import { onTestFinished } from "vitest";

/** A queue's files by their bytes, past the library: what docs/pcq.md says of them, once more. */
export class RawQueue {
  readonly #producer: number;
  readonly #consumer: number;

  constructor(
    path: string,
    readonly bucketSize: number,
  ) {
    const [producer, consumer] = [openSync(path, "r+"), openSync(`${path}.consumer`, "r+")];
    this.#producer = producer;
    this.#consumer = consumer;
    onTestFinished(() => {
      closeSync(producer);
      closeSync(consumer);
    });
  }

  read(file: "producer" | "consumer", offset: number, length = 8): Buffer {
    const bytes = Buffer.alloc(length);
    readSync(file === "producer" ? this.#producer : this.#consumer, bytes, 0, length, offset);
    return bytes;
  }

  write(file: "producer" | "consumer", offset: number, bytes: Uint8Array): void {
    writeSync(file === "producer" ? this.#producer : this.#consumer, bytes, 0, bytes.length, offset);
  }

  get(file: "producer" | "consumer", offset: number): number {
    return Number(this.read(file, offset).readBigUInt64LE());
  }

  set(file: "producer" | "consumer", offset: number, value: number | bigint): void {
    const bytes = Buffer.alloc(8);
    bytes.writeBigUInt64LE(BigInt(value));
    this.write(file, offset, bytes);
  }

  bucket(index: number): Buffer {
    return this.read("producer", 0x200000 + index * this.bucketSize, this.bucketSize);
  }

  setBucket(index: number, bytes: Uint8Array): void {
    this.write("producer", 0x200000 + index * this.bucketSize, bytes);
  }

  /** A whole bucket: its message filled up with zeros, its number, and the checksum. */
  sealed(message: string, number: number): Buffer {
    const bytes = Buffer.alloc(this.bucketSize);
    bytes.write(message);
    bytes.writeBigUInt64LE(BigInt(number), this.bucketSize - 16);
    bytes.writeBigUInt64LE(BigInt(crc32(bytes.subarray(0, this.bucketSize - 8))), this.bucketSize - 8);
    return bytes;
  }
}

/** Where the fields are that tests look at or change. */
export const AT = { producerIndex: 32, produced: 1064, consumerIndex: 8, consumed: 1_048_592 } as const;

/** The text of a message, without the zeros behind it. */
export function textOf(message: Uint8Array): string {
  return Buffer.from(message).toString().replace(/\0+$/, "");
}

/** A message of this text. */
export function message(text: string): Uint8Array {
  return new TextEncoder().encode(text);
}
