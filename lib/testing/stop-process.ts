import { native } from "../native/binding.js";

/**
 * Stops this process until it gets SIGCONT, as a debugger or a frozen machine would; for {@link atFailPoint}. Unlike
 * SIGSTOP from anywhere, it waits until no thread of the process is in the middle of moving a simulated line, for which
 * the other processes of its simulated host would wait.
 */
export function stopProcess(): void {
  native().stopProcess();
}
