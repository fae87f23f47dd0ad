import type { InputOf, View } from "../../schema/infer.js";
import type { Schema } from "../../schema/struct.js";

/** What a queue's messages are: structs of a schema, or `"bytes"` of any length. */
export type MessageType = Schema | "bytes";

/** How a message is read. */
export type MessageView<M extends MessageType> = M extends Schema<infer F> ? View<F> : Uint8Array<ArrayBuffer>;

/** What can be pushed. */
export type MessageInput<M extends MessageType> = M extends Schema ? InputOf<M> : Uint8Array;
