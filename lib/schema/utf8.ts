// `ignoreBOM` keeps a U+FEFF at the start, which would be lost otherwise.
const decoder = new TextDecoder("utf-8", { fatal: true, ignoreBOM: true });
const encoder = new TextEncoder();

/** Strings up to here are put together a character at a time, which is faster than a decoder and needs no array. */
const SHORT = 64;

/**
 * Reads a string that ends at the first zero byte, or fills all `size` bytes.
 * @returns the string, or undefined if the bytes are no UTF-8
 */
export function readUtf8(data: DataView, offset: number, size: number): string | undefined {
  let text = "";
  for (let i = 0; i < size; i++) {
    const byte = data.getUint8(offset + i);
    if (byte === 0) return text;
    if (byte > 127 || i === SHORT) return decode(data, offset, size);
    text += String.fromCharCode(byte);
  }
  return text;
}

function decode(data: DataView, offset: number, size: number): string | undefined {
  // A copy: the decoder takes no shared buffer, and other processes may write while it works.
  const copy = new Uint8Array(data.buffer, data.byteOffset + offset, size).slice();
  const end = copy.indexOf(0);
  try {
    return decoder.decode(end < 0 ? copy : copy.subarray(0, end));
  } catch {
    return undefined;
  }
}

/**
 * Writes a string and fills up with zero bytes.
 * @returns false, with nothing written, if the value is no string, does not fit, has a U+0000 or a lone surrogate
 */
export function writeUtf8(data: DataView, offset: number, size: number, value: unknown): boolean {
  if (typeof value !== "string" || value.length > size) return false;
  const length = value.length;
  for (let i = 0; i < length; i++) {
    const code = value.charCodeAt(i);
    if (code === 0 || code > 127) return encode(data, offset, size, value);
  }
  for (let i = 0; i < length; i++) data.setUint8(offset + i, value.charCodeAt(i));
  for (let i = length; i < size; i++) data.setUint8(offset + i, 0);
  return true;
}

function encode(data: DataView, offset: number, size: number, value: string): boolean {
  if (encodingFault(value) !== undefined) return false;
  const encoded = encoder.encode(value);
  if (encoded.length > size) return false;
  const target = new Uint8Array(data.buffer, data.byteOffset + offset, size);
  target.set(encoded);
  target.fill(0, encoded.length);
  return true;
}

/** Why a string cannot be written, whatever its length; undefined if it can. */
export function encodingFault(value: string): string | undefined {
  if (value.includes("\0")) return "without U+0000, which would end it";
  if (/\p{Surrogate}/u.test(value)) return "without lone surrogates, which UTF-8 cannot hold";
  return undefined;
}

/** Bytes of a string as UTF-8. */
export function utf8Length(value: string): number {
  return encoder.encode(value).length;
}
