// What is published is a bundle: importing one file a module would cost about a millisecond each.
export default {
  input: {
    index: "lib/index.ts",
    "testing/index": "lib/testing/index.ts",
    cli: "lib/cli/main.ts",
    "doctor-child": "lib/cli/doctor/child.ts",
  },
  platform: "node",
  // A dependency, imported where the first shadow file is read.
  external: ["yaml"],
  output: { dir: "dist", format: "esm", sourcemap: true, chunkFileNames: "chunks/[name].js" },
};
