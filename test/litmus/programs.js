// Litmus programs: two players, each on a host of its own where hosts are simulated, do a few loads and stores on the
// same places; what they saw is an outcome. Plain JavaScript, because workers run it as it is.
//
// Each program has `players`: functions of a place and the round's value, whose result (a small integer) is what the
// player saw; and `outcomes`: the two results in one string, with what rules R1-R9 of docs/memory-model.md say of it.
// A place has, 128 bytes apart: word a, payload of a, word b, payload of b. In every round values are one larger.

const WORD_A = 0;
const PAYLOAD_A = 128;
const WORD_B = 256;

/** Bytes of a place. */
export const PLACE = 512;

/** One instance of a program's shared variables, as one player sees them. */
export class Place {
  constructor(mapping, index) {
    const base = index * PLACE;
    this.mapping = mapping;
    this.payloadAt = base + PAYLOAD_A;
    this.lineAt = base + WORD_A;
    this.a = mapping.commitWord(base + WORD_A, { bits: 32, site: "litmus.a" });
    this.b = mapping.commitWord(base + WORD_B, { bits: 32, site: "litmus.b" });
    this.line = mapping.view(Int32Array, base + WORD_A, 16);
    this.payload = mapping.view(Int32Array, base + PAYLOAD_A, 16);
    this.bytes = new Uint8Array(192);
    this.record = new Uint8Array(192);
  }
}

const allowed = (...outcomes) => Object.fromEntries(outcomes.map((outcome) => [outcome, "allowed"]));

export const programs = {
  "message passing over two lines": {
    // Saw 0: neither; 1: the payload (early), 2: the word without the payload, 3: both.
    players: [
      (place, value) => {
        place.payload[0] = value;
        place.a.publish(value, place.payloadAt, 64);
        return 0;
      },
      (place, value) => {
        const word = place.a.observe() === value ? 2 : 0;
        place.mapping.fetch(place.payloadAt, 64, "litmus.payload");
        return word + (Atomics.load(place.payload, 0) === value ? 1 : 0);
      },
    ],
    outcomes: { ...allowed("0 0", "0 1", "0 3"), "0 2": "forbidden" },
  },

  "message passing over one line": {
    players: [
      (place, value) => {
        place.line[1] = value;
        place.a.publish(value, place.lineAt + 4, 4);
        return 0;
      },
      (place, value) => {
        const word = place.a.observe() === value ? 2 : 0;
        return word + (Atomics.load(place.line, 1) === value ? 1 : 0);
      },
    ],
    outcomes: { ...allowed("0 0", "0 1", "0 3"), "0 2": "forbidden" },
  },

  "a stale copy between the two invalidates": {
    // The reader has the payload's line cached, old, when it observes the word.
    players: [
      (place, value) => {
        place.payload[0] = value;
        place.a.publish(value, place.payloadAt, 64);
        return 0;
      },
      (place, value) => {
        const early = Atomics.load(place.payload, 0) === value ? 1 : 0;
        if (place.a.observe() !== value) return early;
        place.mapping.fetch(place.payloadAt, 64, "litmus.payload");
        return Atomics.load(place.payload, 0) === value ? 3 : 2;
      },
    ],
    outcomes: { ...allowed("0 0", "0 1", "0 3"), "0 2": "forbidden" },
  },

  "store buffering": {
    // Each publishes its own word and observes the other's: at least one sees the other's.
    players: [
      (place, value) => {
        place.a.publish(value, 0, 0);
        return place.b.observe() === value ? 1 : 0;
      },
      (place, value) => {
        place.b.publish(value, 0, 0);
        return place.a.observe() === value ? 1 : 0;
      },
    ],
    outcomes: { ...allowed("0 1", "1 0", "1 1"), "0 0": "forbidden" },
  },

  "read-read coherence": {
    // Two observes of one word never go back.
    players: [
      (place, value) => {
        place.a.publish(value, 0, 0);
        return 0;
      },
      (place, value) => {
        const first = place.a.observe() === value ? 2 : 0;
        return first + (place.a.observe() === value ? 1 : 0);
      },
    ],
    outcomes: { ...allowed("0 0", "0 1", "0 3"), "0 2": "forbidden" },
  },

  "a line is a prefix of its stores": {
    // Four stores to one line in order; a reader that loads them in the opposite order never sees a later one alone.
    players: [
      (place, value) => {
        for (let i = 0; i < 4; i++) Atomics.store(place.line, i, value);
        place.mapping.writeBack(place.lineAt, 64, "litmus.line");
        return 0;
      },
      (place, value) => {
        place.mapping.invalidate(place.lineAt, 64, "litmus.line");
        let seen = 0;
        for (let i = 3; i >= 0; i--) seen = seen * 2 + (Atomics.load(place.line, i) === value ? 1 : 0);
        // A hole: a store was seen, one before it, loaded later, was not.
        return ((seen + 1) & seen) === 0 ? 0 : 1;
      },
    ],
    outcomes: { ...allowed("0 0"), "0 1": "forbidden" },
  },

  "two writers on lines of their own": {
    // R1: neither loses what it stored.
    players: [
      (place, value) => {
        place.a.publish(value, 0, 0);
        return place.a.observe() === value ? 1 : 0;
      },
      (place, value) => {
        place.b.publish(value, 0, 0);
        return place.b.observe() === value ? 1 : 0;
      },
    ],
    outcomes: { ...allowed("1 1"), "0 0": "forbidden", "0 1": "forbidden", "1 0": "forbidden" },
  },

  "an overwritten record is whole": {
    // 192 bytes of one value over four lines, and R2b, R3.
    players: [
      (place, value) => {
        place.bytes.fill(value);
        place.a.overwrite((value * 2) % 0x1_0000_0000, place.payloadAt - 64, place.bytes);
        return 0;
      },
      (place, value) => {
        const word = place.a.read(place.payloadAt - 64, place.record);
        if (word === undefined) return 1;
        const expected = (word === value * 2 ? value : value - 1) % 256;
        for (const byte of place.record) if (byte !== expected) return 2;
        return 0;
      },
    ],
    outcomes: { ...allowed("0 0", "0 1"), "0 2": "forbidden" },
  },
};

/** Programs that break a rule: their forbidden outcomes must be seen, or the suite sees nothing. */
export const broken = {
  // R2 in the wrong order. Shows on every memory.
  "the word before its payload": {
    players: [
      (place, value) => {
        place.a.publish(value, 0, 0);
        for (let i = 0; i < 200; i++) Atomics.load(place.line, 2);
        place.payload[0] = value;
        place.mapping.writeBack(place.payloadAt, 64, "litmus.payload");
        return 0;
      },
      programs["message passing over two lines"].players[1],
    ],
    mustSee: "0 2",
    on: ["coherent", "incoherent", "simulated"],
  },

  // R1: two writers in one line lose updates where lines are written back as a whole.
  "two writers in one line": {
    players: [0, 1].map((own) => (place, value) => {
      Atomics.store(place.line, own, value);
      place.mapping.writeBack(place.lineAt, 64, "litmus.line");
      place.mapping.invalidate(place.lineAt, 64, "litmus.line");
      return Atomics.load(place.line, own) === value ? 1 : 0;
    }),
    mustSee: "1 0",
    on: ["simulated"],
  },
};
