import { onTestFinished } from "vitest";
import { mountCommand } from "./mount-folder.js";

/** A bind mount for one test; returns where. */
export function bindMount(what: string, where: string): string {
  mountCommand("mount", "--bind", what, where);
  onTestFinished(() => mountCommand("umount", "--lazy", where));
  return where;
}
