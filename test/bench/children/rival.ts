// rival.js socket|send|port|zeromq COUNT BATCH: moves COUNT messages of 64 bytes to another process (or worker), each as the
// documentation of Node, or of zeromq, recommends; for socket and port BATCH of them a write or post, put together by hand.
// Prints the nanoseconds of one, at the receiving end.
// rival.js echo COUNT: sends one to another process over a Unix socket, which sends it back, and so on. Prints the
// nanoseconds of a round trip.
import { fork } from "node:child_process";
import { rmSync } from "node:fs";
import { connect, createServer, type Socket } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { isMainThread, parentPort, Worker } from "node:worker_threads";

const SIZE = 64;
const [kind, given, run = "1", where] = process.argv.slice(2) as [string, string, string?, string?];
const [count, batch] = [Number(given), Number(run)];
const script = process.argv[1] ?? "";
const address = join(tmpdir(), `famfs-bench-${process.pid}.sock`);
const startOther = (path: string) => fork(script, [kind, given, run, path]);

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

/** Each message is its length, then its bytes; so many of them a write. Waits where the socket is full. */
async function writeAll(socket: Socket): Promise<void> {
  for (let done = 0; done < count; done += batch) {
    const messages = Math.min(batch, count - done);
    const bytes = Buffer.alloc(messages * (4 + SIZE), done & 255);
    for (let i = 0; i < messages; i++) bytes.writeUInt32LE(SIZE, i * (4 + SIZE));
    if (!socket.write(bytes)) await new Promise((resolve) => socket.once("drain", resolve));
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
  const message = () => new Uint8Array(SIZE).fill(posted++ & 255);
  const some = () => {
    for (const end = Math.min(posted + 256, count); posted < end; )
      parentPort?.postMessage(batch === 1 ? message() : Array.from({ length: Math.min(batch, end - posted) }, message));
    if (posted < count) setImmediate(some);
  };
  some();
}

/** Loaded where it is measured only: its native part would cost the others time and memory. */
async function pushAll(path: string): Promise<void> {
  const { Push } = await import("zeromq");
  const socket = new Push();
  socket.connect(`ipc://${path}`);
  process.once("disconnect", () => process.exit(0));
  for (let i = 0; i < count; i++) await socket.send(Buffer.alloc(SIZE, i & 255));
}

async function pullAll(): Promise<void> {
  const { Pull } = await import("zeromq");
  const socket = new Pull();
  await socket.bind(`ipc://${address}`);
  const arrived = counter(() => {
    rmSync(address, { force: true });
    process.exit(0);
  });
  startOther(address);
  for await (const [message] of socket) if (message?.length === SIZE) arrived(1);
}

/** Calls `whole` each time that 64 bytes have come. */
function onMessage(socket: Socket, whole: () => void): void {
  let bytes = 0;
  socket.setNoDelay().on("data", (chunk: Buffer) => {
    for (bytes += chunk.length; bytes >= SIZE; bytes -= SIZE) whole();
  });
}

function echoAll(socket: Socket): void {
  const message = Buffer.alloc(SIZE, 7);
  const arrived = counter(() => process.exit(0));
  onMessage(socket, () => {
    arrived(1);
    socket.write(message);
  });
  socket.write(message);
}

/** What the process that was started does, or the worker. */
async function sendThere(path: string): Promise<void> {
  if (kind === "socket") return writeAll(connect(path));
  if (kind === "zeromq") return pushAll(path);
  if (kind === "send") return sendAll();
  const socket = connect(path);
  onMessage(socket, () => socket.write(Buffer.alloc(SIZE, 7)));
  socket.on("close", () => process.exit(0));
}

function serve(accept: (socket: Socket) => void): void {
  const server = createServer((socket) => {
    server.close();
    accept(socket);
  }).listen(address, () => startOther(address));
}

if (!isMainThread) postAll();
else if (where !== undefined) await sendThere(where);
else if (kind === "socket") serve(receive);
else if (kind === "echo") serve(echoAll);
else if (kind === "zeromq") await pullAll();
else if (kind === "send") {
  const arrived = counter(() => process.exit(0));
  startOther("there").on("message", () => arrived(1));
} else {
  const arrived = counter(() => process.exit(0));
  const worker = new Worker(script, { argv: [kind, given, run] });
  worker.on("message", (message: Uint8Array | Uint8Array[]) => arrived(Array.isArray(message) ? message.length : 1));
}
