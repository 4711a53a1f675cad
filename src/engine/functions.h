/* SPDX-License-Identifier: Apache-2.0
 *
 * functions - CREATE, DROP and DESCRIBE FUNCTION, and the languages that functions come in.
 *
 * C is built in: a symbol of a shared library, which stays loaded. Other languages are a struct
 * weir_language each, told by the program or a plugin, or found in a module of Weir's own
 * (libweir-<language>.so).
 *
 * Thread: the session's.
 */
#ifndef WR_ENGINE_FUNCTIONS_H
#define WR_ENGINE_FUNCTIONS_H

#include "engine/prepared.h"

struct wr_languages {
	struct weir_language *item; /* names are owned */
	uint32_t count;
};

wr_status *wr_function_create(struct wr_session *session, const struct wr_ast_create_function *ast);
wr_status *wr_function_drop(struct wr_session *session, const struct wr_ast_drop *ast);
wr_status *wr_function_describe(struct wr_session *session, struct wr_prepared *prepared,
				const struct wr_ast_name *name);
/* Another one of the same name is replaced. */
wr_status *wr_language_add(struct wr_languages *languages, const struct weir_language *language);
struct wr_languages *wr_languages_new(void);
void wr_languages_free(struct wr_languages *languages);

#endif
