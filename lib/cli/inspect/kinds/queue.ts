import { parseSchema } from "../../../schema/parse.js";
import { backlogOf } from "../../../structures/queue/backlog.js";
import { CONSUMER, PRODUCER, QUEUE } from "../../../structures/queue/layout.js";
import { queueMemory } from "../../../structures/queue/open-queue.js";
import { holderOf, type Kind } from "../kind.js";

/** A queue: its ends, and how much is in it. */
export const queue: Kind = {
  ...QUEUE,
  open({ segment, found, schema }) {
    const memory = queueMemory(segment, found, schema === "bytes" ? schema : parseSchema(schema));
    const { host, producers, producerHost, unit } = memory.shape;
    const roles = memory.body.window(CONSUMER, PRODUCER + 8);
    const word = (offset: number) => roles.commitWord(offset, { bits: 64, site: "segment.role" });
    const [consumer, producer] = [word(CONSUMER), word(PRODUCER)];
    const one = () => ({
      producerBoundTo: producerHost,
      producer: holderOf(segment, producerHost, producer.observe()),
    });
    return () => ({
      messages: schema === "bytes" ? "bytes" : "struct",
      ...{ producers, boundTo: host, consumer: holderOf(segment, host, consumer.observe()) },
      ...(producers === "one" && one()),
      [unit === 1 ? "backlogBytes" : "backlog"]: backlogOf(memory),
    });
  },
};
