import type { FamfsError } from "../errors.js";
import { printable } from "./output.js";

/** Tells why a command ends. */
interface Reporter {
  /** @returns the exit code */
  misused(message: string, help: string): number;
  failed(error: FamfsError): number;
}

/** Tells errors: for people, or with `--json` as an object in a line. */
export function reporter(args: readonly string[]): Reporter {
  const command = args[0]?.startsWith("-") ? undefined : args[0];
  const before = command === undefined ? "famfs-node" : `famfs-node ${command}`;
  const tell = (text: string, code: number) => {
    process.stderr.write(text);
    return code;
  };
  if (!has(args, "--json")) {
    return {
      misused: (message, help) => tell(`${before}: ${message}\n\n${help}`, 2),
      failed: ({ message, code }) => tell(`${before}: ${printable(message)} (${code})\n`, 1),
    };
  }
  const line = (error: object) => `${JSON.stringify({ error: { command, ...error } })}\n`;
  return {
    misused: (message) => tell(line({ message }), 2),
    failed: ({ message, code }) => tell(line({ message, code }), 1),
  };
}

/** Whether one of these options is given. */
export function has(args: readonly string[], ...options: string[]): boolean {
  const end = args.indexOf("--");
  return args.slice(0, end < 0 ? undefined : end).some((arg) => options.includes(arg));
}
