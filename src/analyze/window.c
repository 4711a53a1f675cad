/* SPDX-License-Identifier: Apache-2.0
 *
 * window - TUMBLE, HOP, CUMULATE and SESSION, as table functions and in the older GROUP BY form.
 *
 * Both become a WINDOW node, which keeps the columns of its input and appends window_start,
 * window_end and window_time. The older form then groups by these three columns; its auxiliary
 * functions (TUMBLE_START ...) are columns of the node.
 */
#include <string.h>
#include <strings.h>

#include "analyze/analyzer.h"
#include "base/limits.h"

/* --- the node
 * --------------------------------------------------------------------------------------------- */

/* Sizes that make no windows, or too many. */
static wr_status *check_sizes(const struct wr_window *window, struct wr_pos pos)
{
	if (window->size_ms <= 0 || window->slide_ms < 0 ||
	    (window->slide_ms == 0 && window->kind != WR_W_SESSION))
		return wr_status_at(WR_USER_ERROR, pos,
				    "Sizes, slides, steps and gaps of windows must be greater than "
				    "zero");
	if (window->kind == WR_W_CUMULATE && window->size_ms % window->slide_ms != 0)
		return wr_status_hint(
		    wr_status_at(
			WR_USER_ERROR, pos,
			"CUMULATE table function based aggregate requires maxSize must be an "
			"integral multiple of step, but got maxSize %lld ms and step %lld "
			"ms",
			(long long)window->size_ms, (long long)window->slide_ms),
		    "CUMULATE size must be a multiple of step: choose a step that divides it");
	if (window->kind != WR_W_SESSION &&
	    window->size_ms / window->slide_ms > WR_WINDOW_SLICES_MAX)
		return wr_status_at(
		    WR_USER_ERROR, pos, "Each row would be in %lld windows; at most %d are allowed",
		    (long long)(window->size_ms / window->slide_ms), WR_WINDOW_SLICES_MAX);
	return NULL;
}

/* Appends the WINDOW node. `time_nullable`: window_time is as nullable as the time column (older
 * form); else NOT NULL. */
static wr_status *window_node(struct wr_analyzer *a, struct wr_node *input,
			      struct wr_window *window, bool time_nullable, struct wr_pos pos,
			      struct wr_node **out)
{
	static const char *const names[] = {"window_start", "window_end", "window_time"};
	uint32_t width = input->schema.count;
	const struct wr_type *time = input->schema.field[window->time_column].type;
	struct wr_node *node;

	WR_TRY(check_sizes(window, pos));
	WR_TRY(wr_check_width((uint64_t)width + 3, pos));
	WR_TRY(wr_make_node(a, WR_N_WINDOW, input, pos, &node));
	wr_schema_init(a->arena, &node->schema, width + 3);
	const char **used = WR_NEW_ARRAY(a->arena, const char *, width + 3);
	for (uint32_t i = 0; i < width; i++) {
		node->schema.field[i] = input->schema.field[i];
		used[i] = input->schema.field[i].name;
	}
	for (uint32_t i = 0; i < 3; i++) {
		used[width + i] = wr_uniquify_one(a->arena, used, width + i, names[i]);
		node->schema.field[width + i] =
		    (struct wr_field){used[width + i], &WR_T_TIMESTAMP3_NN};
	}
	node->schema.field[width + 2].type =
	    wr_type_nullable(a->arena, time, time_nullable && time->nullable);
	node->u.window = window;
	node->traits.window_start = (int32_t)width;
	node->traits.window_end = (int32_t)width + 1;
	node->traits.window_time = (int32_t)width + 2;
	node->traits.rowtime = window->processing_time ? -1 : (int32_t)width + 2;
	node->traits.window = window;
	*out = node;
	return NULL;
}

/* --- table functions
 * -------------------------------------------------------------------------------------- */

struct function {
	const char *name;
	enum wr_window_kind kind;
	const char *form;     /* for messages */
	const char *param[5]; /* names of the arguments, in order; NULL: end */
	uint32_t required;    /* of them */
};

static const struct function functions[] = {
    {"TUMBLE",
     WR_W_TUMBLE,
     "TUMBLE(TABLE table_name, DESCRIPTOR(timecol), size[, offset])",
     {"DATA", "TIMECOL", "SIZE", "OFFSET"},
     3},
    {"HOP",
     WR_W_HOP,
     "HOP(TABLE table_name, DESCRIPTOR(timecol), slide, size[, offset])",
     {"DATA", "TIMECOL", "SLIDE", "SIZE", "OFFSET"},
     4},
    {"CUMULATE",
     WR_W_CUMULATE,
     "CUMULATE(TABLE table_name, DESCRIPTOR(timecol), step, size[, offset])",
     {"DATA", "TIMECOL", "STEP", "SIZE", "OFFSET"},
     4},
    {"SESSION",
     WR_W_SESSION,
     "SESSION(TABLE table_name [PARTITION BY keys], DESCRIPTOR(timecol), gap)",
     {"DATA", "TIMECOL", "GAP"},
     3},
};

const char *wr_window_function(uint32_t i, const char **form)
{
	if (i >= WR_COUNT(functions))
		return NULL;
	*form = functions[i].form;
	return functions[i].name;
}

static uint32_t param_count(const struct function *function)
{
	uint32_t n = 0;

	while (n < WR_COUNT(function->param) && function->param[n] != NULL)
		n++;
	return n;
}

/* Puts positional and named arguments into their places. */
static wr_status *place_args(const struct function *function, const struct wr_ast_expr *call,
			     const struct wr_ast_expr **arg)
{
	const struct wr_ast_exprs *args = &call->call.args;
	uint32_t params = param_count(function);

	for (uint32_t i = 0; i < args->count; i++) {
		const struct wr_ast_expr *ast = args->items[i];
		uint32_t at = i;
		if (ast->kind == WR_AST_NAMED_ARG) {
			const struct wr_ast_ident *name = &ast->named_arg.name;
			for (at = 0;
			     at < params && strcasecmp(function->param[at], name->text) != 0;)
				at++;
			if (at == params)
				return wr_hint_names(wr_status_at(WR_USER_ERROR, name->pos,
								  "%s has no parameter '%s'",
								  function->name, name->text),
						     name->text, "Its parameters are",
						     function->param, params);
			ast = ast->named_arg.value;
		}
		if (at >= params)
			return wr_status_hint(wr_status_at(WR_USER_ERROR, ast->pos,
							   "%s takes at most %u arguments",
							   function->name, params),
					      "Supported form: %s", function->form);
		if (arg[at] != NULL)
			return wr_status_at(WR_USER_ERROR, ast->pos,
					    "The parameter %s is given twice", function->param[at]);
		arg[at] = ast;
	}
	for (uint32_t i = 0; i < function->required; i++) {
		if (arg[i] == NULL)
			return wr_status_hint(wr_status_at(WR_USER_ERROR, call->pos,
							   "%s lacks its argument %s",
							   function->name, function->param[i]),
					      "Supported form: %s", function->form);
	}
	return NULL;
}

/* The DATA argument: its node and names. */
static wr_status *plan_data(struct wr_analyzer *a, const struct function *function,
			    const struct wr_ast_expr *arg, struct wr_scope **out)
{
	if (arg->kind == WR_AST_QUERY) {
		struct wr_node *node;
		WR_TRY(wr_plan_query(a, arg->query, &node));
		return wr_scope_new(a, node, NULL, false, NULL, out);
	}
	if (arg->kind != WR_AST_TABLE_ARG)
		return wr_status_hint(wr_status_at(WR_USER_ERROR, arg->pos,
						   "The first argument of %s must be a table",
						   function->name),
				      "Supported form: %s", function->form);
	if (arg->table_arg.order.count > 0)
		return wr_unsupported(arg->pos, "ORDER BY of a window function's table");
	if (arg->table_arg.partition.count > 0 && function->kind != WR_W_SESSION)
		return wr_status_hint(wr_status_at(WR_USER_ERROR,
						   arg->table_arg.partition.items[0]->pos,
						   "%s takes no PARTITION BY", function->name),
				      "Only SESSION does; group by the column instead");
	return wr_plan_from(a, arg->table_arg.table, out);
}

/* The DESCRIPTOR argument: a time attribute among the columns. */
static wr_status *plan_time(struct wr_analyzer *a, const struct function *function,
			    const struct wr_ast_expr *arg, const struct wr_scope *scope,
			    struct wr_window *window)
{
	struct wr_expr *expr;

	if (arg->kind != WR_AST_DESCRIPTOR || arg->descriptor.columns.count != 1)
		return wr_status_hint(wr_status_at(WR_USER_ERROR, arg->pos,
						   "The second argument of %s must be the time "
						   "column: DESCRIPTOR(column)",
						   function->name),
				      "Supported form: %s", function->form);
	const struct wr_ast_ident *name = &arg->descriptor.columns.items[0];
	WR_TRY(wr_scope_column_find(a, scope, name, &expr));
	if (!wr_kind_is_timestamp(expr->type->kind))
		return wr_status_at(
		    WR_USER_ERROR, name->pos,
		    "The window function %s requires the timecol to be TIMESTAMP or "
		    "TIMESTAMP_LTZ, but is %s",
		    function->name, wr_type_str(a->arena, expr->type));
	if ((expr->type->time == WR_TIME_NONE && !a->env->batch_mode) || expr->kind != WR_E_COLUMN)
		return wr_status_hint(
		    wr_status_at(
			WR_USER_ERROR, name->pos,
			"The window function requires the timecol is a time attribute type, "
			"but is %s",
			wr_type_str(a->arena, expr->type)),
		    "Declare WATERMARK FOR %s in the table; computed values, aggregations and "
		    "regular joins lose the time attribute",
		    name->text);
	window->time_column = expr->column;
	window->processing_time = expr->type->time == WR_TIME_PROC;
	return NULL;
}

/* PARTITION BY of SESSION as columns. */
static wr_status *plan_partition(struct wr_analyzer *a, const struct wr_ast_expr *data,
				 struct wr_scope *scope, struct wr_window *window)
{
	const struct wr_ast_exprs *keys = &data->table_arg.partition;
	struct wr_conv conv = {.a = a, .scope = scope, .clause = "PARTITION BY"};
	struct wr_expr **expr;
	uint32_t *column;

	if (data->kind != WR_AST_TABLE_ARG)
		return NULL;
	expr = WR_NEW_ARRAY(a->arena, struct wr_expr *, keys->count + 1);
	column = WR_NEW_ARRAY(a->arena, uint32_t, keys->count + 1);
	WR_TRY(wr_convert_list(&conv, keys, expr));
	for (uint32_t i = 0; i < keys->count; i++) {
		if (expr[i]->kind != WR_E_COLUMN)
			return wr_status_at(WR_USER_ERROR, keys->items[i]->pos,
					    "PARTITION BY of SESSION takes columns only");
		column[i] = expr[i]->column;
	}
	window->partition = column;
	window->partition_count = keys->count;
	return NULL;
}

/* The interval arguments by their parameter names. */
static wr_status *plan_sizes(struct wr_analyzer *a, const struct function *function,
			     const struct wr_ast_expr *const *arg, struct wr_window *window)
{
	struct wr_conv conv = {.a = a, .clause = function->name};
	int64_t *to;

	for (uint32_t i = 2; i < param_count(function); i++) {
		const char *param = function->param[i];
		if (arg[i] == NULL)
			continue;
		to = &window->size_ms;
		if (strcmp(param, "OFFSET") == 0)
			to = &window->offset_ms;
		else if (strcmp(param, "SLIDE") == 0 || strcmp(param, "STEP") == 0)
			to = &window->slide_ms;
		WR_TRY(wr_constant_interval(&conv, arg[i], param, to));
	}
	if (window->kind == WR_W_TUMBLE)
		window->slide_ms = window->size_ms;
	return NULL;
}

/* The caller has checked the name. */
wr_status *wr_plan_window_function(struct wr_analyzer *a, const struct wr_ast_table *ast,
				   struct wr_node **out)
{
	const struct wr_ast_expr *call = ast->function.call;
	const struct wr_ast_expr *arg[5] = {NULL};
	const struct function *function = functions;
	struct wr_window *window = WR_NEW(a->arena, struct wr_window);
	struct wr_scope *scope;

	while (!wr_name_is(wr_call_name(call), function->name))
		function++;
	window->kind = function->kind;
	WR_TRY(place_args(function, call, arg));
	WR_TRY(plan_data(a, function, arg[0], &scope));
	WR_TRY(plan_time(a, function, arg[1], scope, window));
	WR_TRY(plan_partition(a, arg[0], scope, window));
	WR_TRY(plan_sizes(a, function, arg, window));
	return window_node(a, scope->node, window, false, call->pos, out);
}

/* --- the older form
 * ---------------------------------------------------------------------------------------- */

/* TUMBLE(ts, size), HOP(ts, slide, size) or SESSION(ts, gap) as an element of GROUP BY. */
static const struct function *legacy_function(const struct wr_ast_expr *ast)
{
	for (uint32_t i = 0; i < WR_COUNT(functions); i++) {
		if (functions[i].kind != WR_W_CUMULATE &&
		    wr_name_is(wr_call_name(ast), functions[i].name))
			return &functions[i];
	}
	return NULL;
}

/* The first window call in GROUP BY; *found counts them. */
static const struct wr_ast_expr *legacy_find(const struct wr_ast_group *group, uint32_t count,
					     uint32_t *found)
{
	const struct wr_ast_expr *first = NULL, *inner;

	for (uint32_t i = 0; i < count; i++) {
		for (uint32_t j = 0; j < group[i].exprs.count; j++) {
			if (legacy_function(group[i].exprs.items[j]) == NULL)
				continue;
			first = first == NULL ? group[i].exprs.items[j] : first;
			(*found)++;
		}
		inner = legacy_find(group[i].items, group[i].item_count, found);
		first = first == NULL ? inner : first;
	}
	return first;
}

/* Time and sizes of the call. */
static wr_status *legacy_args(struct wr_conv *conv, const struct function *function,
			      const struct wr_ast_expr *call, struct wr_window *window,
			      struct wr_expr **time)
{
	const struct wr_ast_exprs *args = &call->call.args;
	uint32_t sizes = function->kind == WR_W_HOP ? 2 : 1;

	if (args->count != sizes + 1)
		return args->count == sizes + 2
			   ? wr_unsupported(args->items[sizes + 1]->pos,
					    "The alignment argument of %s", function->name)
			   : wr_status_at(WR_USER_ERROR, call->pos,
					  "%s in GROUP BY takes a time attribute and %u interval%s",
					  function->name, sizes, sizes > 1 ? "s" : "");
	WR_TRY(wr_convert(conv, args->items[0], time));
	if ((*time)->type == NULL ||
	    ((*time)->type->time == WR_TIME_NONE &&
	     !(conv->a->env->batch_mode && wr_kind_is_timestamp((*time)->type->kind))))
		return wr_status_hint(
		    wr_status_at(WR_USER_ERROR, args->items[0]->pos,
				 "Window can only be defined over a time attribute column"),
		    "Declare WATERMARK FOR the column in its table");
	window->processing_time = (*time)->type->time == WR_TIME_PROC;
	if (sizes == 2)
		WR_TRY(wr_constant_interval(conv, args->items[1], "The slide of HOP",
					    &window->slide_ms));
	WR_TRY(wr_constant_interval(conv, args->items[sizes], "The size of a window",
				    &window->size_ms));
	if (function->kind == WR_W_TUMBLE)
		window->slide_ms = window->size_ms;
	return NULL;
}

/* The other keys of GROUP BY as columns: sessions are per key. */
static wr_status *legacy_partition(struct wr_conv *conv, const struct wr_ast_select *select,
				   const struct wr_ast_expr *call, struct wr_window *window,
				   struct wr_node **node)
{
	struct wr_analyzer *a = conv->a;
	struct wr_expr **key;
	uint32_t total = 0, n = 0;

	for (uint32_t i = 0; i < select->group_count; i++) {
		if (select->groups[i].kind != WR_AST_GROUP_EXPRS)
			return wr_unsupported(select->groups[i].pos,
					      "GROUPING SETS together with %s(...)",
					      wr_call_name(call));
		total += select->groups[i].exprs.count;
	}
	key = WR_NEW_ARRAY(a->arena, struct wr_expr *, total + 1);
	for (uint32_t i = 0; i < select->group_count; i++) {
		const struct wr_ast_exprs *exprs = &select->groups[i].exprs;
		for (uint32_t j = 0; j < exprs->count; j++) {
			if (exprs->items[j] != call)
				WR_TRY(wr_convert(conv, exprs->items[j], &key[n++]));
		}
	}
	uint32_t *column = WR_NEW_ARRAY(a->arena, uint32_t, n + 1);
	WR_TRY(wr_make_columns(a, *node, key, n, call->pos, column, node));
	window->partition = column;
	window->partition_count = n;
	return NULL;
}

/* The time column (and the session's keys) below, the WINDOW node on top. */
wr_status *wr_plan_legacy_window(struct wr_analyzer *a, struct wr_scope *scope,
				 const struct wr_ast_select *select,
				 struct wr_legacy_window *legacy)
{
	struct wr_conv conv = {.a = a, .scope = scope, .clause = "GROUP BY"};
	struct wr_window *window = WR_NEW(a->arena, struct wr_window);
	struct wr_node *node = scope->node;
	uint32_t found = 0;
	const struct wr_ast_expr *call = legacy_find(select->groups, select->group_count, &found);

	if (call == NULL)
		return NULL;
	if (found > 1)
		return wr_unsupported(call->pos, "More than one window in GROUP BY");
	const struct function *function = legacy_function(call);
	window->kind = function->kind;
	window->legacy = true;
	WR_TRY(legacy_args(&conv, function, call, window, &legacy->time));
	WR_TRY(wr_make_columns(a, node, &legacy->time, 1, call->pos, &window->time_column, &node));
	if (window->kind == WR_W_SESSION)
		WR_TRY(legacy_partition(&conv, select, call, window, &node));
	legacy->call = call;
	legacy->kind = window->kind;
	legacy->size_ms = window->size_ms;
	legacy->slide_ms = window->slide_ms;
	legacy->processing_time = window->processing_time;
	legacy->start = node->schema.count;
	legacy->end = legacy->start + 1;
	legacy->rowtime = legacy->start + 2;
	WR_TRY(window_node(a, node, window, true, call->pos, &legacy->node));
	wr_scope_rebase(scope, legacy->node);
	return NULL;
}

/* TUMBLE_START -> START and the kind; false: not an auxiliary function. */
static bool auxiliary(const char *name, enum wr_window_kind *kind, const char **what)
{
	static const char *const ends[] = {"START", "END", "ROWTIME", "PROCTIME"};

	for (uint32_t i = 0; name != NULL && i < WR_COUNT(functions); i++) {
		size_t len = strlen(functions[i].name);
		if (functions[i].kind == WR_W_CUMULATE || name[0] == '\0' ||
		    strncasecmp(name, functions[i].name, len) != 0 || name[len] != '_')
			continue;
		for (uint32_t j = 0; j < WR_COUNT(ends); j++) {
			if (strcasecmp(name + len + 1, ends[j]) == 0) {
				*kind = functions[i].kind;
				*what = ends[j];
				return true;
			}
		}
	}
	return false;
}

/* The arguments must repeat those of the window. */
wr_status *wr_convert_legacy_call(struct wr_conv *conv, const struct wr_ast_expr *ast,
				  struct wr_expr **out)
{
	const struct wr_legacy_window *legacy = conv->legacy;
	const struct function *function;
	struct wr_window window = {0};
	enum wr_window_kind kind;
	struct wr_conv inner = *conv;
	struct wr_expr *time;
	const char *what;

	*out = NULL;
	if (!auxiliary(wr_call_name(ast), &kind, &what))
		return NULL;
	if (legacy == NULL)
		return wr_status_hint(wr_status_at(WR_USER_ERROR, ast->pos,
						   "%s is only allowed with a window in GROUP BY",
						   wr_call_name(ast)),
				      "Add GROUP BY TUMBLE(...), HOP(...) or SESSION(...)");
	for (function = functions; function->kind != kind;)
		function++;
	if (conv->group != NULL && conv->group->nullable != NULL)
		return wr_unsupported(ast->pos, "GROUPING SETS together with %s(...)",
				      function->name);
	WR_TRY(legacy_args(&inner, function, ast, &window, &time));
	if (kind != legacy->kind || window.size_ms != legacy->size_ms ||
	    window.slide_ms != legacy->slide_ms || !wr_expr_equal(time, legacy->time))
		return wr_status_at(WR_USER_ERROR, ast->pos,
				    "The arguments of %s must be those of the window in GROUP BY",
				    wr_call_name(ast));
	if (strcmp(what, "PROCTIME") == 0)
		return wr_build_call(conv->a, "PROCTIME", NULL, 0, ast->pos, out);
	if (strcmp(what, "ROWTIME") == 0 && legacy->processing_time)
		return wr_status_at(WR_USER_ERROR, ast->pos,
				    "A processing time window has no row time");
	uint32_t column = strcmp(what, "START") == 0 ? legacy->start
			  : strcmp(what, "END") == 0 ? legacy->end
						     : legacy->rowtime;
	*out = wr_column_of(conv->a, legacy->node, column);
	(*out)->pos = ast->pos;
	return NULL;
}
