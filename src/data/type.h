/* SPDX-License-Identifier: Apache-2.0
 *
 * type - the SQL types, Flink's names and rules, and the physical layout each one has in a column.
 *
 * A wr_type is immutable and lives in an arena (or is one of the static singletons below); types
 * are compared by structure, never by pointer. `nullable` is part of the type, as in Flink's "INT
 * NOT NULL".
 *
 * Physical layouts (wr_phys): what kernels switch on.
 *   BOOL   uint8_t 0/1          I8 I16 I32 I64  two's complement     F32 F64  IEEE 754
 *   I128   __int128: DECIMAL(p,s) unscaled value; TIMESTAMP/TIMESTAMP_LTZ of precision > 3 as
 * nanoseconds since 1970 I64    also TIMESTAMP(p<=3) and TIMESTAMP_LTZ(p<=3) as milliseconds since
 * 1970, INTERVAL DAY..SECOND as milliseconds I32    also DATE (days since 1970), TIME(p)
 * (milliseconds of the day, as Flink keeps it), INTERVAL YEAR..MONTH (months) STR    struct
 * wr_view, 16 bytes: CHAR, VARCHAR, STRING (UTF-8), BINARY, VARBINARY, BYTES LIST   struct wr_span
 * per row into one child column: ARRAY; MAP and MULTISET have two children (keys, values) ROW    no
 * data of its own; one child column per field, all of the row count
 */
#ifndef WR_DATA_TYPE_H
#define WR_DATA_TYPE_H

#include <stdbool.h>
#include <stdint.h>

#include "base/arena.h"
#include "base/status.h"
#include "base/text.h"

enum wr_kind {
	WR_NULL, /* the type of a bare NULL; physical BOOL, every row invalid */
	WR_BOOLEAN,
	WR_TINYINT,
	WR_SMALLINT,
	WR_INT,
	WR_BIGINT,
	WR_FLOAT,
	WR_DOUBLE,
	WR_DECIMAL,   /* precision 1..38, scale 0..precision */
	WR_CHAR,      /* length in code points */
	WR_VARCHAR,   /* length in code points; WR_LENGTH_MAX: STRING */
	WR_BINARY,    /* length in bytes */
	WR_VARBINARY, /* length in bytes; WR_LENGTH_MAX: BYTES */
	WR_DATE,
	WR_TIME,           /* precision 0..9 (kept in milliseconds) */
	WR_TIMESTAMP,      /* precision 0..9, without time zone */
	WR_TIMESTAMP_LTZ,  /* precision 0..9, an instant */
	WR_INTERVAL_MONTH, /* INTERVAL YEAR TO MONTH */
	WR_INTERVAL_DAY,   /* INTERVAL DAY TO SECOND */
	WR_ARRAY,          /* child 0: element */
	WR_MAP,            /* child 0: key, child 1: value */
	WR_MULTISET, /* child 0: element; stored as MAP<element, INT NOT NULL> with child 1 = the
			count */
	WR_ROW,      /* children with names */
	WR_KIND_COUNT
};

enum wr_phys {
	WR_P_BOOL,
	WR_P_I8,
	WR_P_I16,
	WR_P_I32,
	WR_P_I64,
	WR_P_I128,
	WR_P_F32,
	WR_P_F64,
	WR_P_STR,
	WR_P_LIST, /* ARRAY: one child */
	WR_P_MAP,  /* MAP and MULTISET: two children under one span */
	WR_P_ROW
};

/* Roles a TIMESTAMP column may have besides its value. */
enum wr_time_attr {
	WR_TIME_NONE,  /* an ordinary value */
	WR_TIME_EVENT, /* the row time a watermark is declared on; prints as *ROWTIME* in DESCRIBE
			*/
	WR_TIME_PROC   /* PROCTIME() */
};

#define WR_LENGTH_MAX            2147483647
#define WR_DECIMAL_PRECISION_MAX 38

typedef __int128 wr_i128;

struct wr_type {
	enum wr_kind kind;
	bool nullable;          /* false: NOT NULL */
	enum wr_time_attr time; /* event or processing time attribute; only TIMESTAMP(_LTZ) */
	uint8_t precision;      /* DECIMAL, TIME, TIMESTAMP(_LTZ); else 0 */
	uint8_t scale;          /* DECIMAL; else 0 */
	int32_t length;         /* CHAR, VARCHAR, BINARY, VARBINARY; else 0 */
	uint32_t child_count;   /* ARRAY 1, MAP 2, MULTISET 2, ROW n */
	const struct wr_type *const *child; /* child types */
	const char *const *name;            /* ROW: field names; else NULL */
};

/* Nullable singletons of the types without parameters; WR_T_STRING is VARCHAR(WR_LENGTH_MAX). */
extern const struct wr_type WR_T_NULL, WR_T_BOOLEAN, WR_T_TINYINT, WR_T_SMALLINT, WR_T_INT,
    WR_T_BIGINT, WR_T_FLOAT, WR_T_DOUBLE, WR_T_STRING, WR_T_BYTES, WR_T_DATE, WR_T_TIME,
    WR_T_TIMESTAMP3, WR_T_TIMESTAMP6, WR_T_TIMESTAMP9, WR_T_LTZ3, WR_T_LTZ6, WR_T_LTZ9,
    WR_T_INTERVAL_MONTH, WR_T_INTERVAL_DAY;
/* The same NOT NULL. */
extern const struct wr_type WR_T_BOOLEAN_NN, WR_T_INT_NN, WR_T_BIGINT_NN, WR_T_DOUBLE_NN,
    WR_T_STRING_NN, WR_T_TIMESTAMP3_NN, WR_T_DATE_NN, WR_T_LTZ3_NN;

/* Constructors; all nullable, in `arena`. Parameters out of range are the caller's error
 * (asserted). */
const struct wr_type *wr_type_decimal(struct wr_arena *arena, int precision, int scale);
const struct wr_type *wr_type_length(struct wr_arena *arena, enum wr_kind kind, int32_t length);
const struct wr_type *wr_type_precision(struct wr_arena *arena, enum wr_kind kind, int precision);
const struct wr_type *wr_type_array(struct wr_arena *arena, const struct wr_type *element);
const struct wr_type *wr_type_map(struct wr_arena *arena, const struct wr_type *key,
				  const struct wr_type *value);
const struct wr_type *wr_type_multiset(struct wr_arena *arena, const struct wr_type *element);
/* Copies both arrays (and the names) into the arena. */
const struct wr_type *wr_type_row(struct wr_arena *arena, uint32_t count, const char *const *names,
				  const struct wr_type *const *types);
/* The same type with another nullability or time attribute; returns `type` itself when nothing
 * changes. */
const struct wr_type *wr_type_nullable(struct wr_arena *arena, const struct wr_type *type,
				       bool nullable);
const struct wr_type *wr_type_time_attr(struct wr_arena *arena, const struct wr_type *type,
					enum wr_time_attr attr);
/* A deep copy into another arena. */
const struct wr_type *wr_type_copy(struct wr_arena *arena, const struct wr_type *type);

enum wr_phys wr_type_phys(const struct wr_type *type);
/* Bytes per row of the data buffer; 0 for ROW. */
uint32_t wr_phys_size(enum wr_phys phys);
/* Structural equality; with_null false ignores nullability at every level. Time attributes are
 * always ignored. */
bool wr_type_equal(const struct wr_type *a, const struct wr_type *b, bool with_null);

/* `name` between backquotes, those inside doubled. */
void wr_name_print(struct wr_text *text, const char *name);
/* Appends Flink's summary string: "DECIMAL(10, 2) NOT NULL", "ROW<`x` INT, `y` STRING>", "ARRAY<INT
 * NOT NULL>". VARCHAR(2147483647) prints as STRING, VARBINARY(2147483647) as BYTES, INTERVAL as
 * Flink prints it. */
void wr_type_print(struct wr_text *text, const struct wr_type *type);
const char *wr_type_str(struct wr_arena *arena, const struct wr_type *type);

static inline bool wr_kind_is_integer(enum wr_kind kind)
{
	return kind >= WR_TINYINT && kind <= WR_BIGINT;
}
static inline bool wr_kind_is_approx(enum wr_kind kind)
{
	return kind == WR_FLOAT || kind == WR_DOUBLE;
}
static inline bool wr_kind_is_numeric(enum wr_kind kind)
{
	return kind >= WR_TINYINT && kind <= WR_DECIMAL;
}
static inline bool wr_kind_is_string(enum wr_kind kind)
{
	return kind == WR_CHAR || kind == WR_VARCHAR;
}
static inline bool wr_kind_is_bytes(enum wr_kind kind)
{
	return kind == WR_BINARY || kind == WR_VARBINARY;
}
static inline bool wr_kind_is_timestamp(enum wr_kind kind)
{
	return kind == WR_TIMESTAMP || kind == WR_TIMESTAMP_LTZ;
}
static inline bool wr_kind_is_interval(enum wr_kind kind)
{
	return kind == WR_INTERVAL_MONTH || kind == WR_INTERVAL_DAY;
}

/* A list of named, typed columns: a table's or an operator's output. */
struct wr_field {
	const char *name; /* NUL-terminated, in the schema's arena */
	const struct wr_type *type;
};
struct wr_schema {
	uint32_t count;         /* 0..WR_COLUMNS_MAX */
	struct wr_field *field; /* count of them */
};

#endif
