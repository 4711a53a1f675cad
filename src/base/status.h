/* SPDX-License-Identifier: Apache-2.0
 *
 * status - an error is a value: class, text and the place it is about.
 *
 * NULL is success. A status is allocated once, owned by whoever holds the pointer, and released
 * with wr_status_free. Out of memory while making one yields a static status that free ignores.
 * WR_TRY is for code that holds nothing; as soon as something is held, use one `out:` label.
 *
 * Thread: a status belongs to one thread at a time and may be handed over.
 */
#ifndef WR_BASE_STATUS_H
#define WR_BASE_STATUS_H

#include <stdarg.h>
#include <stdint.h>

enum wr_status_class {
	WR_USER_ERROR = 1, /* the script, an option or the data is wrong: exit code 2 before the
			      run, 1 during it */
	WR_RETRY,          /* may pass: the same call can be made again */
	WR_RESTART,        /* the job must restart from its last checkpoint */
	WR_FATAL           /* a broken invariant or out of memory */
};

/* What went wrong, where a program can do something about it: what the PostgreSQL protocol's
 * SQLSTATE follows from. The text says it to people, and may change. */
enum wr_status_reason {
	WR_NO_REASON, /* none of these */
	WR_BAD_SYNTAX,
	WR_NOT_SUPPORTED,
	WR_NO_TABLE, /* nor view */
	WR_NO_COLUMN,
	WR_NO_FUNCTION, /* or none that takes such arguments */
	WR_NO_DATABASE,
	WR_NO_CATALOG,
	WR_TABLE_EXISTS,
	WR_FUNCTION_EXISTS,
	WR_DATABASE_EXISTS,
	WR_CATALOG_EXISTS,
	WR_AMBIGUOUS, /* a column's name */
	WR_NOT_GROUPED,
	WR_WRONG_TYPE, /* another one is expected there */
	WR_NO_CAST,    /* between these types */
	WR_NOT_ALLOWED,
	WR_STOPPING,  /* the server ends before it is done; nothing is wrong with it */
	WR_DISK_FULL, /* below the catalog */
	/* of a row */
	WR_ZERO_DIVISION,
	WR_BAD_TEXT,    /* does not read as the type */
	WR_OUT_OF_RANGE /* of the type */
};

/* A place in an SQL text. Lines and columns count from 1 (columns in code points); line 0: no
 * place. */
struct wr_pos {
	uint32_t line;   /* 1-based; 0: unknown */
	uint32_t column; /* 1-based, in code points */
	uint32_t offset; /* bytes from the start of the text */
	uint32_t length; /* bytes to underline; 0 counts as 1 */
	uint32_t script; /* which of the session's scripts: tables outlive the one that made them */
};

typedef struct wr_status {
	enum wr_status_class class;   /* what the caller can do about it */
	enum wr_status_reason reason; /* WR_NO_REASON: nothing depends on it */
	struct wr_pos pos;            /* where in the script; line 0: not about a place in it */
	char *text;                   /* the cause, one sentence, no trailing newline; owned */
	char *hint;                   /* the next action, one sentence; NULL: none; owned */
} wr_status;

/* Makes a status. `format` is printf's. Never returns NULL. */
wr_status *wr_status_new(enum wr_status_class class, const char *format, ...)
    __attribute__((format(printf, 2, 3)));
/* The same with the arguments as a list. */
wr_status *wr_status_vnew(enum wr_status_class class, const char *format, va_list args)
    __attribute__((format(printf, 2, 0)));
/* A WR_USER_ERROR with what a program says of its own failure, of at most WR_REASON_BYTES_MAX. */
wr_status *wr_status_reason(const char *format, va_list args) __attribute__((format(printf, 1, 0)));
/* The same with a place in the script. */
wr_status *wr_status_at(enum wr_status_class class, struct wr_pos pos, const char *format, ...)
    __attribute__((format(printf, 3, 4)));
/* Sets the hint (replacing an earlier one) and returns the same status. NULL stays NULL. */
wr_status *wr_status_hint(wr_status *status, const char *format, ...)
    __attribute__((format(printf, 2, 3)));
/* Fills in the place if the status has none yet. Returns the same status; NULL stays NULL. */
wr_status *wr_status_place(wr_status *status, struct wr_pos pos);
/* Sets the reason if the status has none yet. Returns the same status; NULL stays NULL. */
wr_status *wr_status_because(wr_status *status, enum wr_status_reason reason);
/* Another one that says the same; NULL stays NULL. */
wr_status *wr_status_copy(const wr_status *status);
/* The status for a failed allocation; static, never freed. */
wr_status *wr_status_no_memory(void);
/* Frees; NULL is allowed. */
void wr_status_free(wr_status *status);

#define WR_TRY(expr)                                                                               \
	do {                                                                                       \
		wr_status *wr_try_status = (expr);                                                 \
		if (wr_try_status != NULL)                                                         \
			return wr_try_status;                                                      \
	} while (0)

#define WR_TRY_OUT(status, expr)                                                                   \
	do {                                                                                       \
		(status) = (expr);                                                                 \
		if ((status) != NULL)                                                              \
			goto out;                                                                  \
	} while (0)

#define WR_COUNT(array) (sizeof(array) / sizeof((array)[0]))

#endif
