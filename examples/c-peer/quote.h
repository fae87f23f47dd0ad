/*
struct {
  sequence: u64Number
  bid: f64
  ask: f64
  symbol: utf8(8)
  depth: vector(u32, 48)
}
*/
#ifndef FAMFS_SCHEMA_quote_H
#define FAMFS_SCHEMA_quote_H

#include <stddef.h>
#include <stdint.h>
#ifndef __cplusplus
#include <stdbool.h>
#endif

#if defined(__BYTE_ORDER__) && __BYTE_ORDER__ != __ORDER_LITTLE_ENDIAN__
#error "records are little-endian"
#endif

#ifndef FAMFS_SCHEMA_ASSERT
#ifdef __cplusplus
#define FAMFS_SCHEMA_ASSERT(condition, what) static_assert(condition, what)
#define FAMFS_SCHEMA_ALIGNAS(n) alignas(n)
#else
#define FAMFS_SCHEMA_ASSERT(condition, what) _Static_assert(condition, what)
#define FAMFS_SCHEMA_ALIGNAS(n) _Alignas(n)
#endif
#endif

#define quote_fingerprint UINT64_C(0xd994143052924e44)

struct quote {
  uint64_t sequence;
  double bid;
  double ask;
  char symbol[8];
  uint32_t depth[48];
};
FAMFS_SCHEMA_ASSERT(sizeof(struct quote) == 224, "size of quote");
FAMFS_SCHEMA_ASSERT(offsetof(struct quote, sequence) == 0, "offset of quote.sequence");
FAMFS_SCHEMA_ASSERT(sizeof(((struct quote *)0)->sequence) == 8, "size of quote.sequence");
FAMFS_SCHEMA_ASSERT(offsetof(struct quote, bid) == 8, "offset of quote.bid");
FAMFS_SCHEMA_ASSERT(sizeof(((struct quote *)0)->bid) == 8, "size of quote.bid");
FAMFS_SCHEMA_ASSERT(offsetof(struct quote, ask) == 16, "offset of quote.ask");
FAMFS_SCHEMA_ASSERT(sizeof(((struct quote *)0)->ask) == 8, "size of quote.ask");
FAMFS_SCHEMA_ASSERT(offsetof(struct quote, symbol) == 24, "offset of quote.symbol");
FAMFS_SCHEMA_ASSERT(sizeof(((struct quote *)0)->symbol) == 8, "size of quote.symbol");
FAMFS_SCHEMA_ASSERT(offsetof(struct quote, depth) == 32, "offset of quote.depth");
FAMFS_SCHEMA_ASSERT(sizeof(((struct quote *)0)->depth) == 192, "size of quote.depth");

#endif
