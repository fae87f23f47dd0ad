/*
 * A slot for a participant (slot.ts): processes of one host that claim it, leave it, die anywhere and mark each other dead,
 * their host's restart, and an observer on another host (liveness.ts). At most one has the slot, no incarnation is given
 * twice, and nobody is known dead who is alive. test/models/segment.test.ts runs it.
 *
 *   spin -a slot.pml && gcc -O2 -DSAFETY -o pan pan.c && ./pan
 *
 * With RESTART the host restarts, instead of a second process on it. Each of NO_LOCK, NO_INCARNATION, NO_FENCE, LOCK_FIRST
 * and MARK_BLINDLY, and with RESTART of LATE_COUNT and COUNT_FIRST, leaves a step out or changes one, and must be found.
 */

#define OBSERVER 1
#define HOSTS 2
#define LINES 2
#include "../memory/incoherent.pml"

/* The host's boot count, and the slot's claim: a state, the boot count and the incarnation of who has it. */
#define COUNT 0
#define SLOT 1
#define FREE 0
#define HELD 1
#define LEFT 2
#define DEAD 3
#define CLAIM(incarnation, boot, state) ((incarnation) * 16 + (boot) * 4 + (state))
#define INCARNATION(claim) ((claim) / 16)
#define BOOT(claim) (((claim) / 4) % 4)
#define STATE(claim) ((claim) % 4)

/* What the kernel of the host knows: who has the slot's lock. */
byte locked;
bool killed;
bool cut;

/* What models know and participants do not: the incarnation that has the slot, and which ones ever had. */
byte alive;
bool given[8];

/* Inside a host it is atomic (F5). */
inline compareAndSwap(before, after, swapped) {
  invalidate(0, SLOT);
  atomic {
    swapped = COPY(0, SLOT) == before;
    if
    :: swapped -> store(0, SLOT, after)
    :: else
    fi
  };
#ifndef NO_FENCE
  writeBack(0, SLOT)
#endif
}

proctype Participant(byte me, boot) {
  byte claim;
  bool swapped;
  {
#ifndef LATE_COUNT
    if
    :: boot == 2 -> store(0, COUNT, boot); writeBack(0, COUNT)
    :: else
    fi;
#endif
#ifndef NO_LOCK
    if
    :: atomic { locked == 0 -> locked = me }
    :: atomic { locked != 0 -> goto stays }
    fi;
#endif
    observe(0, SLOT, claim);
    /* Held by somebody of this boot: its lock is gone, so it is. */
#ifdef NO_INCARNATION
    compareAndSwap(claim, CLAIM(INCARNATION(claim) + (claim == 0 -> 1 : 0), boot, HELD), swapped);
#else
    compareAndSwap(claim, CLAIM(INCARNATION(claim) + 1, boot, HELD), swapped);
#endif
    if
    :: swapped ->
         atomic {
#ifdef NO_INCARNATION
           claim = CLAIM(INCARNATION(claim) + (claim == 0 -> 1 : 0), boot, HELD);
#else
           claim = CLAIM(INCARNATION(claim) + 1, boot, HELD);
#endif
           assert(alive == 0 && !given[INCARNATION(claim)]);
           alive = INCARNATION(claim);
           given[alive] = true
         };
#ifdef LATE_COUNT
         store(0, COUNT, boot);
         writeBack(0, COUNT);
#endif
         if
         :: true -> goto stays
         :: true
         fi;
         alive = 0;
         compareAndSwap(claim, CLAIM(INCARNATION(claim), boot, LEFT), swapped)
    :: else
    fi;
    locked = 0;
stays:
    atomic { claim = 0; swapped = false }
  } unless {
    atomic { (cut && boot == 1) || (killed && me == 1) -> claim = 0; swapped = false }
  }
}

/* Its lock goes with it, what it stored stays in its host's cache. */
proctype Kill() {
end:
  atomic {
    !cut -> killed = true;
    if
    :: locked == 1 -> locked = 0; alive = 0
    :: else
    fi
  }
}

/* Another participant of the host, in another slot, looks who has died. */
proctype Marker() {
  byte claim;
  bool free, swapped;
  {
#ifdef LOCK_FIRST
    free = locked == 0;
#endif
    observe(0, SLOT, claim);
#ifndef LOCK_FIRST
    free = locked == 0;
#endif
    if
    :: STATE(claim) == HELD && BOOT(claim) == 1 && free ->
#ifdef MARK_BLINDLY
         store(0, SLOT, CLAIM(INCARNATION(claim), 1, DEAD));
         writeBack(0, SLOT)
#else
         compareAndSwap(claim, CLAIM(INCARNATION(claim), 1, DEAD), swapped)
#endif
    :: else
    fi;
    atomic { claim = 0; free = false; swapped = false }
  } unless {
    atomic { cut -> claim = 0; free = false; swapped = false }
  }
}

/* The host is switched off and on. What was in its caches only is gone. */
proctype PowerCut() {
  atomic {
    cut = true;
    locked = 0;
    alive = 0;
    dirty[AT(0, SLOT)] = false;
    COPY(0, SLOT) = memory[SLOT];
    run Participant(3, 2)
  }
}

/* It has seen who has the slot. Is that one known dead? */
proctype Observer() {
  byte seen, claim, count;
#ifdef COUNT_FIRST
  observe(OBSERVER, COUNT, count);
#endif
  observe(OBSERVER, SLOT, seen);
  observe(OBSERVER, SLOT, claim);
#ifndef COUNT_FIRST
  observe(OBSERVER, COUNT, count);
#endif
  if
  :: INCARNATION(claim) != INCARNATION(seen) || STATE(claim) != HELD || BOOT(claim) != count ->
       assert(alive == 0 || alive != INCARNATION(seen))
  :: else
  fi;
  atomic { seen = 0; claim = 0; count = 0 }
}

init {
  atomic {
    memory[COUNT] = 1;
    COPY(0, COUNT) = 1;
    COPY(OBSERVER, COUNT) = 1;
    run Cache(0, SLOT);
    run Cache(0, COUNT);
    run Participant(1, 1);
#ifdef RESTART
    run PowerCut();
#else
    run Participant(2, 1);
#endif
    run Kill();
    run Marker();
    run Observer()
  }
}
