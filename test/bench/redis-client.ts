import { once } from "node:events";
import { connect, type Socket } from "node:net";

const CR = 13;
const [ARRAY, BULK, ERROR] = ["*", "$", "-"].map((sign) => sign.charCodeAt(0)) as [number, number, number];

/** A command as Redis reads it. */
export function command(...words: readonly (string | Buffer)[]): Buffer {
  const parts = words.flatMap((word) => {
    const bytes = Buffer.from(word);
    return [Buffer.from(`$${bytes.length}\r\n`), bytes, Buffer.from("\r\n")];
  });
  return Buffer.concat([Buffer.from(`*${words.length}\r\n`), ...parts]);
}

/** Sends commands in a pipeline, and takes their replies apart without making strings or copies. */
export class RedisClient {
  #rest: Buffer = Buffer.alloc(0);
  #left = 1;
  #onValue: (value: Buffer) => void = () => {};
  #onReply: () => void = () => {};
  #onError: (error: Error) => void = () => {};

  private constructor(private readonly socket: Socket) {
    socket.on("data", (chunk) => this.#take(chunk as Buffer));
    socket.on("error", (error) => this.#onError(error));
    socket.on("close", () => this.#onError(new Error("Redis closed the connection")));
  }

  static async connect(path: string): Promise<RedisClient> {
    const socket = connect(path);
    await once(socket, "connect");
    return new RedisClient(socket);
  }

  /** `onValue` is called with each value; it is valid until that returns. */
  run(commands: readonly Buffer[], inFlight: number, onValue: (value: Buffer) => void): Promise<void> {
    return new Promise((resolve, reject) => {
      let [sent, done] = [0, 0];
      const send = () => this.socket.write(commands[sent++] as Buffer);
      this.#onValue = onValue;
      this.#onReply = () => {
        if (++done === commands.length) resolve();
        else if (sent < commands.length) send();
      };
      this.#onError = reject;
      while (sent < Math.min(inFlight, commands.length)) send();
    });
  }

  close(): void {
    this.socket.destroy();
  }

  #take(chunk: Buffer): void {
    const bytes = this.#rest.length === 0 ? chunk : Buffer.concat([this.#rest, chunk]);
    let at = 0;
    for (let next = this.#item(bytes, at); next > at; next = this.#item(bytes, at)) at = next;
    this.#rest = bytes.subarray(at);
  }

  /** @returns where the next item begins, or `from` where this one is not all there */
  #item(bytes: Buffer, from: number): number {
    const end = bytes.indexOf(CR, from);
    if (end < 0 || end + 2 > bytes.length) return from;
    const kind = bytes[from];
    if (kind === ERROR) {
      this.socket.destroy(new Error(bytes.toString("latin1", from, end)));
      return from;
    }
    if (kind === ARRAY) {
      this.#left = number(bytes, from + 1, end);
      return end + 2;
    }
    let next = end + 2;
    if (kind === BULK && bytes[from + 1] !== ERROR) {
      const size = number(bytes, from + 1, end);
      next += size + 2;
      if (next > bytes.length) return from;
      this.#onValue(bytes.subarray(end + 2, end + 2 + size));
    }
    if (--this.#left === 0) {
      this.#left = 1;
      this.#onReply();
    }
    return next;
  }
}

function number(bytes: Buffer, from: number, end: number): number {
  let value = 0;
  for (let i = from; i < end; i++) value = value * 10 + (bytes[i] as number) - 48;
  return value;
}
