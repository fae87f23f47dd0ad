const { FamfsError, openInstance } = require("famfs");

openInstance().catch((error) => {
  if (!(error instanceof FamfsError) || error.code !== "ERR_FAMFS_NO_PATH") throw error;
  console.log("CommonJS: require() works");
});
