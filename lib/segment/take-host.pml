/*
 * One index of a host, and who gets it (take-host.ts): processes of one machine, one of which may die anywhere; that
 * machine after a power cut; and another machine that was given the same index by mistake. Never are participants of both
 * machines in the segment, those of one boot have one boot count, and those of two boots have two.
 * test/models/segment.test.ts runs it.
 *
 *   spin -a take-host.pml && gcc -O2 -DSAFETY -o pan pan.c && ./pan
 *
 * Nothing can promise the first between machines: who pauses between its look and its stores takes the index from its owner
 * (R5b). It is shown for whoever has stored within the wait of the other, a heartbeat long, that follows on its own stores.
 *
 * Each of NO_WAIT, NO_CONFIRM, CONFIRM_ONCE, NO_CLAIM_FENCE, NO_COUNT and ANY_MACHINE leaves a step out, and must be found.
 */

#define MACHINES 2
#define HOSTS MACHINES
#define LINES 2
#include "../memory/incoherent.pml"

/* The lines of a host's block: both hold a boot count and a boot. Boots 1 and 2 are of machine 0, boot 3 is of machine 1. */
#define CLAIM 0
#define RECORD 1
#define VALUE(count, boot) ((count) * 4 + (boot))
#define COUNT(value) ((value) / 4)
#define BOOT(value) ((value) % 4)
#define MACHINE(boot) ((boot) / 3)
#define BOOTS 3

/* What the kernel of a machine knows: who has the lock under which indexes are taken. */
byte locked[MACHINES];
bool dead;
bool cut;

/* Whether a slot was ever claimed with this boot count. */
bool joined[BOOTS + 1];

/* What models know and participants do not: who has looked and not stored yet, who is in, and under which boot count. */
bool storing[MACHINES];
bool member[MACHINES];
byte countOf[BOOTS + 1];

/* Afterwards `claim` is what was compared, `swapped` whether it was the same. */
inline compareAndSwap(machine, before, after) {
  invalidate(machine, CLAIM);
  atomic {
    load(machine, CLAIM, claim);
    swapped = claim == before;
    if
    :: swapped -> store(machine, CLAIM, after)
    :: else
    fi
  };
#ifndef NO_CLAIM_FENCE
  writeBack(machine, CLAIM)
#endif
}

#define OTHER(machine) (1 - (machine))

/* The wait is over: what the other machine was about to store has reached memory, also from its cache. */
#ifdef NO_WAIT
#define INTERVAL true
#else
#define INTERVAL (!storing[OTHER(machine)] && !dirty[AT(OTHER(machine), CLAIM)] && !dirty[AT(OTHER(machine), RECORD)])
#endif

#define IS_MINE (COUNT(record) == COUNT(claim) && BOOT(record) == boot)

/* For fewer states: nobody looks at these again. */
inline forget() { claim = 0; record = 0; before = 0; count = 0; half = false; swapped = false }

proctype Process(byte me, machine, boot) {
  byte claim, record, before, count;
  bool half, swapped;
  {
    atomic { locked[machine] == 0 -> locked[machine] = me };
again:
    storing[machine] = true;
    observe(machine, CLAIM, claim);
    observe(machine, RECORD, record);
    before = claim;
    if
    :: claim != 0 && IS_MINE ->
         count = COUNT(claim);
#ifdef CONFIRM_ONCE
         goto inside
#else
         if
         /* Whoever has claimed a slot in this boot, had confirmed it. */
         :: joined[COUNT(claim)] -> goto inside
         :: else -> goto confirm
         fi
#endif
    :: else -> skip
    fi;
    half = claim != 0 && COUNT(record) != COUNT(claim) && BOOT(claim) == boot;
    if
    :: half || claim == 0
#ifdef ANY_MACHINE
    :: !half && claim != 0
#else
    :: !half && claim != 0 && COUNT(record) == COUNT(claim) && MACHINE(BOOT(record)) == machine
#endif
    :: else -> goto refused
    fi;
    storing[machine] = half || claim == 0;
#ifdef NO_COUNT
    count = (claim == 0 -> 1 : COUNT(claim));
#else
    count = (half -> COUNT(claim) : COUNT(claim) + 1);
#endif
    storing[machine] = true;
    if
    :: half
    :: else ->
         compareAndSwap(machine, before, VALUE(count, boot));
         if
         :: swapped
         :: else -> goto again
         fi
    fi;
    store(machine, RECORD, VALUE(count, boot));
    writeBack(machine, RECORD);
confirm:
    storing[machine] = false;
#ifndef NO_CONFIRM
    atomic {
      INTERVAL;
      observe(machine, CLAIM, claim);
      observe(machine, RECORD, record)
    };
    if
    :: IS_MINE
    :: else -> goto refused
    fi;
#endif
inside:
    atomic {
      joined[count] = true;
      member[machine] = true;
      assert(!member[OTHER(machine)]);
      assert(countOf[boot] == 0 || countOf[boot] == count);
      countOf[boot] = count;
      assert(countOf[boot] != countOf[1 + boot % BOOTS] && countOf[boot] != countOf[1 + (boot + 1) % BOOTS])
    };
refused:
    atomic {
      locked[machine] = 0;
      storing[machine] = false;
      forget()
    }
  } unless {
    atomic { cut && boot == 1 || dead && me == 1 -> forget() }
  }
}

/* Its lock goes with it, what it stored stays in its machine's cache. */
proctype Death() {
end:
  atomic {
    !cut -> dead = true;
    if
    :: locked[0] == 1 -> locked[0] = 0; storing[0] = false
    :: else
    fi
  }
}

/* All of a boot's processes end at once, and its caches are gone. */
proctype PowerCut() {
  atomic {
    cut = true;
    locked[0] = 0;
    storing[0] = false;
    member[0] = false;
    dirty[AT(0, CLAIM)] = false;
    dirty[AT(0, RECORD)] = false;
    COPY(0, CLAIM) = memory[CLAIM];
    COPY(0, RECORD) = memory[RECORD]
  };
  /* It takes longer than that. */
  !storing[1] -> run Process(3, 0, 2)
}

init {
  byte machine;
  atomic {
    for (machine : 0 .. MACHINES - 1) {
      run Cache(machine, CLAIM);
      run Cache(machine, RECORD)
    }
    run Process(1, 0, 1);
    run Process(2, 0, 1);
    run Process(4, 1, 3);
    run Death();
    run PowerCut()
  }
}
