export { ERROR_CODES, FamfsError, type FamfsErrorCode, type SystemErrorDetails } from "./errors.js";
