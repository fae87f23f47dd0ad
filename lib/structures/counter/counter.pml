/*
 * The lanes of a counter (counter.ts): participants of two hosts that add and subtract, one of which dies anywhere, its
 * successor on the same host, and a reader on a third host. A value counts everything whose `add` returned before, and each
 * amount meanwhile as a whole or not at all; nothing that was stored is lost by a death. test/models/structures.test.ts runs
 * it.
 *
 *   spin -a counter.pml && gcc -O2 -DSAFETY -o pan pan.c && ./pan
 *
 * A lane is a line with two sums, of what was added and of what was subtracted. Nobody ever subtracts more than was added.
 *
 * Each of NO_FENCE, NO_OBSERVE, OTHER_HOST, ONE_LINE, OLD_LANES and ADDED_FIRST leaves a step out or changes one, and must
 * be found.
 */

/* Host 0: the one who dies, and its successor, in lane 0. Host 1: another one, in lane 1. */
#define READERS_HOST 2
#ifdef OTHER_HOST
#define SUCCESSORS_HOST 3
#define HOSTS 4
#else
#define SUCCESSORS_HOST 0
#define HOSTS 3
#endif
#define LANES 2
#define LINES 2
#include "../../memory/incoherent.pml"

/* The line of a lane, and its two sums in it, of two bits each. */
#ifdef ONE_LINE
#define LINE(lane) 0
#define SHIFT(lane) (4 * (lane))
#else
#define LINE(lane) (lane)
#define SHIFT(lane) 0
#endif
#define SUMS(lane, line) (((line) >> SHIFT(lane)) & 15)
#define ADDED(sums) ((sums) & 3)
#define SUBTRACTED(sums) ((sums) >> 2)
#define ONE_ADDED 1
#define ONE_SUBTRACTED 4

/* What models know and participants do not. */
bool dead;
byte done;
byte added, subtracted;                   /* what was stored, whoever it was by */
byte returnedAdded, returnedSubtracted;   /* as much of it as its participants were told that it counts */

/* A participant knows its lane's sums. What else is in the line is as its host's cache has it. */
inline add(host, lane, known, one, total, returned) {
  atomic {
    known = known + one;
    store(host, LINE(lane), (COPY(host, LINE(lane)) & ~(15 << SHIFT(lane))) | (known << SHIFT(lane)));
    total++
  };
#ifndef NO_FENCE
  writeBack(host, LINE(lane));
#endif
  returned++
}

proctype Mortal() {
  byte known;
  {
    add(0, 0, known, ONE_ADDED, added, returnedAdded);
    add(0, 0, known, ONE_SUBTRACTED, subtracted, returnedSubtracted);
    add(0, 0, known, ONE_ADDED, added, returnedAdded)
  } unless { dead }
}

proctype Successor() {
  byte known;
  dead = true;
#ifndef NO_OBSERVE
  observe(SUCCESSORS_HOST, LINE(0), known);
  known = SUMS(0, known);
#endif
  add(SUCCESSORS_HOST, 0, known, ONE_ADDED, added, returnedAdded);
  done++
}

proctype Other() {
  byte known;
  add(1, 1, known, ONE_ADDED, added, returnedAdded);
  done++
}

proctype Reader() {
  byte addedBefore, subtractedBefore, lane, sums;
  short value;
  atomic { addedBefore = returnedAdded; subtractedBefore = returnedSubtracted };
  for (lane : 0 .. LANES - 1) {
#ifndef OLD_LANES
    invalidate(READERS_HOST, LINE(lane));
#endif
    load(READERS_HOST, LINE(lane), sums);
#ifdef ADDED_FIRST
    value = value + ADDED(SUMS(lane, sums));
#else
    value = value - SUBTRACTED(SUMS(lane, sums));
#endif
#ifndef OLD_LANES
    invalidate(READERS_HOST, LINE(lane));
#endif
    load(READERS_HOST, LINE(lane), sums);
#ifdef ADDED_FIRST
    value = value - SUBTRACTED(SUMS(lane, sums))
#else
    value = value + ADDED(SUMS(lane, sums))
#endif
  }
  assert(value >= 0);
  assert(value >= addedBefore - subtracted);
  assert(value <= added - subtractedBefore)
}

#define WRITTEN_BACK(host) (!dirty[AT(host, 0)] && !dirty[AT(host, 1)])

/* When all that is in the caches has gone to memory. */
proctype End() {
  (done == 2 && WRITTEN_BACK(0) && WRITTEN_BACK(1) && WRITTEN_BACK(SUCCESSORS_HOST));
  assert(ADDED(SUMS(0, memory[LINE(0)])) + ADDED(SUMS(1, memory[LINE(1)])) == added);
  assert(SUBTRACTED(SUMS(0, memory[LINE(0)])) == subtracted)
}

init {
  atomic {
    run Cache(0, LINE(0));
    run Cache(1, LINE(1));
#ifdef OTHER_HOST
    run Cache(SUCCESSORS_HOST, LINE(0));
#endif
    run Mortal();
    run Successor();
    run Other();
    run Reader();
    run End()
  }
}
