import { options } from "../../guards.js";
import { createStructure } from "../../segment/create-structure.js";
import type { Participant } from "../../segment/participant.js";
import { openStructure, type StructureSource } from "../../segment/structure.js";
import { checkParticipant } from "../checks.js";
import { QUEUE, queueSize } from "./layout.js";
import { type OpenedQueue, openedQueue } from "./open-queue.js";
import {
  type CreateQueueOptions,
  checkCreate,
  checkMessage,
  checkRole,
  type OpenQueueOptions,
  schemaOf,
  writeShape,
} from "./options.js";
import type { MessageType } from "./types.js";

/** `SharedQueue.create`, up to the object. */
export async function createQueue<M extends MessageType>(
  participant: Participant,
  name: string,
  callerOptions: CreateQueueOptions<M>,
): Promise<OpenedQueue<M>> {
  checkParticipant(participant);
  const { message } = callerOptions ?? {};
  const { shape, role, patience } = checkCreate(callerOptions, participant.memory.layout, participant.host);
  const queue = {
    ...QUEUE,
    name,
    schema: schemaOf(message),
    capacity: shape.capacity,
    options: writeShape(shape, message),
    size: queueSize(shape.counts),
    initialise: () => undefined,
  };
  return openedQueue(participant, await createStructure(participant, queue, patience), { message, role });
}

/** `SharedQueue.open`, up to the object. */
export function openQueue<M extends MessageType>(
  source: StructureSource,
  name: string,
  callerOptions: OpenQueueOptions<M>,
): OpenedQueue<M> {
  const given = options("SharedQueue.open", callerOptions, ["message", "role"]);
  const message = checkMessage(given.message) as M;
  const role = checkRole(given.role);
  return openedQueue(source, openStructure(source, name, QUEUE, schemaOf(message)), { message, role });
}
