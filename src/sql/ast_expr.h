/* SPDX-License-Identifier: Apache-2.0
 *
 * ast_expr - names, lists, data types, expressions and MATCH_RECOGNIZE: the small parts of ast.h,
 * whose rules hold here.
 */
#ifndef WR_SQL_AST_EXPR_H
#define WR_SQL_AST_EXPR_H

#include <stdbool.h>
#include <stdint.h>

#include "base/status.h"
#include "base/text.h"

struct wr_ast_expr;
struct wr_ast_type;
struct wr_ast_query;
struct wr_ast_table;

/* ---- names and lists
 * ------------------------------------------------------------------------------------------- */

struct wr_ast_ident {
	const char *text;  /* as written, without backquotes; NULL: absent (an optional alias) */
	bool quoted;       /* was written in backquotes */
	struct wr_pos pos; /* of this part */
};

struct wr_ast_idents {
	struct wr_ast_ident *items; /* NULL when count is 0 */
	uint32_t count;             /* number of items */
};

/* a, a.b, catalog.database.table; count 0: absent */
struct wr_ast_name {
	struct wr_ast_ident *parts; /* in the written order */
	uint32_t count;             /* number of parts */
	struct wr_pos pos;          /* of the whole name */
};

struct wr_ast_exprs {
	struct wr_ast_expr **items; /* NULL when count is 0 */
	uint32_t count;             /* number of items */
};

/* 'key' = 'value' of WITH, LIKE, hints, PARTITION, SET */
struct wr_ast_option {
	const char *key;         /* NUL-terminated */
	const char *value;       /* NUL-terminated */
	struct wr_pos key_pos;   /* of the key, for "unknown option" */
	struct wr_pos value_pos; /* of the value, for "wrong value" */
};

struct wr_ast_options {
	struct wr_ast_option
	    *items;     /* NULL when count is 0; in the written order, duplicates kept */
	uint32_t count; /* number of items */
};

/* One hint of a hint comment: OPTIONS('k'='v'), STATE_TTL('a'='1d'), LOOKUP(...), BROADCAST(a, b),
 * NO_HASH */
struct wr_ast_hint {
	const char *name;              /* as written */
	struct wr_ast_options options; /* 'k' = 'v' arguments; empty for the list form */
	struct wr_ast_options
	    values;        /* list form: value = the name, number or string, key = NULL */
	struct wr_pos pos; /* of the name */
};

struct wr_ast_hints {
	struct wr_ast_hint *items; /* NULL when count is 0 */
	uint32_t count;            /* number of items */
};

/* ---- data types ------------------------------------------------------------------------------ */

enum wr_ast_type_kind {
	WR_AST_TYPE_BOOLEAN = 1,
	WR_AST_TYPE_TINYINT,
	WR_AST_TYPE_SMALLINT,
	WR_AST_TYPE_INT, /* INT, INTEGER */
	WR_AST_TYPE_BIGINT,
	WR_AST_TYPE_FLOAT,     /* FLOAT, REAL */
	WR_AST_TYPE_DOUBLE,    /* DOUBLE, DOUBLE PRECISION */
	WR_AST_TYPE_DECIMAL,   /* DECIMAL, DEC, NUMERIC: precision, scale */
	WR_AST_TYPE_CHAR,      /* CHAR, CHARACTER: precision = length */
	WR_AST_TYPE_VARCHAR,   /* VARCHAR, CHAR VARYING, CHARACTER VARYING: precision = length */
	WR_AST_TYPE_STRING,    /* STRING */
	WR_AST_TYPE_BINARY,    /* precision = length */
	WR_AST_TYPE_VARBINARY, /* VARBINARY, BINARY VARYING: precision = length */
	WR_AST_TYPE_BYTES,     /* BYTES */
	WR_AST_TYPE_DATE,
	WR_AST_TYPE_TIME,          /* TIME(p) [WITHOUT TIME ZONE] */
	WR_AST_TYPE_TIMESTAMP,     /* TIMESTAMP(p) [WITHOUT TIME ZONE] */
	WR_AST_TYPE_TIMESTAMP_LTZ, /* TIMESTAMP_LTZ(p), TIMESTAMP(p) WITH LOCAL TIME ZONE */
	WR_AST_TYPE_INTERVAL,      /* interval */
	WR_AST_TYPE_ARRAY,         /* ARRAY<t>, t ARRAY: element */
	WR_AST_TYPE_MULTISET,      /* MULTISET<t>, t MULTISET: element */
	WR_AST_TYPE_MAP,           /* MAP<k, v>: key, element */
	WR_AST_TYPE_ROW,           /* ROW<...>, ROW(...): fields */
	WR_AST_TYPE_NULL           /* NULL */
};

/* Units of time, for EXTRACT, FLOOR, TIMESTAMPADD, INTERVAL. */
enum wr_ast_unit {
	WR_AST_UNIT_NONE = 0,
	WR_AST_UNIT_YEAR,
	WR_AST_UNIT_QUARTER,
	WR_AST_UNIT_MONTH,
	WR_AST_UNIT_WEEK,
	WR_AST_UNIT_DAY,
	WR_AST_UNIT_HOUR,
	WR_AST_UNIT_MINUTE,
	WR_AST_UNIT_SECOND,
	WR_AST_UNIT_MILLISECOND,
	WR_AST_UNIT_MICROSECOND,
	WR_AST_UNIT_NANOSECOND,
	WR_AST_UNIT_DOY,
	WR_AST_UNIT_DOW,
	WR_AST_UNIT_ISODOW,
	WR_AST_UNIT_ISOYEAR,
	WR_AST_UNIT_EPOCH,
	WR_AST_UNIT_DECADE,
	WR_AST_UNIT_CENTURY,
	WR_AST_UNIT_MILLENNIUM
};

/* The qualifier of an interval: DAY(3) TO SECOND(6). */
struct wr_ast_interval {
	enum wr_ast_unit from;      /* the leading unit */
	enum wr_ast_unit to;        /* the trailing unit; WR_AST_UNIT_NONE: a single unit */
	int32_t leading_precision;  /* digits of the leading unit; -1: not given */
	int32_t fraction_precision; /* digits of the seconds' fraction; -1: not given */
};

enum wr_ast_nullability {
	WR_AST_NULL_UNSAID = 0, /* nothing written: nullable */
	WR_AST_NULL_ALLOWED,    /* NULL */
	WR_AST_NULL_FORBIDDEN   /* NOT NULL */
};

struct wr_ast_field {
	struct wr_ast_ident name; /* of the field */
	struct wr_ast_type *type; /* its type */
	const char *comment;      /* NULL: none */
};

struct wr_ast_type {
	enum wr_ast_type_kind kind;          /* which members below are meant */
	enum wr_ast_nullability nullability; /* as written behind the type */
	int32_t precision;                   /* precision or length; -1: not given */
	int32_t scale;                       /* DECIMAL; -1: not given */
	struct wr_ast_interval interval;     /* INTERVAL */
	struct wr_ast_type *key;             /* MAP's key */
	struct wr_ast_type *element;         /* ARRAY, MULTISET, MAP's value */
	struct wr_ast_field *fields;         /* ROW */
	uint32_t field_count;                /* ROW */
	struct wr_pos pos;                   /* of the whole type */
};

/* ---- expressions ----------------------------------------------------------------------------- */

enum wr_ast_expr_kind {
	/* literals */
	WR_AST_NUMBER = 1,    /* number */
	WR_AST_STRING,        /* string: 'a', U&'\00e9', _UTF8'a', N'a' */
	WR_AST_BYTES,         /* string: x'0aff', the bytes it means */
	WR_AST_BOOLEAN,       /* boolean: TRUE, FALSE */
	WR_AST_UNKNOWN,       /* UNKNOWN: the BOOLEAN that is NULL */
	WR_AST_NULL,          /* NULL */
	WR_AST_DATE,          /* string: DATE '2024-01-31' (not checked yet) */
	WR_AST_TIME,          /* string: TIME '10:00:00' */
	WR_AST_TIMESTAMP,     /* string: TIMESTAMP '2024-01-31 10:00:00' */
	WR_AST_TIMESTAMP_LTZ, /* string: TIMESTAMP WITH LOCAL TIME ZONE '..' */
	WR_AST_INTERVAL,      /* interval: INTERVAL '1:30' HOUR TO MINUTE, INTERVAL x DAY */
	/* names */
	WR_AST_COLUMN, /* column: a, t.a, t.a.field; the analyzer splits it into table, column and
			  fields */
	WR_AST_STAR,   /* column (count 0: plain *): select item and COUNT(*) */
	WR_AST_FIELD,  /* field: expr.name, where expr is not itself a name */
	WR_AST_SUBSCRIPT, /* subscript: a[1], m['k'] */
	/* operators and predicates */
	WR_AST_UNARY,      /* unary */
	WR_AST_BINARY,     /* binary */
	WR_AST_IS,         /* is: x IS [NOT] NULL/TRUE/.../JSON ... */
	WR_AST_BETWEEN,    /* between */
	WR_AST_IN,         /* in: list or query */
	WR_AST_QUANTIFIED, /* quantified: x > ALL (query or list), = ANY, = SOME */
	WR_AST_LIKE,       /* like: LIKE, SIMILAR TO */
	WR_AST_EXISTS,     /* query */
	WR_AST_QUERY,      /* query: a scalar (or row) subquery */
	/* constructs */
	WR_AST_CASE,        /* case_ */
	WR_AST_CAST,        /* cast: CAST, TRY_CAST */
	WR_AST_CALL,        /* call */
	WR_AST_ROW,         /* list: ROW(a, b) and (a, b) */
	WR_AST_ARRAY,       /* list: ARRAY[a, b] */
	WR_AST_MAP,         /* list: MAP['k', v, ...], keys at even places */
	WR_AST_ARRAY_QUERY, /* query: ARRAY(SELECT ...) */
	/* only as arguments of calls */
	WR_AST_SYMBOL,     /* symbol: a time unit, or a flag such as TRIM's BOTH */
	WR_AST_DESCRIPTOR, /* descriptor: DESCRIPTOR(ts, other) */
	WR_AST_TABLE_ARG,  /* table_arg: TABLE t [PARTITION BY ..] [ORDER BY ..], and (SELECT ..)
			    * with  one of these; (SELECT ..) alone is a WR_AST_QUERY */
	WR_AST_NAMED_ARG,  /* named_arg: SIZE => INTERVAL '1' DAY */
	WR_AST_DEFAULT     /* DEFAULT: an argument or an inserted value left to its default */
};

enum wr_ast_op {
	/* unary */
	WR_AST_OP_NOT = 1,
	WR_AST_OP_PLUS,    /* +x */
	WR_AST_OP_MINUS,   /* -x; also of a number: -1 is MINUS of 1 */
	WR_AST_OP_FINAL,   /* FINAL x, in MEASURES */
	WR_AST_OP_RUNNING, /* RUNNING x, in MEASURES */
	/* binary */
	WR_AST_OP_OR,
	WR_AST_OP_AND,
	WR_AST_OP_EQ,
	WR_AST_OP_NE, /* <>, != */
	WR_AST_OP_LT,
	WR_AST_OP_LE,
	WR_AST_OP_GT,
	WR_AST_OP_GE,
	WR_AST_OP_DISTINCT,     /* x IS DISTINCT FROM y */
	WR_AST_OP_NOT_DISTINCT, /* x IS NOT DISTINCT FROM y */
	WR_AST_OP_OVERLAPS,     /* (a, b) OVERLAPS (c, d): both sides WR_AST_ROW */
	WR_AST_OP_CONCAT,       /* || */
	WR_AST_OP_ADD,
	WR_AST_OP_SUB,
	WR_AST_OP_MUL,
	WR_AST_OP_DIV,
	WR_AST_OP_MOD /* % */
};

enum wr_ast_is {
	WR_AST_IS_NULL = 1,
	WR_AST_IS_TRUE,
	WR_AST_IS_FALSE,
	WR_AST_IS_UNKNOWN,
	WR_AST_IS_JSON_VALUE, /* IS JSON, IS JSON VALUE */
	WR_AST_IS_JSON_OBJECT,
	WR_AST_IS_JSON_ARRAY,
	WR_AST_IS_JSON_SCALAR
};

enum wr_ast_number {
	WR_AST_NUMBER_INTEGER = 1, /* 42: INT, BIGINT or DECIMAL by its size */
	WR_AST_NUMBER_DECIMAL,     /* 4.2, .5, 3. : DECIMAL */
	WR_AST_NUMBER_DOUBLE       /* 4.2e1: DOUBLE */
};

enum wr_ast_quantifier {
	WR_AST_ANY = 1, /* ANY, SOME */
	WR_AST_ALL
};

/* What stands in ON EMPTY / ON ERROR. */
enum wr_ast_json_behavior {
	WR_AST_JSON_UNSAID = 0,
	WR_AST_JSON_NULL,
	WR_AST_JSON_ERROR,
	WR_AST_JSON_DEFAULT,      /* DEFAULT expr (JSON_VALUE) */
	WR_AST_JSON_EMPTY_ARRAY,  /* EMPTY ARRAY (JSON_QUERY) */
	WR_AST_JSON_EMPTY_OBJECT, /* EMPTY OBJECT (JSON_QUERY) */
	WR_AST_JSON_TRUE,         /* TRUE ON ERROR (JSON_EXISTS) */
	WR_AST_JSON_FALSE,        /* FALSE ON ERROR (JSON_EXISTS) */
	WR_AST_JSON_UNKNOWN       /* UNKNOWN ON ERROR (JSON_EXISTS) */
};

enum wr_ast_json_wrapper {
	WR_AST_WRAPPER_UNSAID = 0,
	WR_AST_WRAPPER_WITHOUT,      /* WITHOUT [ARRAY] WRAPPER */
	WR_AST_WRAPPER_CONDITIONAL,  /* WITH CONDITIONAL [ARRAY] WRAPPER */
	WR_AST_WRAPPER_UNCONDITIONAL /* WITH [UNCONDITIONAL] [ARRAY] WRAPPER */
};

enum wr_ast_json_nulls {
	WR_AST_JSON_NULLS_UNSAID = 0,
	WR_AST_JSON_NULLS_KEPT,  /* NULL ON NULL */
	WR_AST_JSON_NULLS_ABSENT /* ABSENT ON NULL */
};

/* The clauses inside the parentheses of the JSON functions. */
struct wr_ast_json {
	struct wr_ast_type *returning;        /* RETURNING type; NULL: not given */
	enum wr_ast_json_behavior on_empty;   /* JSON_VALUE, JSON_QUERY */
	enum wr_ast_json_behavior on_error;   /* JSON_VALUE, JSON_QUERY, JSON_EXISTS */
	struct wr_ast_expr *default_on_empty; /* with WR_AST_JSON_DEFAULT */
	struct wr_ast_expr *default_on_error; /* with WR_AST_JSON_DEFAULT */
	enum wr_ast_json_wrapper wrapper;     /* JSON_QUERY */
	enum wr_ast_json_nulls nulls; /* JSON_OBJECT, JSON_ARRAY, JSON_OBJECTAGG, JSON_ARRAYAGG */
};

enum wr_ast_nulls_order { WR_AST_NULLS_UNSAID = 0, WR_AST_NULLS_FIRST, WR_AST_NULLS_LAST };

struct wr_ast_order_item {
	struct wr_ast_expr *expr;      /* what to sort by */
	bool descending;               /* DESC */
	enum wr_ast_nulls_order nulls; /* NULLS FIRST / LAST */
};

struct wr_ast_order {
	struct wr_ast_order_item *items; /* NULL when count is 0 */
	uint32_t count;                  /* number of items */
};

enum wr_ast_bound {
	WR_AST_UNBOUNDED_PRECEDING = 1,
	WR_AST_PRECEDING, /* expr PRECEDING */
	WR_AST_CURRENT_ROW,
	WR_AST_FOLLOWING, /* expr FOLLOWING */
	WR_AST_UNBOUNDED_FOLLOWING
};

enum wr_ast_frame {
	WR_AST_FRAME_UNSAID = 0, /* no frame: start and end mean nothing */
	WR_AST_FRAME_ROWS,
	WR_AST_FRAME_RANGE
};

/* OVER (...), or an entry of the WINDOW clause */
struct wr_ast_window {
	struct wr_ast_ident base;       /* OVER (w ORDER BY ..), OVER w; text NULL: none */
	bool bare;                      /* OVER w without parentheses: only base is set */
	struct wr_ast_exprs partition;  /* PARTITION BY */
	struct wr_ast_order order;      /* ORDER BY */
	enum wr_ast_frame frame;        /* ROWS or RANGE */
	bool frame_between;             /* written with BETWEEN; otherwise end is CURRENT ROW */
	enum wr_ast_bound start;        /* with a frame */
	enum wr_ast_bound end;          /* with a frame */
	struct wr_ast_expr *start_expr; /* of PRECEDING / FOLLOWING; NULL otherwise */
	struct wr_ast_expr *end_expr;   /* of PRECEDING / FOLLOWING; NULL otherwise */
	struct wr_pos pos;              /* of the specification */
};

enum wr_ast_nulls { WR_AST_NULLS_TREATMENT_UNSAID = 0, WR_AST_IGNORE_NULLS, WR_AST_RESPECT_NULLS };

/* Calls with a special syntax: the function's name as below, whatever its case in the source, and
 * these arguments. Symbols are WR_AST_SYMBOL. EXTRACT(unit FROM x)             EXTRACT(unit, x)
 *   FLOOR/CEIL/CEILING(x TO unit)    FLOOR(x, unit), CEIL(x, unit)      (CEILING becomes CEIL, with
 * and without unit) POSITION(a IN b [FROM n])        POSITION(a, b [, n])
 *   TRIM([BOTH|LEADING|TRAILING] [a] FROM b), TRIM(b)
 *                                    TRIM(symbol, a, b); without a: the string ' '; TRIM(b): BOTH,
 * ' ', b; special_syntax says whether more than TRIM(b) was written SUBSTRING(a FROM b [FOR c])
 * SUBSTRING(a, b [, c]) OVERLAY(a PLACING b FROM c [FOR d])  OVERLAY(a, b, c [, d])
 *   TIMESTAMPADD(unit, n, x), TIMESTAMPDIFF(unit, a, b)   unit as symbol, also from SQL_TSI_DAY
 *   YEAR(x) MONTH(x) .. SECOND(x)    EXTRACT is not made of them: plain calls of that name
 *   DATE_x functions, CONCAT, ...    plain calls
 *   CURRENT_TIMESTAMP, CURRENT_DATE, CURRENT_TIME, LOCALTIME, LOCALTIMESTAMP,
 * CURRENT_ROW_TIMESTAMP, USER, ... no arguments, no_parens set when written without ()
 *   JSON_EXISTS(x, path ..), JSON_VALUE(..), JSON_QUERY(..)   (x, path), clauses in json
 *   JSON_OBJECT([KEY] k VALUE v, ..) (k1, v1, k2, v2, ...), json->nulls
 *   JSON_ARRAY(a, b ..)              (a, b), json->nulls;  JSON_ARRAY() none
 *   JSON_OBJECTAGG([KEY] k VALUE v)  (k, v), json->nulls
 *   JSON_ARRAYAGG(x [ORDER BY ..])   (x), within_group = the order, json->nulls
 *   GROUPING(a, b), GROUP_ID(), COUNT(*), LISTAGG(a, ',') WITHIN GROUP (ORDER BY b): as written
 *   TUMBLE(..), HOP(..), SESSION(..) in GROUP BY and TUMBLE_START(..) etc.: plain calls
 *   IF(a, b, c), COALESCE(..), NULLIF(..): plain calls
 */
struct wr_ast_call {
	struct wr_ast_name name; /* as written, except above */
	struct wr_ast_exprs
	    args;            /* may hold SYMBOL, DESCRIPTOR, TABLE_ARG, NAMED_ARG, STAR, DEFAULT */
	bool distinct;       /* f(DISTINCT ..) */
	bool all;            /* f(ALL ..), the default, written out */
	bool no_parens;      /* CURRENT_DATE without () */
	bool special_syntax; /* was written in one of the syntaxes above */
	enum wr_ast_nulls nulls;          /* IGNORE NULLS / RESPECT NULLS */
	struct wr_ast_order within_group; /* WITHIN GROUP (ORDER BY ..) */
	struct wr_ast_expr *filter;       /* FILTER (WHERE ..); NULL: none */
	const struct wr_ast_window *over; /* OVER ..; NULL: not a window call */
	const struct wr_ast_json *json;   /* JSON functions; NULL: none of the clauses written */
	struct wr_pos name_pos;           /* of the name alone, for "unknown function" */
};

/* `WHEN 1, 2 THEN x` of the simple form becomes two entries that share their result. */
struct wr_ast_when {
	struct wr_ast_expr
	    *when; /* a condition; in the simple form a value compared with the operand */
	struct wr_ast_expr *then; /* its result */
};

struct wr_ast_expr {
	enum wr_ast_expr_kind kind; /* says which member of the union is meant */
	struct wr_pos pos;          /* the whole expression */
	struct wr_str text;         /* its source, for messages; a span of the parser's text */
	union {
		struct {
			enum wr_ast_number kind; /* by the way it is written */
			const char *text;        /* digits, point, exponent; never a sign */
		} number;
		struct {
			struct wr_str
			    bytes; /* NUL-terminated behind len; BYTES may hold NULs inside */
		} string;
		bool boolean;
		struct {
			struct wr_ast_interval qualifier; /* the units */
			bool negative; /* INTERVAL -'1' DAY; a minus in the quotes is in value */
			const char *value; /* the quoted text; NULL: amount is set */
			struct wr_ast_expr
			    *amount; /* INTERVAL a DAY, INTERVAL (a + 1) DAY; NULL: value is set */
			struct wr_pos value_pos; /* of the value or amount */
		} interval;
		struct wr_ast_name column; /* COLUMN, STAR */
		struct {
			struct wr_ast_expr *operand; /* a row */
			struct wr_ast_ident name;    /* its field */
		} field;
		struct {
			struct wr_ast_expr *operand; /* an array, map or row */
			struct wr_ast_expr *index;   /* from 1, or the key */
		} subscript;
		struct {
			enum wr_ast_op op;           /* NOT .. RUNNING */
			struct wr_ast_expr *operand; /* the right hand */
		} unary;
		struct {
			enum wr_ast_op op;         /* OR .. MOD */
			struct wr_ast_expr *left;  /* left hand */
			struct wr_ast_expr *right; /* right hand */
			struct wr_pos op_pos;      /* of the operator's sign or words */
		} binary;
		struct {
			enum wr_ast_is test;         /* what is asked */
			bool negated;                /* IS NOT */
			struct wr_ast_expr *operand; /* the left hand */
		} is;
		struct {
			bool negated;                /* NOT BETWEEN */
			bool symmetric;              /* BETWEEN SYMMETRIC */
			struct wr_ast_expr *operand; /* x */
			struct wr_ast_expr *low;     /* x BETWEEN low .. */
			struct wr_ast_expr *high;    /* .. AND high */
		} between;
		struct {
			bool negated;                /* NOT IN */
			struct wr_ast_expr *operand; /* x, or a WR_AST_ROW */
			struct wr_ast_exprs list;    /* x IN (a, b); count 0: query is set */
			struct wr_ast_query *query;  /* x IN (SELECT ..); NULL: list */
		} in;
		struct {
			enum wr_ast_op op;                 /* EQ .. GE */
			enum wr_ast_quantifier quantifier; /* ANY, ALL */
			struct wr_ast_expr *operand;       /* x */
			struct wr_ast_exprs list;          /* count 0: query is set */
			struct wr_ast_query *query;        /* NULL: list */
		} quantified;
		struct {
			bool negated;                /* NOT LIKE */
			bool similar;                /* SIMILAR TO */
			struct wr_ast_expr *operand; /* x */
			struct wr_ast_expr *pattern; /* the pattern */
			struct wr_ast_expr *escape;  /* ESCAPE ..; NULL: none */
		} like;
		struct wr_ast_query *query; /* EXISTS, QUERY, ARRAY_QUERY */
		struct {
			struct wr_ast_expr *operand;   /* CASE operand WHEN; NULL: searched form */
			struct wr_ast_when *whens;     /* at least one */
			uint32_t when_count;           /* number of whens */
			struct wr_ast_expr *otherwise; /* ELSE; NULL: none */
		} case_;
		struct {
			bool try_cast;               /* TRY_CAST */
			struct wr_ast_expr *operand; /* what to convert */
			struct wr_ast_type *type;    /* into what */
		} cast;
		struct wr_ast_call call;
		struct wr_ast_exprs list; /* ROW, ARRAY, MAP */
		struct {
			enum wr_ast_unit unit; /* WR_AST_UNIT_NONE: not a time unit */
			const char *word;      /* upper case: "BOTH", "DAY" */
		} symbol;
		struct {
			struct wr_ast_idents columns; /* at least one */
		} descriptor;
		struct {
			struct wr_ast_table *table;    /* a NAME, or a QUERY for (SELECT ..) */
			struct wr_ast_exprs partition; /* PARTITION BY */
			struct wr_ast_order order;     /* ORDER BY */
		} table_arg;
		struct {
			struct wr_ast_ident name;  /* as written */
			struct wr_ast_expr *value; /* may be DEFAULT */
		} named_arg;
	};
};

/* ---- MATCH_RECOGNIZE
 * ------------------------------------------------------------------------------------------- */

enum wr_ast_pattern_kind {
	WR_AST_PATTERN_VARIABLE = 1, /* variable */
	WR_AST_PATTERN_SEQUENCE,     /* items, one after the other */
	WR_AST_PATTERN_ALTERNATION,  /* items: a | b */
	WR_AST_PATTERN_PERMUTE,      /* items: PERMUTE(a, b) */
	WR_AST_PATTERN_EXCLUDE,      /* items[0]: {- a -} */
	WR_AST_PATTERN_EMPTY         /* () */
};

/* A pattern and its quantifier. Groups in parentheses leave no trace unless they carry a
 * quantifier. */
struct wr_ast_pattern {
	enum wr_ast_pattern_kind kind; /* which members are meant */
	struct wr_ast_ident variable;  /* VARIABLE */
	struct wr_ast_pattern **items; /* SEQUENCE, ALTERNATION, PERMUTE, EXCLUDE */
	uint32_t item_count;           /* number of items */
	bool quantified;               /* a quantifier is written */
	uint32_t min;                  /* 1 without quantifier; * is 0.., + is 1.., ? is 0..1 */
	uint32_t max;                  /* UINT32_MAX: no bound */
	bool reluctant;                /* the ? behind a quantifier */
	struct wr_pos pos;             /* of the pattern */
};

enum wr_ast_skip {
	WR_AST_SKIP_UNSAID = 0,
	WR_AST_SKIP_PAST_LAST_ROW,
	WR_AST_SKIP_TO_NEXT_ROW,
	WR_AST_SKIP_TO_FIRST, /* skip_to */
	WR_AST_SKIP_TO_LAST   /* skip_to; also TO variable */
};

enum wr_ast_rows_per_match { WR_AST_ROWS_UNSAID = 0, WR_AST_ROWS_ONE, WR_AST_ROWS_ALL };

/* MEASURES expr AS name, DEFINE name AS expr, SUBSET name = (a, b) */
struct wr_ast_named_expr {
	struct wr_ast_ident name; /* left of AS in DEFINE, right of it in MEASURES */
	struct wr_ast_expr *expr; /* the expression */
};

struct wr_ast_subset {
	struct wr_ast_ident name;       /* the union's name */
	struct wr_ast_idents variables; /* its members */
};

struct wr_ast_match {
	struct wr_ast_exprs partition;         /* PARTITION BY */
	struct wr_ast_order order;             /* ORDER BY */
	struct wr_ast_named_expr *measures;    /* MEASURES */
	uint32_t measure_count;                /* number of measures */
	enum wr_ast_rows_per_match rows;       /* ONE/ALL ROWS PER MATCH */
	enum wr_ast_skip skip;                 /* AFTER MATCH SKIP .. */
	struct wr_ast_ident skip_to;           /* the variable; text NULL: none */
	struct wr_ast_pattern *pattern;        /* PATTERN (..) */
	bool strict_start;                     /* ^ at the start */
	bool strict_end;                       /* $ at the end */
	struct wr_ast_expr *within;            /* WITHIN interval; NULL: none */
	struct wr_ast_subset *subsets;         /* SUBSET */
	uint32_t subset_count;                 /* number of subsets */
	struct wr_ast_named_expr *definitions; /* DEFINE */
	uint32_t definition_count;             /* number of definitions */
	struct wr_pos pos;                     /* of the word MATCH_RECOGNIZE */
};

#endif
