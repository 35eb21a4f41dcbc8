/* gaugeline in C: learn temporal embeddings online, from slices or from events, and ask what was learnt.
 *
 *   #include <gaugeline/gaugeline.h>
 *
 *   gaugeline_error error;
 *   gaugeline_options *options = NULL;
 *   gaugeline_learner *learner = NULL;
 *   int32_t learnt = 1;
 *   const char *lines = "{\"time\": \"2024-05-01\", \"tokens\": [\"apple\", \"pear\", \"juice\"]}\n";
 *
 *   gaugeline_options_create("skipgram", &options, &error);
 *   gaugeline_options_set(options, "dimension", "32", &error);
 *   gaugeline_options_set(options, "every", "day", &error);
 *   if (gaugeline_learner_create(options, &learner, &error) != GAUGELINE_OK) puts(error.message);
 *   gaugeline_learner_feed_events(learner, lines, strlen(lines), NULL, &error);
 *   gaugeline_learner_end_events(learner, &error);
 *   while (gaugeline_learner_step(learner, NULL, &learnt, &error) == GAUGELINE_OK && learnt) continue;
 *
 *   gaugeline_neighbor near[5];
 *   uint32_t count = 0;
 *   gaugeline_learner_neighbors(learner, "apple", GAUGELINE_NUL_TERMINATED, 0, near, 5, &count, &error);
 *   gaugeline_learner_destroy(learner);
 *   gaugeline_options_destroy(options);
 *
 * Learning goes in two calls: data are fed, and wait in the learner; each step then learns the oldest slice that waits.
 * The model and all names of figures are those of docs/algorithm.md and of the C++ headers, which say more.
 *
 * ERRORS. Every call that can fail returns a status, GAUGELINE_OK (0) or why not, and fills the caller's `error`, which
 * may be NULL, with the same status and a message that can be shown to a person as it is. There is no other place where
 * an error is kept, so threads do not disturb each other. No exception leaves the library. All arguments are checked:
 * handles and pointers for NULL, shapes, ids and figures for their ranges; only what C cannot ask (whether a pointer
 * that is not NULL points to what it should) is left to the caller. A call that fails changes nothing but its outputs,
 * unless it says otherwise; outputs that are handles are then NULL.
 *
 * OWNERSHIP. What *_create, *_open and *_load give is the caller's, who gives it back by *_destroy, for which NULL is
 * nothing. All else that is passed in stays the caller's and is not needed after the call. All else that comes out is
 * the library's, and is never freed; how long it is valid stands beside it.
 *
 * THREADS. Different handles are independent. Calls that take a const handle may run side by side on one handle; a
 * call that takes one that is not const needs it for itself. A learner starts threads only if the option `threads` is
 * over 1; they sleep between steps. What is learnt does not depend on their number.
 *
 * UNITS. Times are microseconds since 1970-01-01T00:00:00Z, negative before. Tokens are bytes, UTF-8 by convention,
 * 1 to 255 of them. Rows are numbered from 0.
 *
 * ABI. GAUGELINE_ABI_VERSION is the number behind libgaugeline.so, and changes where a program would have to be
 * compiled again. Below that, functions and options are added and structs grow at their end: options are set by name,
 * as text, so that a new one needs no new symbol and no compiler, and can be passed through from any language or file;
 * structs of many figures begin with their size, which their owner fills in (GAUGELINE_SIZED), so that the library
 * touches what the program knows, and takes the rest for 0. This header is C99, C11 and C++. */
#ifndef GAUGELINE_GAUGELINE_H
#define GAUGELINE_GAUGELINE_H

#include <stddef.h>
#include <stdint.h>

#if defined(__GNUC__)
#define GAUGELINE_API __attribute__((visibility("default")))
#else
#define GAUGELINE_API
#endif

#ifdef __cplusplus
extern "C" {
#endif

#define GAUGELINE_ABI_VERSION 0
/* That of the library that is loaded: compare it with the macro. */
GAUGELINE_API uint32_t gaugeline_abi_version(void);
/* "0.1.0"; valid for ever. */
GAUGELINE_API const char* gaugeline_version(void);

typedef int32_t gaugeline_status;
enum {
  GAUGELINE_OK = 0,
  GAUGELINE_INVALID_ARGUMENT = 1,  /* a NULL that must not be, an option out of range, a call that does not fit */
  GAUGELINE_CAPACITY_EXCEEDED = 2, /* more than the options reserve */
  GAUGELINE_OUT_OF_MEMORY = 3,
  GAUGELINE_BAD_DATA = 4,            /* figures, ids, tokens or bytes from outside that cannot be used */
  GAUGELINE_UNSUPPORTED_VERSION = 5, /* a file of a version that is not read here */
  GAUGELINE_CHECKSUM_MISMATCH = 6,   /* a damaged file */
  GAUGELINE_OUT_OF_ORDER = 7,        /* time runs backwards */
  GAUGELINE_NOT_FOUND = 8,           /* no such token, file, or option; or nothing was learnt yet */
  GAUGELINE_IO_ERROR = 9,            /* the operating system refused */
  GAUGELINE_NO_SPACE = 11,           /* the disk is full */
  GAUGELINE_PERMISSION_DENIED = 12,
  GAUGELINE_INTERNAL_ERROR = 100 /* none of these: a mistake of the library's own; please report it */
};
/* "invalid argument"; valid for ever. Of an unknown one, "unknown status". */
GAUGELINE_API const char* gaugeline_status_name(gaugeline_status status);

typedef struct gaugeline_error {
  gaugeline_status status;
  char message[508]; /* ends with a NUL; "" if the status is GAUGELINE_OK */
} gaugeline_error;

/* In C:     gaugeline_slice slice = GAUGELINE_SIZED(gaugeline_slice);   all else is 0
 * In C++:   gaugeline_slice slice{}; slice.struct_size = sizeof slice; */
#define GAUGELINE_SIZED(type) {.struct_size = sizeof(type)}

/* The length of a token or text that ends with a NUL. */
#define GAUGELINE_NUL_TERMINATED SIZE_MAX
/* What stands for no row. */
#define GAUGELINE_NO_ROW UINT32_MAX

/* A list of tokens as one run of bytes: token i is bytes [ends[i-1], ends[i]), and ends[-1] is 0. {0} is an empty one.
 */
typedef struct gaugeline_tokens {
  const char* bytes;
  size_t byte_count; /* equals the last end */
  const uint32_t* ends;
  size_t count;
} gaugeline_tokens;

/* ---- options -------------------------------------------------------------------------------------------------------
 * Those of the learner have the names, units and defaults of gaugeline::Options (options.hpp): dimension, seed,
 * prior_precision, diffusion, item_capacity, ...; enumerations are told by name, as to
 * the command (coupling: random-walk or none).
 * threads: workers. Those of events are those of `gaugeline serve`, and needed for events alone: every (hour, day,
 * week, month, quarter, year, decade, or a duration such as 90m; no default), lateness, late (open-slice or drop),
 * window, window_weights (full or falling), form (sequences or pairs), min_count, vocabulary, duplicate_horizon,
 * max_open_bytes. */
typedef struct gaugeline_options gaugeline_options;

/* model: "skipgram" (tokens, pairs) or "gaussian" (values), with the defaults that were measured for it. */
GAUGELINE_API gaugeline_status gaugeline_options_create(const char* model, gaugeline_options** options,
                                                        gaugeline_error* error);
/* The learner's options that a snapshot was learnt with; those of events, threads, pass_products and pass_parts are the
 * defaults. */
GAUGELINE_API gaugeline_status gaugeline_options_load(const char* snapshot_path, gaugeline_options** options,
                                                      gaugeline_error* error);
GAUGELINE_API void gaugeline_options_destroy(gaugeline_options* options);
/* GAUGELINE_NOT_FOUND: there is no such option. That the value can be read is checked here, ranges where a learner is
 * made, since some depend on each other. */
GAUGELINE_API gaugeline_status gaugeline_options_set(gaugeline_options* options, const char* name, const char* value,
                                                     gaugeline_error* error);
/* Writes the value as text that options_set reads, with its NUL. CAPACITY_EXCEEDED: the text is longer; 64 will do. */
GAUGELINE_API gaugeline_status gaugeline_options_get(const gaugeline_options* options, const char* name, char* text,
                                                     size_t capacity, gaugeline_error* error);
/* Name number `index`, from 0; NULL beyond the last. Valid for ever. */
GAUGELINE_API const char* gaugeline_options_name(size_t index);
/* What a learner with these options reserves, in bytes, all of it when it is created. */
GAUGELINE_API gaugeline_status gaugeline_options_memory_bytes(const gaugeline_options* options, uint64_t* bytes,
                                                              gaugeline_error* error);

/* ---- learners ------------------------------------------------------------------------------------------------------
 */
typedef struct gaugeline_learner gaugeline_learner;

/* A learner in memory. */
GAUGELINE_API gaugeline_status gaugeline_learner_create(const gaugeline_options* options, gaugeline_learner** learner,
                                                        gaugeline_error* error);
/* A learner that goes on from a snapshot file as if it had never stopped, bit for bit. options: NULL, or with the same
 * values for all that changes behaviour (begin with gaugeline_options_load). Every byte of the file is verified.
 * GAUGELINE_INVALID_ARGUMENT: it is compact (its embeddings are rounded), which is to be read, not to be gone on from.
 */
GAUGELINE_API gaugeline_status gaugeline_learner_load(const char* snapshot_path, const gaugeline_options* options,
                                                      gaugeline_learner** learner, gaugeline_error* error);
/* A learner on a data directory, which is made, or gone on with: each step leaves a snapshot there, synced to disk, for
 * `gaugeline query --data DIR` and all other commands. One learner or daemon at a time may have it, others get
 * GAUGELINE_IO_ERROR. */
GAUGELINE_API gaugeline_status gaugeline_learner_open(const char* data_directory, const gaugeline_options* options,
                                                      gaugeline_learner** learner, gaugeline_error* error);
GAUGELINE_API void gaugeline_learner_destroy(gaugeline_learner* learner);
/* Writes the whole state to a snapshot file, which is there whole or not at all. What was fed but not learnt is not in
 * it. GAUGELINE_NOT_FOUND: nothing was learnt yet. */
GAUGELINE_API gaugeline_status gaugeline_learner_save(gaugeline_learner* learner, const char* snapshot_path,
                                                      gaugeline_error* error);

/* ---- feeding -------------------------------------------------------------------------------------------------------
 */
typedef struct gaugeline_pair {
  uint32_t item, context;
  float weight; /* how often the pair was seen; above 0, at most 1e12 */
} gaugeline_pair;

typedef struct gaugeline_value {
  uint32_t item, context;
  float value; /* magnitude at most 1e12 */
} gaugeline_value;

/* One slice of time, of any of three kinds of observation. It names its own tokens: ids are places in item_tokens and
 * context_tokens, and mean nothing outside it. */
typedef struct gaugeline_slice {
  size_t struct_size;
  int64_t begin, end; /* microseconds, [begin, end) */
  gaugeline_tokens item_tokens;
  gaugeline_tokens context_tokens; /* none if contexts_are_items */
  int32_t contexts_are_items;      /* 0 or 1; sequences need 1 */
  int32_t pairs_are_symmetric;     /* 0 or 1: each pair (i, j) stands for (j, i), too; needs contexts_are_items */
  const float* item_uses;          /* how often each token was used, or NULL: not known */
  const float* context_uses;
  const uint32_t* sequence_ids; /* items, all sequences one after another */
  size_t sequence_id_count;
  const uint32_t* sequence_ends; /* sequence s is ids [ends[s-1], ends[s]) */
  size_t sequence_count;
  uint32_t window;         /* 1 to 255 if there are sequences: how far apart positions make a pair */
  int32_t falling_weights; /* 1: a pair at distance k counts (window + 1 - k) / window, not 1 */
  const gaugeline_pair* pairs;
  size_t pair_count;
  const gaugeline_value* values;
  size_t value_count;
} gaugeline_slice;

/* Checks the slice and keeps a copy, for a step. Open windows of events that end when it ends, or earlier, are closed
 * and come first. GAUGELINE_OUT_OF_ORDER: it begins before what comes before it ends. */
GAUGELINE_API gaugeline_status gaugeline_learner_feed_slice(gaugeline_learner* learner, const gaugeline_slice* slice,
                                                            gaugeline_error* error);

typedef struct gaugeline_events_taken {
  size_t struct_size;
  uint64_t counted;            /* into the window of their time */
  uint64_t late;               /* whose window was closed */
  uint64_t duplicates;         /* whose source and id had come before */
  uint64_t refused;            /* lines that cannot be used */
  uint64_t first_refused_line; /* from 1; 0: none */
  char first_reason[508];
} gaugeline_events_taken;

/* Takes lines of events as the daemon does (README.md, "Your own events"), and closes the windows whose end their times
 * pass. A line that cannot be used is counted and left out, the others are taken, and the call succeeds. taken: NULL,
 * or what became of the lines. GAUGELINE_INVALID_ARGUMENT: the option `every` was not set. CAPACITY_EXCEEDED: all was
 * taken, but a window of more than 2^27 observations was dropped. OUT_OF_MEMORY: some lines may not have been taken.
 * Open windows take memory beyond what is reserved, at most max_open_bytes. */
GAUGELINE_API gaugeline_status gaugeline_learner_feed_events(gaugeline_learner* learner, const char* lines,
                                                             size_t bytes, gaugeline_events_taken* taken,
                                                             gaugeline_error* error);
/* Nothing more will come: closes all windows. Events that come nevertheless are late where theirs is closed. */
GAUGELINE_API gaugeline_status gaugeline_learner_end_events(gaugeline_learner* learner, gaugeline_error* error);
/* Slices that wait for a step, and windows of events that are open. Each may be NULL. */
GAUGELINE_API gaugeline_status gaugeline_learner_waiting(const gaugeline_learner* learner, uint64_t* slices,
                                                         uint64_t* open_windows, gaugeline_error* error);

/* ---- learning ------------------------------------------------------------------------------------------------------
 */
typedef struct gaugeline_report { /* as gaugeline::SliceReport */
  size_t struct_size;
  uint64_t slice; /* index, from 0 */
  int64_t begin, end;
  double elapsed_units;
  double observations;
  uint64_t distinct;
  double scored; /* weight of the observations that were predicted before they were learnt; 0 in the first slice */
  double score;  /* their mean log-likelihood in nats; higher is better */
  double baseline_score;
  double rotation_angle; /* radians: how far the slice would have turned the frame */
  double holonomy_angle; /* radians */
  double gauge_residual;
  uint32_t item_rows, context_rows;
  uint32_t new_item_rows, new_context_rows;
  uint32_t unadmitted_tokens;
  double unadmitted_observations;
} gaugeline_report;

/* Learns the oldest slice that waits. *learnt is 1, or 0 if none waited. report: NULL, or what happened in it. A slice
 * that is refused (out of order, over a capacity) is dropped, and the state is as it was. On a data directory, what
 * cannot be written ends the learner's use: GAUGELINE_IO_ERROR, now and later; but after GAUGELINE_NO_SPACE the next
 * step tries to write once more. O(rows dimension^2) and more: docs/performance.md. */
GAUGELINE_API gaugeline_status gaugeline_learner_step(gaugeline_learner* learner, gaugeline_report* report,
                                                      int32_t* learnt, gaugeline_error* error);
/* Of the last slice that was learnt. GAUGELINE_NOT_FOUND: there was none. */
GAUGELINE_API gaugeline_status gaugeline_learner_report(const gaugeline_learner* learner, gaugeline_report* report,
                                                        gaugeline_error* error);
/* Takes tokens out of the state for good, on both sides; other rows close up, so that row numbers change. *forgotten
 * (or NULL): how many of them were known. What waits for a step still holds them. On a data directory the latest
 * snapshot is replaced by one without them; earlier ones stay. */
GAUGELINE_API gaugeline_status gaugeline_learner_forget(gaugeline_learner* learner, const gaugeline_tokens* tokens,
                                                        uint64_t* forgotten, gaugeline_error* error);

/* ---- reading and asking --------------------------------------------------------------------------------------------
 */
enum { GAUGELINE_ITEMS = 0, GAUGELINE_CONTEXTS = 1 };

/* A side's rows where they lie, nothing is copied: one entry a row. Valid until the next step or forget, which change
 * the figures, and in memory that is the learner's until it is destroyed: whoever reads later reads other figures. */
typedef struct gaugeline_table {
  size_t struct_size;
  uint32_t rows, dimension;
  gaugeline_tokens tokens;
  const float* embeddings;    /* rows x dimension, row after row */
  const float* precision;     /* posterior, per coordinate */
  const float* uses;          /* in the last slice */
  const float* count;         /* observations, faded */
  const float* diffusion;     /* variance that the row gains per coordinate and time unit */
  const float* null_variance; /* 0 as long as the row was never in data: see gaugeline_displacement */
  const float* log_retention;
  const uint32_t* born;          /* slices learnt before the row was made; with the token, one life of a row */
  const float* offset;           /* of values, NULL where the model has none */
  const float* offset_precision; /* likewise */
} gaugeline_table;

GAUGELINE_API gaugeline_status gaugeline_learner_table(const gaugeline_learner* learner, int32_t side,
                                                       gaugeline_table* table, gaugeline_error* error);
/* *row is the token's on that side, or GAUGELINE_NO_ROW. */
GAUGELINE_API gaugeline_status gaugeline_learner_find(const gaugeline_learner* learner, int32_t side, const char* token,
                                                      size_t token_bytes, uint32_t* row, gaugeline_error* error);

typedef struct gaugeline_neighbor {
  uint32_t row;     /* of items */
  float similarity; /* cosine */
} gaugeline_neighbor;

/* The items most similar to a token, best first, itself left out: at most `capacity`, *count of them. Answers are rows
 * that were learnt from and used min_uses times in the last slice. NOT_FOUND: the token is unknown. O(rows dimension).
 */
GAUGELINE_API gaugeline_status gaugeline_learner_neighbors(const gaugeline_learner* learner, const char* token,
                                                           size_t token_bytes, float min_uses,
                                                           gaugeline_neighbor* found, uint32_t capacity,
                                                           uint32_t* count, gaugeline_error* error);
/* The same of a vector of `dimension` figures, such as an item had in an earlier slice: what stands there today. */
GAUGELINE_API gaugeline_status gaugeline_learner_nearest(const gaugeline_learner* learner, const float* vector,
                                                         uint32_t dimension, float min_uses, gaugeline_neighbor* found,
                                                         uint32_t capacity, uint32_t* count, gaugeline_error* error);
/* cos of two items, in [-1, 1]. */
GAUGELINE_API gaugeline_status gaugeline_learner_similarity(const gaugeline_learner* learner, const char* a,
                                                            size_t a_bytes, const char* b, size_t b_bytes,
                                                            float* similarity, gaugeline_error* error);
/* What the model expects of an item with a context: the value, in units of the values (gaussian), or u . v (skipgram).
 */
GAUGELINE_API gaugeline_status gaugeline_learner_score(const gaugeline_learner* learner, const char* item,
                                                       size_t item_bytes, const char* context, size_t context_bytes,
                                                       double* score, gaugeline_error* error);

/* A row as it was after a slice: what gaugeline_table holds of it, copied by whoever wants to compare later. */
typedef struct gaugeline_moment {
  const float* embedding; /* `dimension` figures */
  float null_variance;
  float log_retention;
} gaugeline_moment;

/* How far one life of a row (same token, same born) moved from an earlier slice to a later one: the distance, and its
 * square in units of what a row at rest would show (about 1, before it is scaled by the overdispersion of all rows, as
 * `gaugeline query drift` does). Either may be NULL. */
GAUGELINE_API gaugeline_status gaugeline_displacement(const gaugeline_moment* from, const gaugeline_moment* to,
                                                      uint32_t dimension, float* distance, float* ratio,
                                                      gaugeline_error* error);

#ifdef __cplusplus
}
#endif

#endif /* GAUGELINE_GAUGELINE_H */
