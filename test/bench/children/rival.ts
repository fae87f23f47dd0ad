// rival.js socket|send|port COUNT: moves COUNT messages of 64 bytes one by one to another process (or worker), each as the
// documentation of Node recommends; prints the nanoseconds of one, at the receiving end.
import { fork } from "node:child_process";
import { connect, createServer, type Socket } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { isMainThread, parentPort, Worker } from "node:worker_threads";

const SIZE = 64;
const [kind, given, where] = process.argv.slice(2) as [string, string, string | undefined];
const count = Number(given);

/** Counts what arrives; prints the time of one, without the first tenth. */
function counter(end: () => void): (messages: number) => void {
  let [done, start] = [0, 0n];
  return (messages) => {
    const before = done;
    done += messages;
    if (before < count / 10 && done >= count / 10) start = process.hrtime.bigint();
    if (done < count) return;
    console.log(Number(process.hrtime.bigint() - start) / (count * 0.9));
    end();
  };
}

/** Each message is a write of its own: its length, then its bytes. Waits where the socket is full. */
async function writeAll(socket: Socket): Promise<void> {
  for (let i = 0; i < count; i++) {
    const message = Buffer.alloc(4 + SIZE, i & 255);
    message.writeUInt32LE(SIZE, 0);
    if (!socket.write(message)) await new Promise((resolve) => socket.once("drain", resolve));
  }
  socket.end();
}

function receive(socket: Socket): void {
  const arrived = counter(() => process.exit(0));
  let rest: Buffer = Buffer.alloc(0);
  socket.on("data", (chunk: Buffer) => {
    const bytes = rest.length === 0 ? chunk : Buffer.concat([rest, chunk]);
    let at = 0;
    let messages = 0;
    for (; at + 4 <= bytes.length && at + 4 + bytes.readUInt32LE(at) <= bytes.length; messages++)
      at += 4 + bytes.readUInt32LE(at);
    rest = bytes.subarray(at);
    arrived(messages);
  });
}

/** One at a time, the next when the one before was handed over, so that nothing piles up. */
function sendAll(): void {
  const payload = "x".repeat(SIZE - 8);
  let sent = 0;
  const next = () => {
    if (sent < count) process.send?.({ id: sent++, payload }, next);
  };
  for (let i = 0; i < 64; i++) next();
}

function postAll(): void {
  let posted = 0;
  const some = () => {
    for (let i = 0; i < 256 && posted < count; i++) parentPort?.postMessage(new Uint8Array(SIZE).fill(posted++ & 255));
    if (posted < count) setImmediate(some);
  };
  some();
}

if (!isMainThread) postAll();
else if (where !== undefined) await (kind === "socket" ? writeAll(connect(where)) : sendAll());
else if (kind === "socket") {
  const path = join(tmpdir(), `famfs-bench-${process.pid}.sock`);
  const server = createServer((socket) => {
    server.close();
    receive(socket);
  }).listen(path, () => fork(process.argv[1] ?? "", [kind, given, path]));
} else if (kind === "send") {
  const arrived = counter(() => process.exit(0));
  fork(process.argv[1] ?? "", [kind, given, "there"]).on("message", () => arrived(1));
} else {
  const arrived = counter(() => process.exit(0));
  new Worker(process.argv[1] ?? "", { argv: [kind, given] }).on("message", () => arrived(1));
}
