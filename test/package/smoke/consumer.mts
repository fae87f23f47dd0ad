import { type FamfsError, type Instance, type Mapping, openInstance } from "famfs";

const instance: Instance = await openInstance(undefined, { fallback: "tmpfs" });
const file = await instance.create("typed", { size: 4096 });
const mapping: Mapping = file.map();
const values: Float32Array<ArrayBuffer> = mapping.view(Float32Array, 0, 8);
values[0] = 1;
// @ts-expect-error: no such option
file.map({ size: 1 });
export type Code = FamfsError["code"];
