/* SPDX-License-Identifier: Apache-2.0
 *
 * process_call - calls of process table functions: SELECT * FROM f(TABLE t PARTITION BY k, 5).
 *
 * A call becomes a USER node as weir_process makes it. Its arguments are tables ("t TABLE AS SET",
 * with PARTITION BY, whose columns are the key; "t TABLE AS ROW", without) and constants. The
 * columns of the key stand before those of the function in the result, those of each table, and are
 * appended by the operator (wr_user_op.pass_keys); so is the column `rowtime` behind them where
 * on_time => DESCRIPTOR(ts) names the time attributes of the tables.
 */
#include <strings.h>

#include "analyze/analyzer.h"
#include "analyze/columns.h"
#include "analyze/user_function.h"
#include "base/limits.h"
#include "base/mem.h"

#define TABLES_MAX 2u /* of a call: the inputs of an operator */

/* What the function's open is called with. Lives in the plan's arena. */
struct ptf {
	const struct weir_function *given;
	const struct weir_process *process; /* the program's, in this version's layout */
	struct wr_schema schema;            /* of the constants */
	struct wr_column **constant;        /* the pool's; a NULL constant has a column, too */
	const char *zone_id;
};

/* A declared argument. */
struct parameter {
	const char *name;
	bool table, set;            /* TABLE AS SET, TABLE AS ROW */
	const struct wr_type *type; /* of others */
};

/* A call while it is planned. */
struct call {
	struct wr_analyzer *a;
	const struct wr_user_function *function;
	const struct wr_user_form *form;
	struct wr_pos pos;
	struct parameter *parameter;
	uint32_t count;
	const struct wr_ast_expr **given;  /* per parameter; NULL: not given */
	const char *uid;                   /* NULL: not given */
	const struct wr_ast_expr *on_time; /* NULL: not given */
	struct wr_user_op *op;
	struct ptf *ptf;
	struct wr_node *input[TABLES_MAX];
	const uint32_t *key[TABLES_MAX];
	const char *table[TABLES_MAX]; /* the names of the arguments */
	uint32_t inputs, key_count;
};

/* --- opening an instance */

static int ptf_open(void *user, struct weir_context *context, void **self)
{
	const struct ptf *ptf = user;
	struct wr_user_instance instance = {0};
	struct wr_batch batch = {
	    .rows = 1, .column_count = ptf->schema.count, .column = ptf->constant};
	struct weir_row row = {.result = &instance.arguments, .batch = &batch};
	void *made = ptf->given->user;
	int answer = 0;

	if (ptf->given->open != NULL) {
		wr_status *status =
		    wr_result_init(&instance.arguments, &ptf->schema, false, ptf->zone_id);

		if (status == NULL)
			answer = ptf->given->open(ptf->given->user, &row, &made);
		wr_result_release(&instance.arguments);
		*self = made; /* close gets it after a failure, too */
		if (status != NULL || answer != 0) {
			answer = weir_fail(context, "%s",
					   status != NULL ? status->text : instance.failure);
			wr_status_free(status);
			return answer;
		}
	}
	*self = made;
	return ptf->process->open != NULL ? ptf->process->open(made, context, self) : 0;
}

/* --- declared arguments */

/* "t TABLE AS SET" */
static bool table_words(const char *text, size_t len, bool *set)
{
	char words[32] = "";
	size_t n = 0;

	for (size_t i = 0; i < len && n + 1 < sizeof words; i++)
		if (text[i] != ' ' || (n > 0 && words[n - 1] != ' '))
			words[n++] = text[i];
	while (n > 0 && words[n - 1] == ' ')
		n--;
	words[n] = '\0';
	*set = strcasecmp(words, "TABLE AS SET") == 0;
	return *set || strcasecmp(words, "TABLE AS ROW") == 0;
}

/* One of the texts between commas. */
static wr_status *read_parameter(struct call *call, const char *text, size_t len)
{
	struct parameter *out = &call->parameter[call->count];
	struct wr_schema one;
	size_t name;

	while (len > 0 && *text == ' ')
		text++, len--;
	name = strcspn(text, " ,");
	if (name < len && table_words(text + name, len - name, &out->set)) {
		out->name = wr_arena_strndup(call->a->arena, text, name);
		out->table = true;
	} else {
		WR_TRY(wr_columns_parse(call->a->arena, wr_arena_strndup(call->a->arena, text, len),
					wr_arena_printf(call->a->arena,
							"The arguments of function '%s'",
							call->function->name),
					&one));
		*out = (struct parameter){.name = one.field[0].name, .type = one.field[0].type};
	}
	call->count++;
	return NULL;
}

static wr_status *read_parameters(struct call *call)
{
	const char *text = call->form->given.arguments, *begin = text;
	uint32_t depth = 0;

	call->parameter = WR_NEW_ARRAY(call->a->arena, struct parameter, strlen(text) + 1);
	for (const char *c = text;; c++) {
		depth += *c == '(' || *c == '<';
		depth -= *c == ')' || *c == '>';
		if (*c != '\0' && (*c != ',' || depth > 0))
			continue;
		if (c > begin)
			WR_TRY(read_parameter(call, begin, (size_t)(c - begin)));
		if (*c == '\0')
			return NULL;
		begin = c + 1;
	}
}

/* --- given arguments */

static wr_status *set_uid(struct call *call, const struct wr_ast_expr *value)
{
	if (value->kind != WR_AST_STRING)
		return wr_status_at(WR_USER_ERROR, value->pos, "The uid of '%s' must be a string",
				    call->function->name);
	call->uid =
	    wr_arena_strndup(call->a->arena, value->string.bytes.data, value->string.bytes.len);
	return NULL;
}

static wr_status *set_on_time(struct call *call, const struct wr_ast_expr *value)
{
	if (value->kind != WR_AST_DESCRIPTOR)
		return wr_status_hint(wr_status_at(WR_USER_ERROR, value->pos,
						   "The on_time of '%s' must name columns",
						   call->function->name),
				      "Write on_time => DESCRIPTOR(ts)");
	call->on_time = value;
	return NULL;
}

/* By name or by place: on_time and uid stand behind those that are declared. */
static wr_status *match_arguments(struct call *call, const struct wr_ast_exprs *args)
{
	call->given = WR_NEW_ARRAY(call->a->arena, const struct wr_ast_expr *, call->count + 1);
	for (uint32_t i = 0; i < args->count; i++) {
		const struct wr_ast_expr *arg = args->items[i], *value = arg;
		uint32_t at = i;

		if (arg->kind == WR_AST_NAMED_ARG) {
			const char *name = arg->named_arg.name.text;

			value = arg->named_arg.value;
			if (wr_name_is(name, "UID")) {
				WR_TRY(set_uid(call, value));
				continue;
			}
			if (wr_name_is(name, "ON_TIME")) {
				WR_TRY(set_on_time(call, value));
				continue;
			}
			for (at = 0; at < call->count; at++)
				if (strcasecmp(call->parameter[at].name, name) == 0)
					break;
		} else if (at == call->count) {
			WR_TRY(set_on_time(call, value));
			continue;
		} else if (at == call->count + 1) {
			WR_TRY(set_uid(call, value));
			continue;
		}
		if (at >= call->count)
			return wr_status_hint(wr_status_at(WR_USER_ERROR, arg->pos,
							   "'%s' has no such argument",
							   call->function->name),
					      "Supported form: %s", call->form->syntax);
		call->given[at] = value;
	}
	for (uint32_t i = 0; i < call->count; i++)
		if (call->given[i] == NULL)
			return wr_status_hint(wr_status_at(WR_USER_ERROR, call->pos,
							   "Argument '%s' of '%s' is missing",
							   call->parameter[i].name,
							   call->function->name),
					      "Supported form: %s", call->form->syntax);
	return NULL;
}

/* The columns of PARTITION BY. */
static wr_status *read_key(struct call *call, const struct wr_ast_expr *arg,
			   const struct wr_scope *scope, uint32_t **out)
{
	const struct wr_ast_exprs *partition = &arg->table_arg.partition;
	struct wr_conv conv = {.a = call->a, .scope = scope, .clause = "PARTITION BY"};

	*out = WR_NEW_ARRAY(call->a->arena, uint32_t, partition->count + 1);
	for (uint32_t i = 0; i < partition->count; i++) {
		struct wr_expr *expr;

		WR_TRY(wr_convert(&conv, partition->items[i], &expr));
		if (expr->kind != WR_E_COLUMN)
			return wr_unsupported(partition->items[i]->pos,
					      "PARTITION BY of something other than columns");
		(*out)[i] = expr->column;
	}
	return NULL;
}

static wr_status *check_table(const struct call *call, const struct parameter *parameter,
			      const struct wr_ast_expr *arg)
{
	bool keyed = arg->kind == WR_AST_TABLE_ARG && arg->table_arg.partition.count > 0;

	if (arg->kind != WR_AST_TABLE_ARG)
		return wr_status_hint(wr_status_at(WR_USER_ERROR, arg->pos,
						   "Argument '%s' of '%s' is a table",
						   parameter->name, call->function->name),
				      "Write %s => TABLE t%s", parameter->name,
				      parameter->set ? " PARTITION BY k" : "");
	if (arg->table_arg.order.count > 0)
		return wr_unsupported(arg->pos, "ORDER BY in a process table function");
	if (parameter->set == keyed)
		return NULL;
	return wr_status_at(WR_USER_ERROR, arg->pos,
			    parameter->set ? "Argument '%s' of '%s' needs a PARTITION BY"
					   : "Argument '%s' of '%s' takes rows one by one, without "
					     "PARTITION BY",
			    parameter->name, call->function->name);
}

/* (SELECT ...) alone is a query to the parser. */
static const struct wr_ast_expr *as_table(struct wr_arena *arena, const struct wr_ast_expr *arg)
{
	struct wr_ast_table *table;
	struct wr_ast_expr *out;

	if (arg->kind != WR_AST_QUERY)
		return arg;
	table = WR_NEW(arena, struct wr_ast_table);
	table->kind = WR_AST_TABLE_QUERY;
	table->query = arg->query;
	table->pos = arg->pos;
	out = WR_NEW(arena, struct wr_ast_expr);
	out->kind = WR_AST_TABLE_ARG;
	out->pos = arg->pos;
	out->table_arg.table = table;
	return out;
}

static wr_status *plan_table(struct call *call, const struct parameter *parameter,
			     const struct wr_ast_expr *given)
{
	const struct wr_ast_expr *arg = as_table(call->a->arena, given);
	struct wr_scope *scope;
	uint32_t *key;

	WR_TRY(check_table(call, parameter, arg));
	if (call->inputs == TABLES_MAX)
		return wr_unsupported(arg->pos, "A function of more than two tables");
	WR_TRY(wr_plan_from(call->a, arg->table_arg.table, &scope));
	WR_TRY(read_key(call, arg, scope, &key));
	if (call->inputs > 0 && call->key_count != arg->table_arg.partition.count)
		return wr_status_at(WR_USER_ERROR, arg->pos,
				    "The tables of '%s' are partitioned by %u and %u columns",
				    call->function->name, call->key_count,
				    arg->table_arg.partition.count);
	for (uint32_t k = 0; call->inputs > 0 && k < call->key_count; k++)
		if (!wr_type_equal(call->input[0]->schema.field[call->key[0][k]].type,
				   scope->node->schema.field[key[k]].type, false))
			return wr_status_at(WR_USER_ERROR, arg->pos,
					    "The PARTITION BY columns of the tables of '%s' are of "
					    "different types",
					    call->function->name);
	call->key_count = arg->table_arg.partition.count;
	call->key[call->inputs] = key;
	call->table[call->inputs] = parameter->name;
	call->input[call->inputs++] = scope->node;
	return NULL;
}

static wr_status *plan_constant(struct call *call, const struct parameter *parameter,
				const struct wr_ast_expr *arg)
{
	struct wr_conv conv = {.a = call->a, .clause = "the arguments of a process table function"};
	struct wr_expr_pool *pool = call->a->pool;
	struct ptf *ptf = call->ptf;
	struct wr_expr *expr;

	WR_TRY(wr_convert(&conv, arg, &expr));
	WR_TRY(wr_expr_implicit_cast(pool, expr, parameter->type, parameter->name, &expr));
	expr = wr_expr_fold(pool, expr);
	if (!wr_expr_is_const(expr))
		return wr_status_at(WR_USER_ERROR, arg->pos,
				    "Argument '%s' of '%s' must be a constant", parameter->name,
				    call->function->name);
	ptf->schema.field[ptf->schema.count] = (struct wr_field){parameter->name, expr->type};
	ptf->constant[ptf->schema.count++] = expr->value;
	return NULL;
}

/* --- the operator */

static wr_status *read_states(struct call *call, const struct weir_process *process)
{
	struct wr_arena *arena = call->a->arena;
	const char *at = (const char *)process->state;
	struct wr_user_op *op = call->op;

	op->state_count = process->state_count;
	op->state = WR_NEW_ARRAY(arena, struct wr_user_state, op->state_count + 1);
	for (uint32_t i = 0; i < op->state_count; i++) {
		struct wr_user_state *state = &op->state[i];
		size_t size = ((const struct weir_state *)process->state)->size;
		const char *what;

		if (size == 0)
			return wr_status_new(WR_USER_ERROR, "State %u of function '%s' has no size",
					     i, call->function->name);
		memcpy(&state->given, at, WR_MIN(size, sizeof state->given));
		at += size;
		if (state->given.name == NULL || state->given.broadcast)
			return wr_status_new(WR_USER_ERROR,
					     "State %u of function '%s' has no name, or is of a "
					     "broadcast input",
					     i, call->function->name);
		what = wr_arena_printf(arena, "The columns of state '%s'", state->given.name);
		WR_TRY(wr_layout_parse(arena, state->given.columns, what, state->given.value_size,
				       true, &state->value));
		if (state->given.kind == WEIR_MAP)
			WR_TRY(wr_layout_parse(arena, state->given.key_columns, what,
					       state->given.key_size, false, &state->key));
	}
	return NULL;
}

/* The column of a table that on_time names. */
static wr_status *find_time(struct call *call, uint32_t input, uint32_t *out)
{
	const struct wr_ast_idents *columns = &call->on_time->descriptor.columns;
	const struct wr_schema *schema = &call->input[input]->schema;
	const struct wr_ast_ident *found = NULL;

	for (uint32_t c = 0; c < columns->count; c++)
		for (uint32_t i = 0; i < schema->count; i++) {
			if (strcmp(schema->field[i].name, columns->items[c].text) != 0)
				continue;
			if (found != NULL)
				return wr_status_at(WR_USER_ERROR, columns->items[c].pos,
						    "The on_time of '%s' names two columns of "
						    "argument '%s': '%s' and '%s'",
						    call->function->name, call->table[input],
						    found->text, columns->items[c].text);
			found = &columns->items[c];
			*out = i;
		}
	if (found == NULL)
		return wr_status_at(WR_USER_ERROR, call->on_time->pos,
				    "The on_time of '%s' names no column of argument '%s'",
				    call->function->name, call->table[input]);
	if (schema->field[*out].type->time != WR_TIME_EVENT)
		return wr_status_hint(
		    wr_status_at(WR_USER_ERROR, found->pos,
				 "Column '%s' of argument '%s' is no time attribute", found->text,
				 call->table[input]),
		    "Declare WATERMARK FOR it in its table, and pass it on unchanged");
	return NULL;
}

/* Every name of on_time is of some table. */
static wr_status *check_time_names(const struct call *call)
{
	const struct wr_ast_idents *columns = &call->on_time->descriptor.columns;

	for (uint32_t c = 0; c < columns->count; c++) {
		bool found = false;

		for (uint32_t t = 0; t < call->inputs; t++)
			for (uint32_t i = 0; i < call->input[t]->schema.count; i++)
				found = found || strcmp(call->input[t]->schema.field[i].name,
							columns->items[c].text) == 0;
		if (!found)
			return wr_status_at(WR_USER_ERROR, columns->items[c].pos,
					    "No table of '%s' has a column '%s'",
					    call->function->name, columns->items[c].text);
	}
	return NULL;
}

/* The column `rowtime` of the result. */
static wr_status *read_on_time(struct call *call, struct wr_field *field)
{
	struct wr_user_op *op = call->op;
	const struct wr_type *type[TABLES_MAX];

	WR_TRY(check_time_names(call));
	if (op->changes)
		return wr_status_at(WR_USER_ERROR, call->on_time->pos,
				    "'%s' gives changes: it cannot have on_time",
				    call->function->name);
	for (uint32_t t = 0; t < call->inputs; t++) {
		WR_TRY(find_time(call, t, &op->time_column[t]));
		type[t] = call->input[t]->schema.field[op->time_column[t]].type;
		if (type[t]->kind != type[0]->kind)
			return wr_status_at(WR_USER_ERROR, call->on_time->pos,
					    "The columns of on_time are of different types");
	}
	op->on_time = true;
	*field = (struct wr_field){"rowtime", wr_type_nullable(call->a->arena, type[0], false)};
	return NULL;
}

/* The columns of the keys, the function's, then the time; names are made unique. */
static wr_status *make_columns(struct call *call, const struct weir_process *process)
{
	struct wr_arena *arena = call->a->arena;
	uint32_t keys = call->key_count * call->inputs, count;
	struct wr_schema own, *main = &call->op->main;
	struct wr_field time = {0};
	const char **names;

	if (call->on_time != NULL)
		WR_TRY(read_on_time(call, &time));

	WR_TRY(wr_columns_parse(
	    arena, process->columns,
	    wr_arena_printf(arena, "The columns of function '%s'", call->function->name), &own));
	count = keys + own.count;
	wr_schema_init(arena, main, count + (call->on_time != NULL));
	names = WR_NEW_ARRAY(arena, const char *, main->count);
	for (uint32_t i = 0; i < count; i++) {
		uint32_t table = i < keys ? i / call->key_count : 0;
		const struct wr_field *field =
		    i < keys
			? &call->input[table]->schema.field[call->key[table][i % call->key_count]]
			: &own.field[i - keys];

		main->field[i] = *field;
		main->field[i].type = wr_type_time_attr(arena, field->type, WR_TIME_NONE);
	}
	if (call->on_time != NULL)
		main->field[count] = time;
	for (uint32_t i = 0; i < main->count; i++)
		names[i] = main->field[i].name;
	wr_uniquify(arena, names, main->count);
	for (uint32_t i = 0; i < main->count; i++)
		main->field[i].name = names[i];
	return NULL;
}

static wr_status *make_op(struct call *call)
{
	struct wr_arena *arena = call->a->arena;
	struct weir_process *process = WR_NEW(arena, struct weir_process);
	const struct weir_process *given = call->form->given.process;
	struct wr_user_op *op = call->op;

	memcpy(process, given, WR_MIN(given->size, sizeof *process));
	if (process->element == NULL || (call->inputs > 1 && process->element2 == NULL))
		return wr_status_new(WR_USER_ERROR, "Function '%s' has no `%s`",
				     call->function->name,
				     process->element == NULL ? "element" : "element2");
	if (process->side_count > 0)
		return wr_status_new(WR_USER_ERROR,
				     "Function '%s' has side outputs, which SQL cannot read",
				     call->function->name);
	if (call->key_count == 0 && (process->timer != NULL || process->state_count > 0))
		return wr_status_hint(
		    wr_status_new(WR_USER_ERROR,
				  "Function '%s' has state or timers, but its tables no key",
				  call->function->name),
		    "Declare the argument as TABLE AS SET");
	call->ptf->process = process;
	op->kind = WR_U_PROCESS;
	op->name = call->uid != NULL ? call->uid : call->function->name;
	op->second = call->inputs > 1;
	op->changes = process->changes;
	op->pass_keys = call->key_count * call->inputs;
	WR_TRY(read_states(call, process));
	WR_TRY(make_columns(call, process));
	op->output = op->main;
	op->u.process = *process;
	op->u.process.name = op->name;
	op->u.process.open = ptf_open;
	op->u.process.user = call->ptf;
	return NULL;
}

/* Two uses of a function in a plan would share their state's name. */
static wr_status *check_name(const struct call *call)
{
	for (const struct wr_named_call *at = call->a->plan->named; at != NULL; at = at->next)
		if (strcmp(at->name, call->op->name) == 0)
			return wr_status_hint(wr_status_at(WR_USER_ERROR, call->pos,
							   "Two process table functions of a "
							   "statement are named '%s'",
							   call->op->name),
					      "Give each a name of its own: uid => 'name'");
	struct wr_named_call *named = WR_NEW(call->a->arena, struct wr_named_call);
	*named = (struct wr_named_call){call->op->name, call->a->plan->named};
	call->a->plan->named = named;
	return NULL;
}

static void unref(void *function)
{
	wr_user_function_unref(function);
}

bool wr_is_process_call(struct wr_analyzer *a, const struct wr_ast_table *ast)
{
	const struct wr_user_function *user;

	if (ast->kind != WR_AST_TABLE_FUNCTION)
		return false;
	user = wr_function_lookup(a->env->catalog, &ast->function.call->call.name).user;
	return user != NULL && user->kind == WEIR_PROCESS_TABLE;
}

wr_status *wr_plan_process_call(struct wr_analyzer *a, const struct wr_ast_table *ast,
				struct wr_node **out)
{
	struct wr_user_function *user = wr_catalog_function(
	    a->env->catalog,
	    ast->function.call->call.name.parts[ast->function.call->call.name.count - 1].text);
	struct call call = {.a = a, .function = user, .form = user->form, .pos = ast->pos};
	struct wr_node *node;

	call.op = WR_NEW(a->arena, struct wr_user_op);
	call.ptf = WR_NEW(a->arena, struct ptf);
	call.ptf->given = &call.form->given;
	call.ptf->zone_id = wr_arena_strdup(a->arena, a->pool->zone_id);
	WR_TRY(wr_status_place(read_parameters(&call), ast->pos));
	WR_TRY(match_arguments(&call, &ast->function.call->call.args));
	call.ptf->schema.field = WR_NEW_ARRAY(a->arena, struct wr_field, call.count + 1);
	call.ptf->constant = WR_NEW_ARRAY(a->arena, struct wr_column *, call.count + 1);
	for (uint32_t i = 0; i < call.count; i++)
		WR_TRY(
		    wr_status_place(call.parameter[i].table
					? plan_table(&call, &call.parameter[i], call.given[i])
					: plan_constant(&call, &call.parameter[i], call.given[i]),
				    ast->pos));
	if (call.inputs == 0)
		return wr_status_at(WR_USER_ERROR, ast->pos,
				    "Function '%s' declares no table among its arguments",
				    user->name);
	WR_TRY(wr_status_place(make_op(&call), ast->pos));
	WR_TRY(check_name(&call));
	wr_expr_pool_defer(a->pool, unref, wr_user_function_ref(user));
	node = wr_node_new(a->plan, WR_N_USER, call.inputs, ast->pos);
	node->u.user.op = call.op;
	node->schema = call.op->output;
	node->traits.rowtime = wr_user_time_column(&node->schema);
	for (uint32_t i = 0; i < call.inputs; i++) {
		node->input[i] = call.input[i];
		node->traits.has_watermark |= call.input[i]->traits.has_watermark;
		node->u.user.key[i] = call.key[i];
	}
	node->u.user.key_count = call.key_count;
	*out = node;
	return NULL;
}
