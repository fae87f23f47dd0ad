/*
 * Memory whose caches are not coherent between hosts (F1 to F3, F7 and F10 of docs/memory-model.md), for the models of
 * protocols. A model defines HOSTS and LINES, the number of each, and includes this.
 *
 * A line holds one value, and each host has a copy of it. A copy that was stored to goes to memory at any later time, also
 * after whoever stored it has died. One that was not may stay as old as it is, or be fetched anew at any time: which only
 * its next load can tell.
 */

byte memory[LINES];
byte copies[HOSTS * LINES];
bool dirty[HOSTS * LINES];

#define AT(host, line) ((host) * LINES + (line))
#define COPY(host, line) copies[AT(host, line)]

inline store(host, line, value) {
  d_step {
    COPY(host, line) = value;
    dirty[AT(host, line)] = true
  }
}

/* A write-back and the fence after it. Before the fence it may have taken effect at any time, as a cache may write back. */
inline writeBack(host, line) {
  d_step {
    if
    :: dirty[AT(host, line)] -> memory[line] = COPY(host, line)
    :: else
    fi;
    dirty[AT(host, line)] = false
  }
}

/* An invalidate between two fences. What was stored is written back (F7); then the copy is as memory is now, or later. */
inline invalidate(host, line) {
  d_step {
    if
    :: dirty[AT(host, line)] -> memory[line] = COPY(host, line)
    :: else
    fi;
    COPY(host, line) = memory[line];
    dirty[AT(host, line)] = false
  }
}

inline load(host, line, into) {
  atomic {
    if
    :: !dirty[AT(host, line)] -> COPY(host, line) = memory[line]
    :: true
    fi;
    into = COPY(host, line)
  }
}

/* An invalidate and a load: of one line, as it was at some moment in between, so the two can be one step. */
inline observe(host, line, into) {
  d_step {
    if
    :: dirty[AT(host, line)] -> memory[line] = COPY(host, line)
    :: else
    fi;
    dirty[AT(host, line)] = false;
    COPY(host, line) = memory[line];
    into = COPY(host, line)
  }
}

/* What a host's cache does of its own accord: one for each host and line that is stored to. */
proctype Cache(byte host, line) {
end:
  do
  :: d_step {
       dirty[AT(host, line)] ->
         memory[line] = COPY(host, line);
         dirty[AT(host, line)] = false
     }
  od
}
