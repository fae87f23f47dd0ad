// A stand-in for famfs's own command: arguments, messages and exit codes are the real one's, the famfs is a folder that
// stands for one. Node runs it bundled (test/support/famfs-command.ts). The environment chooses what it does:
//
//   FAMFS_DOUBLE_DATA     where the bytes of the files and .meta are; default: the mount's root itself
//   FAMFS_DOUBLE_SHADOW   of the FUSE kind: where the descriptions of visible files are
//   FAMFS_DOUBLE_RECORDS  of the standalone kinds: where the records of files are (test/support/standalone.ts)
//   FAMFS_DOUBLE_CALLS    a file: for each run a line with its arguments (JSON), and what is to be known of it
//   FAMFS_DOUBLE          what goes wrong, words with values such as "slow=200,half":
//     client unprivileged busy=FILE password not-found unknown-command disconnected old=LETTER
//     space full lies half garbage=CODE silent=CODE killed flood play-errors=N
//     slow=MS linger=MS hang deaf intruder
import { creat } from "./creat.js";
import { logplay } from "./logplay.js";
import { mkdir } from "./mkdir.js";
import { argv, fail, misbehave } from "./wrong.js";

function main(): void {
  if (misbehave()) return;
  const [command = ""] = argv;
  const run = { creat, mkdir, logplay }[command];
  if (run === undefined) fail(3, `famfs cli: Unrecognized command ${command}`);
  process.exitCode = Math.min(run(), 127);
}

main();
