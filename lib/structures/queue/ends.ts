import type { Participant } from "../../segment/participant.js";
import { takeRole } from "../../segment/role.js";
import { ownOf } from "../own.js";
import { BytesInlet } from "./bytes-inlet.js";
import { BytesProducer } from "./bytes-producer.js";
import { Consumer } from "./consumer.js";
import type { Inlet } from "./inlet.js";
import type { QueueMemory } from "./lane.js";
import { CONSUMER, PRODUCER } from "./layout.js";
import type { QueueRole } from "./options.js";
import type { Producer } from "./producer.js";
import { StructInlet } from "./struct-inlet.js";
import { StructProducer } from "./struct-producer.js";
import type { MessageInput, MessageType, MessageView } from "./types.js";

/*
 * The two ends of a queue, for the kind of message that it has.
 */

export type ProducerOf<M extends MessageType> = Producer<MessageView<M>, MessageInput<M>>;
export type ConsumerOf<M extends MessageType> = Consumer<MessageView<M>>;

/** The participant's lane; with `producers: "one"` the only one. */
export function producerOf<M extends MessageType>(
  memory: QueueMemory,
  participant: Participant,
  message: M,
): ProducerOf<M> {
  const lane = memory.shape.producers === "one" ? 0 : participant.index;
  const make = () =>
    message === "bytes" ? new BytesProducer(memory, lane) : new StructProducer(memory, lane, message);
  return memory.shape.producers === "one"
    ? (make() as unknown as ProducerOf<M>)
    : (ownOf(participant, memory.at, make) as unknown as ProducerOf<M>);
}

export function consumerOf<M extends MessageType>(memory: QueueMemory, message: M): ConsumerOf<M> {
  const make = (lane: number) =>
    message === "bytes" ? new BytesInlet(memory, lane) : new StructInlet(memory, lane, message);
  return new Consumer(memory, make as (lane: number) => Inlet<unknown>) as ConsumerOf<M>;
}

/** @throws {FamfsError} as {@link takeRole} */
export function claimRole({ body, shape, what }: QueueMemory, participant: Participant, role: QueueRole) {
  return takeRole(participant, {
    memory: body.window(CONSUMER, PRODUCER + 8),
    offset: role === "consumer" ? CONSUMER : PRODUCER,
    host: role === "consumer" ? shape.host : shape.producerHost,
    what: `the ${role} of ${what}`,
  });
}
