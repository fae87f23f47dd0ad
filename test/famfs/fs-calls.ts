// What calls of Node's fs do to a file of famfs, by the names of the rows of docs/fs-calls-on-famfs.md.

/** An outcome of each kind. */
export interface Outcomes {
  /** How the documented cells begin: FUSE, old standalone, new standalone; one where all are the same. */
  readonly outcomes: readonly [fuse: string, old: string, recent: string] | readonly [all: string];
  /**
   * The body of a function. `file` has 10,000 bytes, all "a", in `folder`; `fresh` is a name beside it that is not
   * there; `outside` is a file elsewhere with "new". It returns what is worth telling where the call succeeds.
   */
  readonly body: string;
}

/** Those that end. */
export const ENDING: Readonly<Record<string, Outcomes>> = {
  '`fs.open(path, "w")`, `"w+"`': {
    outcomes: ["works, destroyed", "works, destroyed", "EPERM"],
    body: `fs.closeSync(fs.openSync(file, "w"))`,
  },
  "`fs.writeFile(path, data)`": {
    outcomes: ["ENXIO, destroyed", "ENXIO, destroyed", "EPERM"],
    body: `await fsp.writeFile(file, "new")`,
  },
  "`fs.createWriteStream(path)`": {
    outcomes: ["ENXIO, destroyed", "ENXIO, destroyed", "EPERM"],
    body: `await pipeline(["new"], fs.createWriteStream(file))`,
  },
  "`fs.truncate(path, n)`, `fs.ftruncate(fd, n)`, `fileHandle.truncate(n)`": {
    outcomes: ["EINVAL", "works, destroyed", "EPERM"],
    body: `fs.truncateSync(file, 5000)`,
  },
  "`fs.copyFile(source, path)`": {
    outcomes: ["EINVAL", "ENXIO, name gone", "EPERM"],
    body: `await fsp.copyFile(outside, file)`,
  },
  "`fs.cp(source, path)`": {
    outcomes: ["ENOSYS", "EIO, name gone", "EPERM"],
    body: `await fsp.cp(outside, file)`,
  },
  '`fs.appendFile(path, data)`, flags `"a"` and `"a+"`': {
    outcomes: ["overwrites the start"],
    body: `await fsp.appendFile(file, "new"); return start() === "newaaaa" ? "overwrites the start" : start()`,
  },
  "`fs.rename(path, other)`": { outcomes: ["ENOSYS", "works, name gone", "EPERM"], body: `fs.renameSync(file, fresh)` },
  "`fs.unlink(path)`, `fs.rm(path)`": {
    outcomes: ["ENOSYS", "works, name gone", "EPERM"],
    body: `await fsp.unlink(file)`,
  },
  "`fs.rmdir(path)`": {
    outcomes: ["ENOSYS", "works, name gone", "EPERM"],
    // Not empty, the old kind would say.
    body: `try { fs.unlinkSync(file) } catch {} fs.rmdirSync(folder)`,
  },
  "`fs.mkdir(path)`, `fs.mkdtemp(prefix)`": {
    outcomes: ["ENOSYS", "works", "works"],
    body: `fs.mkdirSync(fresh); fs.mkdtempSync(fresh)`,
  },
  "`fs.symlink(target, path)`": { outcomes: ["ENOSYS", "works", "EPERM"], body: `fs.symlinkSync(file, fresh)` },
  "`fs.link(path, other)`": { outcomes: ["EPERM", "works", "EPERM"], body: `fs.linkSync(file, fresh)` },
  "`fs.writeFile(path, data)` of a new name, and whatever else creates": {
    outcomes: ["ENOTSUP", "EIO", "EIO"],
    body: `await fsp.writeFile(fresh, "new")`,
  },
  '`fs.open(path, "wx")`, `"ax"`, of a name that exists': {
    outcomes: ["EEXIST"],
    body: `fs.openSync(file, "wx")`,
  },
  "`fs.write(fd, data)`, `writev`, `fileHandle.write`, at or after the end": {
    outcomes: ["0 bytes written"],
    body: `return fs.writevSync(fs.openSync(file, "r+"), [Buffer.from("new")], 10000) + " bytes written"`,
  },
  "the same, across the end": {
    outcomes: ["as many as fit"],
    body: `return fs.writeSync(fs.openSync(file, "r+"), "new", 9998) === 2 ? "as many as fit" : "others"`,
  },
  "the same, within the file": {
    outcomes: ["works"],
    body: `fs.writeSync(fs.openSync(file, "r+"), "new", 4); return start() === "aaaanew" ? "works" : start()`,
  },
  '`fs.createWriteStream(path, { flags: "r+" })` of more than the file holds': {
    outcomes: ["ERR_SYSTEM_ERROR"],
    body: `await pipeline([Buffer.alloc(20_000)], fs.createWriteStream(file, { flags: "r+" }))`,
  },
  "`fs.readFile`, `fs.createReadStream`, `fs.read`, `readv`, `fileHandle.read`": {
    outcomes: ["works"],
    body: `let size = 0; for await (const chunk of fs.createReadStream(file)) size += chunk.length;
      const parts = fs.readvSync(fs.openSync(file, "r"), [Buffer.alloc(10), Buffer.alloc(10)], 9985);
      return size === 10_000 && fs.readFileSync(file).length === size && parts === 15 ? "works" : "is wrong"`,
  },
  "`fs.copyFile(path, outside)`, `fs.cp(path, outside)`": {
    outcomes: ["works"],
    body: `await fsp.copyFile(file, outside); await fsp.cp(file, outside);
      return fs.readFileSync(outside, "latin1") === "a".repeat(10_000) ? "works" : "is wrong"`,
  },
  "`fs.stat`, `fs.lstat`, `fs.access`, `fs.exists`, `fs.realpath`": {
    outcomes: ["works"],
    body: `fs.accessSync(file); fs.realpathSync(file); fs.lstatSync(file); return fs.existsSync(file) && fs.statSync(file).size === 10_000 ? "works" : "is wrong"`,
  },
  "`fs.readdir`, `fs.opendir`": {
    outcomes: ["works"],
    body: `const names = []; for await (const { name } of await fsp.opendir(folder)) names.push(name);
      return names.join() === "file" && fs.readdirSync(folder).join() === "file" ? "works" : "is wrong"`,
  },
  "`fs.statfs(path)` of a file": {
    outcomes: ["EBADF", "0 blocks", "0 blocks"],
    body: `return fs.statfsSync(file).blocks + " blocks"`,
  },
  "`fs.chmod`, `fs.chown`, `fs.utimes`, `fs.lutimes`": {
    outcomes: ["works"],
    body: `fs.chmodSync(file, 0o600); fs.chownSync(file, 1, 2); fs.utimesSync(file, 1, 2); fs.lutimesSync(file, 1, 3);
      const { mode, uid, gid, mtimeMs } = fs.statSync(file);
      return [mode & 0o777, uid, gid, mtimeMs].join() === "384,1,2,3000" ? "works" : "is wrong"`,
  },
  "`fs.fsync`, `fs.fdatasync`, option `flush`": {
    outcomes: ["works"],
    body: `const fd = fs.openSync(file, "r+"); fs.fsyncSync(fd); fs.fdatasyncSync(fd)`,
  },
  "`fs.open(path, fs.constants.O_DIRECT)`": { outcomes: ["EINVAL"], body: `fs.openSync(file, fs.constants.O_DIRECT)` },
};

/** Those that write for ever, on all kinds. */
export const ENDLESS: Readonly<Record<string, string>> = {
  "`fs.writeFile(fd, data)`, `fileHandle.writeFile(data)`, flag `r+`, of more than the file holds": `await (await fsp.open(file, "r+")).writeFile(Buffer.alloc(20_000))`,
  "`fs.writeFileSync(fd, data)` of more than the file holds": `fs.writeFileSync(fs.openSync(file, "r+"), Buffer.alloc(20_000))`,
  "`fs.appendFile(path, data)` of more than the file holds": `await fsp.appendFile(file, Buffer.alloc(20_000))`,
};

/** Those that a double cannot show: that nothing happens, or happens on another host. */
export const UNTESTED: readonly string[] = ["`fs.watch(path)`", "`fs.watchFile(path)`"];
