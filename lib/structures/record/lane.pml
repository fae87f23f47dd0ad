/*
 * Two slots, each with its own commit word, and a selector (lane.ts): a writer that dies anywhere, its successor on the same
 * host, and a reader on another host. Versions are whole, never go back, are never two with one number, and are found by
 * every read that begins after their write returned; and a death never stops readers. test/models/structures.test.ts runs
 * it.
 *
 *   spin -a lane.pml && gcc -O2 -DSAFETY -o pan pan.c && ./pan
 *
 * The bytes of a version are two lines, A and B, each of which holds who wrote it and as which version.
 *
 * With READERS_HOST=0 the reader is on the host of the writers. Each of NO_ODD, NO_ODD_FENCE, NO_BYTES_FENCE, NO_WORD_FENCE,
 * NO_SELECTOR_FENCE, NO_TAKE_OVER, OTHER_HOST, ONE_SLOT, NO_FETCH, FETCH_EARLY, NO_LOOK and OLD_SELECTOR leaves a step
 * out or changes one, and must be found.
 */

#define WRITERS_HOST 0
#ifndef READERS_HOST
#define READERS_HOST 1
#endif
#ifdef OTHER_HOST
#define SUCCESSORS_HOST 2
#define HOSTS 3
#else
#define SUCCESSORS_HOST WRITERS_HOST
#define HOSTS 2
#endif
#define LINES 7
#include "../../memory/incoherent.pml"

#define VERSIONS 3
#ifndef READS
#define READS 2
#endif

#ifdef ONE_SLOT
#define SLOT(version) 0
#else
#define SLOT(version) ((version) % 2)
#endif
#define SELECTOR 0
#define WORD(version) (1 + 3 * SLOT(version))
#define A(version) (2 + 3 * SLOT(version))
#define B(version) (3 + 3 * SLOT(version))
#define BYTES(version, who) ((version) * 2 + (who))

/* What models know and participants do not: how the writer is, and what has happened. */
bool dead;
bool succeeded;
byte returned;
byte known[VERSIONS + 1];

#ifdef NO_ODD_FENCE
#define MARK(host, version) store(host, WORD(version), COPY(host, WORD(version)) | 1)
#else
#define MARK(host, version) store(host, WORD(version), COPY(host, WORD(version)) | 1); writeBack(host, WORD(version))
#endif

inline write(host, who, version) {
  /* What CommitWord.overwrite refuses. */
  assert(COPY(host, WORD(version)) != 2 * version);
#ifndef NO_ODD
  MARK(host, version);
#endif
  store(host, A(version), BYTES(version, who));
  store(host, B(version), BYTES(version, who));
#ifndef NO_BYTES_FENCE
  writeBack(host, A(version));
  writeBack(host, B(version));
#endif
  store(host, WORD(version), 2 * version);
#ifndef NO_WORD_FENCE
  writeBack(host, WORD(version));
#endif
  store(host, SELECTOR, version);
#ifndef NO_SELECTOR_FENCE
  writeBack(host, SELECTOR);
#endif
  returned = version
}

proctype Writer() {
  byte version;
  {
    do
    :: version < VERSIONS ->
         version++;
         write(WRITERS_HOST, 0, version)
    :: else -> break
    od
  } unless { dead };
end:
  skip
}

proctype Successor() {
  byte version;
  dead = true;
  succeeded = true;
  observe(SUCCESSORS_HOST, SELECTOR, version);
  version++;
#ifndef NO_TAKE_OVER
  invalidate(SUCCESSORS_HOST, WORD(version));
  if
  :: COPY(SUCCESSORS_HOST, WORD(version)) == 2 * version -> MARK(SUCCESSORS_HOST, version)
  :: else
  fi;
#endif
  do
  :: version <= VERSIONS ->
       write(SUCCESSORS_HOST, 1, version);
       version++
  :: else -> break
  od
}

proctype Reader() {
  byte least, reads, version, word, a, b;
  bool alone;
  do
  :: reads < READS ->
       reads++;
       /* Whoever began to read after the death, and is done before the successor begins, is disturbed by nobody. */
       atomic {
         alone = dead;
         if
         :: returned > least -> least = returned
         :: else
         fi
       };
#ifdef FETCH_EARLY
       invalidate(READERS_HOST, A(0));
       invalidate(READERS_HOST, B(0));
       invalidate(READERS_HOST, A(1));
       invalidate(READERS_HOST, B(1));
#endif
#ifndef OLD_SELECTOR
       invalidate(READERS_HOST, SELECTOR);
#endif
       load(READERS_HOST, SELECTOR, version);
       assert(version >= least);
       if
       :: version == 0
       :: else ->
#if !defined(NO_FETCH) && !defined(FETCH_EARLY)
            invalidate(READERS_HOST, A(version));
            invalidate(READERS_HOST, B(version));
#endif
            load(READERS_HOST, A(version), a);
            load(READERS_HOST, B(version), b);
#ifndef NO_LOOK
            invalidate(READERS_HOST, WORD(version));
#endif
            load(READERS_HOST, WORD(version), word);
            atomic {
              if
              :: word != 2 * version -> assert(!alone || succeeded)
              :: else ->
                   assert(a == b && a / 2 == version);
                   assert(known[version] == 0 || known[version] == a);
                   known[version] = a;
                   least = version
              fi;
              word = 0; a = 0; b = 0
            }
       fi;
       version = 0
  :: else -> break
  od
}

init {
  byte line;
  atomic {
    for (line : 0 .. LINES - 1) { run Cache(WRITERS_HOST, line) }
#ifdef OTHER_HOST
    for (line : 0 .. LINES - 1) { run Cache(SUCCESSORS_HOST, line) }
#endif
    run Writer();
    run Successor();
    run Reader()
  }
}
