const SIGNALS = ["SIGINT", "SIGTERM"] as const;

/** Cleans up before Ctrl-C (SIGINT) or SIGTERM ends the process, which it does as usual. Returns what takes it back. */
export function cleanUpAtSignal(cleanUp: () => void | Promise<void>): () => void {
  const end = async (signal: NodeJS.Signals) => {
    takeBack();
    try {
      await cleanUp();
    } finally {
      process.kill(process.pid, signal);
    }
  };
  const takeBack = () => {
    for (const signal of SIGNALS) process.removeListener(signal, end);
  };
  for (const signal of SIGNALS) process.on(signal, end);
  return takeBack;
}
