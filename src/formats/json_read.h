/* SPDX-License-Identifier: Apache-2.0
 *
 * json_read - JSON values into columns: the decoder that json and the changelog formats share.
 *
 * A type is compiled to a tree of nodes, one per column, field, element, key and value; each knows
 * its vec and writes into it. An object remembers the literal bytes between values (`,"url":`) in
 * the order in which they came last time: the next record is expected to look the same, and then
 * costs one comparison per field. Anything else is looked up by name.
 *
 * Values are read by Flink's rules (its streaming JSON parser's): a string that holds a number is a
 * number, a fraction is cut for INT and BIGINT but not for TINYINT and SMALLINT, anything but true
 * is FALSE, an object is text for a STRING. A value that does not fit is a fault of its field; with
 * `ignore_errors` it becomes NULL. Text that is not JSON is a fault of the record.
 *
 * Order of calls: reader_init -> node/object new -> (wr_json_read...)* .
 * Thread: one owner. Memory: the arena given; one scratch text.
 *
 * Invariants
 *   R1  a reading function returns the byte behind the value, or NULL with reader->fault set
 *   R2  a row that was read successfully has a value or a NULL in every vec of the node
 */
#ifndef WR_FORMATS_JSON_READ_H
#define WR_FORMATS_JSON_READ_H

#include "catalog/format.h"
#include "formats/json_scan.h"
#include "formats/vec.h"

#define WR_JSON_LITERAL_MAX 48u  /* bytes of the expected text between two values */
#define WR_JSON_SLOTS_MAX   512u /* fields of one object whose order is remembered */

struct wr_json_node;

/* What the last record is expected to hold again. */
struct wr_json_slot {
	char literal[WR_JSON_LITERAL_MAX]; /* bytes from the end of the value before to this one */
	uint32_t len;                      /* of them */
	uint32_t field;                    /* index, or WR_JSON_SKIP */
};
#define WR_JSON_SKIP UINT32_MAX

struct wr_json_field {
	const char *name; /* in the plan's arena */
	uint32_t len;     /* bytes of it */
	uint64_t seen;    /* stamp of the last object that had it */
	struct wr_json_node *node;
};

struct wr_json_object {
	uint32_t field_count;
	struct wr_json_field *field;
	uint64_t stamp;      /* number of the object being read; fields with it are there */
	uint32_t table_mask; /* slots of `table` less one */
	uint32_t *table;     /* hash table of field index + 1; 0: free */
	uint32_t slot_count; /* slots known */
	uint32_t slot_max;   /* slots allocated */
	struct wr_json_slot *slot;
};

/* Finds keys that were there before: by looking at all while there are few, else by hash. */
struct wr_json_keys {
	uint32_t count;      /* keys */
	uint32_t capacity;   /* slots at key */
	struct wr_view *key; /* longer ones point to bytes that stay the caller's; owned array */
	uint32_t mask;       /* slots of table less one; 0: none yet */
	uint32_t *table;     /* key index + 1; owned */
};
/* The index of an equal key, or that of the key just added (== count before the call). */
uint32_t wr_json_keys_add(struct wr_json_keys *keys, struct wr_view key);
void wr_json_keys_clear(struct wr_json_keys *keys);
void wr_json_keys_release(struct wr_json_keys *keys);

struct wr_json_node {
	const struct wr_type *type;
	const char *path; /* "r.x", for messages */
	struct wr_vec *vec;
	struct wr_json_object *object; /* ROW */
	struct wr_json_node *child[2]; /* ARRAY: element; MAP: key, value */
	struct wr_json_keys keys;      /* MAP: those of the map being read */
	uint64_t date_text[2];         /* TIMESTAMP: bytes of the last date */
	int64_t date_ms;               /* what it stands for */
};

struct wr_json_reader {
	struct wr_arena *arena;
	bool iso;             /* timestamp-format.standard = ISO-8601 */
	bool ignore_errors;   /* ignore-parse-errors */
	bool fail_on_missing; /* fail-on-missing-field */
	bool decimals;        /* some column is DECIMAL: how numbers within texts print */
	uint64_t ignored;     /* fields set to NULL by ignore_errors */
	struct wr_text scratch;
	/* The fault of the current record. */
	const char *kind;           /* as wr_bad_record's */
	const char *column;         /* or NULL */
	const char *message;        /* a fault of a kind of its own; NULL: told by the rest */
	struct wr_json_fault fault; /* where */
	const struct wr_type *want; /* the type that a value did not fit, or NULL */
};

void wr_json_reader_init(struct wr_json_reader *reader, struct wr_arena *arena);
void wr_json_reader_release(struct wr_json_reader *reader);
/* The message of the current fault: "'abc' is no INT". `end` is the end of the record. */
void wr_json_fault_print(const struct wr_json_reader *reader, const char *record, const char *end,
			 char *text, size_t size);

/* Whether the type (or one within it) is of that kind. */
bool wr_type_has_kind(const struct wr_type *type, enum wr_kind kind);

/* Frees what a node holds besides the arena. */
void wr_json_node_release(struct wr_json_node *node);
struct wr_json_node *wr_json_node_new(struct wr_json_reader *reader, const struct wr_type *type,
				      const char *path, struct wr_vec *vec);
/* An object with `count` fields to be added by wr_json_object_add. */
struct wr_json_object *wr_json_object_new(struct wr_json_reader *reader, uint32_t count);
/* Of fields with equal names the first counts. */
void wr_json_object_add(struct wr_json_object *object, const char *name, struct wr_json_node *node);

/* Reads any value; `p` is at its first byte. */
const char *wr_json_read(struct wr_json_reader *reader, struct wr_json_node *node, const char *p,
			 uint32_t row);
/* Reads an object; `p` is at the brace. Fields that are not there become NULL. */
const char *wr_json_read_object(struct wr_json_reader *reader, struct wr_json_object *object,
				const char *p, uint32_t row);
/* The same, but fields that are not there keep what the row has. */
const char *wr_json_read_overlay(struct wr_json_reader *reader, struct wr_json_object *object,
				 const char *p, uint32_t row);
/* A fault of syntax noted in the reader; returns NULL. */
const char *wr_json_read_broken(struct wr_json_reader *reader, const char *at);

/* Checks that all types can be read from or written as JSON; `who` names the format. */
wr_status *wr_json_check_types(const struct wr_format_args *args, bool for_sink, const char *who);

#endif
