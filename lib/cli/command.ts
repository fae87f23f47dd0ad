/** A command of famfs-node. */
export interface Command {
  readonly help: string;
  /** @returns the exit code @throws {UsageError} and FamfsErrors, which main reports */
  run(args: readonly string[]): Promise<number>;
}

/** The command line is wrong: the message is printed with the help, and the exit code is 2. */
export class UsageError extends Error {}
