/*
 * The segment's lock (bakery.ts) and what it is for: of several participants that make a structure of one name, at most
 * one has it ready, whoever is slow, fenced, or dies, and whatever its caches do. test/models/segment.test.ts runs it.
 *
 *   spin -a bakery.pml && gcc -O2 -DSAFETY -o pan pan.c && ./pan
 *
 * A store goes into the host's cache and from there to memory at any later time, but not after the fence that follows it
 * (PUBLISH); a participant that died leaves its stores in the cache (F10). Each load comes from memory (observe).
 *
 * NO_DEATH: nobody dies. MUTEX asks instead whether two are ever inside, where nobody is fenced or dies. Each of
 * NO_FENCE, NO_CHOOSING, NO_REVOCATION, CHECK_FIRST and NO_FLUSH leaves a step out, and must be found. With N=3 and
 * NO_DEATH there are 16 million states.
 */

#ifndef N
#define N 3
#endif

#define IDLE 0
#define CHOOSING 1
#define IN_LINE 2

mtype = { word, entry, revocation };

#define NONE 0
#define RESERVED 1
#define READY 2
#define GIVEN_UP 3

/* Memory, each part with one writer. */
byte words[N];    /* ticket * 4 + state */
byte entries[N];
bool revocations[N * N];

/* Stores that are still in a host's cache. */
chan cache[N] = [4] of { mtype, byte, byte };

/* The kernel of a participant's host has seen its end. */
bool dead[N];

byte inside;
byte ready;

/* One may die between its store and its fence, and then the store is still in the cache. */
#if defined(MUTEX) || defined(NO_DEATH)
#define MAY_DIE false
#else
#define MAY_DIE dead[me] = true -> goto end
#endif

#ifdef NO_FENCE
#define FENCE true
#else
#define FENCE len(cache[me]) == 0
#endif

#define PUBLISH(part, index, value) \
  cache[me]!part, index, value; \
  if \
  :: FENCE \
  :: MAY_DIE \
  fi

/* Somebody of the host of the dead writes its lines back, and only then marks it. */
#ifdef NO_FLUSH
#define KNOWN_DEAD(j) dead[j]
#else
#define KNOWN_DEAD(j) (dead[j] && len(cache[j]) == 0)
#endif

#define AHEAD(j) (words[j] % 4 == CHOOSING || (words[j] % 4 == IN_LINE && \
  (words[j] / 4 < ticket || (words[j] / 4 == ticket && j < me))))

#define TAKEN(j) (entries[j] == READY || (entries[j] == RESERVED && !KNOWN_DEAD(j)))

proctype Cache(byte host) {
  byte index, value;
end:
  do
  :: atomic { cache[host]?word, index, value -> words[index] = value }
  :: atomic {
       cache[host]?entry, index, value -> entries[index] = value;
       if
       :: value == READY -> ready++; assert(ready <= 1)
       :: else
       fi
     }
  :: atomic { cache[host]?revocation, index, value -> revocations[index] = value }
  od
}

proctype Participant(byte me) {
  byte j, ticket;
  bool taken, revoked;

#ifndef NO_CHOOSING
  PUBLISH(word, me, CHOOSING);
#endif
  for (j : 0 .. N - 1) {
    atomic {
      if
      :: words[j] / 4 > ticket -> ticket = words[j] / 4
      :: else
      fi
    }
  }
  ticket++;
  PUBLISH(word, me, ticket * 4 + IN_LINE);

  j = 0;
  do
  :: j == N -> break
  :: atomic { j < N && (j == me || !AHEAD(j) || KNOWN_DEAD(j)) -> j++ }
#ifndef MUTEX
  /* It has been silent for its lease. Perhaps it is only slow. */
  :: atomic { j < N && j != me && AHEAD(j) -> skip };
#ifndef NO_REVOCATION
     PUBLISH(revocation, j * N + me, true);
#endif
     j++
#endif
  od;

  inside++;
#ifdef MUTEX
  assert(inside == 1);
#endif
  for (j : 0 .. N - 1) {
    atomic { taken = taken || TAKEN(j) }
  }
#ifdef CHECK_FIRST
  for (j : 0 .. N - 1) {
    atomic { revoked = revoked || revocations[me * N + j] }
  }
#endif
  if
  :: taken || revoked -> skip
  :: else ->
     PUBLISH(entry, me, RESERVED);
   #ifndef CHECK_FIRST
     for (j : 0 .. N - 1) {
       atomic { revoked = revoked || revocations[me * N + j] }
     }
#endif
  fi;
  inside--;
  PUBLISH(word, me, ticket * 4 + IDLE);
  if
  :: taken
  :: !taken && revoked -> PUBLISH(entry, me, GIVEN_UP)
  :: else -> PUBLISH(entry, me, READY)
  fi;
end:
  skip
}

init {
  byte i;
  atomic {
    for (i : 0 .. N - 1) {
      run Cache(i);
      run Participant(i)
    }
  }
}
