/*
 * The data of a mutex on incoherent memory (holder.ts, segment/guarded.ts): participants of two hosts that change two lines
 * in place, one of which dies anywhere, and an heir on its host, which flushes what the dead one had guarded before it
 * counts as dead. Who enters finds all changes before, whole, or is told that the last owner died; nothing of the dead one
 * comes into memory later. test/models/structures.test.ts runs it.
 *
 *   spin -a mutex.pml && gcc -O2 -DSAFETY -o pan pan.c && ./pan
 *
 * Who is inside, bakery.pml shows; here that is one step. Each of NO_INVALIDATE, NO_WRITE_BACK, LATE_HOLD,
 * NO_RELEASE_FENCE, NO_FLUSH, NO_HOLD_FLUSH and LATE_RECORD leaves a step out or changes one, and must be found.
 */

/* Host 0: the one who dies, and its heir. Host 1: another one. */
#define HOSTS 2
#define LINES 3
#include "../../memory/incoherent.pml"

/* The line of the hold: token * 2 + whether it is held. The lines that are guarded: two copies of one number. */
#define HOLD 0
#define FIRST 1
#define SECOND 2

#define NOBODY 255
#define MORTAL 0
#define HEIR 1
#define OTHER 2

byte owner = NOBODY;

/* What the dead one guards. Only processes of its host look at that, so its host's cache is all it needs. */
bool record;

/* The kernel of its host has seen its end; it counts as dead for all. */
bool dead, knownDead;

/* What models know and participants do not: the number that everybody is to find. */
byte truth;
byte tokens;

#ifdef NO_INVALIDATE
#define FETCH(host, line) skip
#else
#define FETCH(host, line) invalidate(host, line)
#endif

#ifdef NO_WRITE_BACK
#define WRITE_BACK(host, line) skip
#else
#define WRITE_BACK(host, line) writeBack(host, line)
#endif

#ifdef NO_RELEASE_FENCE
#define RELEASE_FENCE(host) skip
#else
#define RELEASE_FENCE(host) writeBack(host, HOLD)
#endif

inline mark(host) {
  store(host, HOLD, before / 2 * 2 + 3);
  writeBack(host, HOLD);
  atomic { assert(before / 2 >= tokens); tokens = before / 2 + 1 }
}

/* Where the last owner died the caller repairs: what it finds in the first line counts, and was stored at most once. */
inline find(host) {
  load(host, FIRST, first);
  load(host, SECOND, second);
  if
  :: before % 2 == 0 -> assert(first == truth && second == truth)
  :: else -> assert(first == truth || first == truth + 1); truth = first
  fi
}

inline hold(me, host) {
  atomic { owner == NOBODY || (owner == MORTAL && knownDead) -> owner = me };
  observe(host, HOLD, before);
#ifndef LATE_RECORD
  if :: me == MORTAL -> record = true :: else fi;
#endif
#ifndef LATE_HOLD
  mark(host);
#endif
  FETCH(host, FIRST);
  FETCH(host, SECOND);
  find(host);
  store(host, FIRST, first + 1);
#ifdef LATE_RECORD
  if :: me == MORTAL -> record = true :: else fi;
#endif
  store(host, SECOND, first + 1);
#ifdef LATE_HOLD
  mark(host);
#endif
  WRITE_BACK(host, FIRST);
  WRITE_BACK(host, SECOND);
  atomic { store(host, HOLD, before / 2 * 2 + 2); truth = first + 1 };
  RELEASE_FENCE(host);
  owner = NOBODY;
  before = 0; first = 0; second = 0
}

proctype Mortal() {
  byte before, first, second;
  {
    hold(MORTAL, 0);
    hold(MORTAL, 0)
  } unless { dead }
}

proctype Heir() {
  byte before, first, second;
  dead = true;
#ifndef NO_FLUSH
  if
  :: record -> writeBack(0, FIRST); writeBack(0, SECOND)
  :: else
  fi;
#ifndef NO_HOLD_FLUSH
  writeBack(0, HOLD);
#endif
#endif
  knownDead = true;
  hold(HEIR, 0)
}

proctype Other() {
  byte before, first, second;
  hold(OTHER, 1);
  hold(OTHER, 1)
}

init {
  atomic {
    run Cache(0, HOLD); run Cache(0, FIRST); run Cache(0, SECOND);
    run Cache(1, HOLD); run Cache(1, FIRST); run Cache(1, SECOND);
    run Mortal();
    run Heir();
    run Other()
  }
}
