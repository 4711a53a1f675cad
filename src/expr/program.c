/* SPDX-License-Identifier: Apache-2.0
 *
 * program - compiles expression trees to steps.
 *
 * One pass over the trees, arguments before the call that reads them. An expression that was
 * compiled before is not compiled again, if it was computed for all the rows that need it now (its
 * mask is the wanted one or an ancestor) and gives the same value each time. Parts that can neither
 * fail nor are dear are computed for all rows: cheaper than minding a mask, and open to sharing.
 */
#include "expr/program.h"

#include <string.h>

#include "base/mem.h"
#include "expr/cast.h"
#include "expr/steps.h"

#define BUCKETS 256u /* of the table of compiled expressions; most programs have fewer nodes */

/* An expression that is in a register already. */
struct seen {
	struct seen *next;          /* in the bucket */
	const struct wr_expr *expr; /* what was compiled */
	uint32_t mask;              /* rows it holds for */
	uint32_t reg;               /* where it is */
};

struct compiler {
	struct wr_program *program;
	struct wr_arena scratch;      /* freed after compilation */
	struct seen *bucket[BUCKETS]; /* by hash */
	uint32_t *column_reg;         /* register of each input column; WR_NO_REG: not read */
	uint32_t *mask_parent;        /* of each mask */
	uint32_t mask_capacity;       /* slots at mask_parent */
	uint32_t step_capacity;       /* slots at program->step */
};

static wr_status *compile(struct compiler *c, struct wr_expr *expr, uint32_t mask, uint32_t *reg);

static uint32_t reg_new(struct compiler *c)
{
	return c->program->reg_count++;
}

/* Appends a zeroed step. The pointer holds until the next one. */
static struct wr_step *step_new(struct compiler *c, enum wr_step_kind kind)
{
	struct wr_program *program = c->program;

	if (program->step_count == c->step_capacity) {
		uint32_t capacity = c->step_capacity == 0 ? 16 : c->step_capacity * 2;
		program->step = wr_realloc(program->step, capacity * sizeof *program->step);
		c->step_capacity = capacity;
	}
	struct wr_step *step = &program->step[program->step_count++];
	*step = (struct wr_step){.kind = kind};
	return step;
}

/* A new mask: the rows of `parent` where `reg` is as `op` says. */
static uint32_t mask_new(struct compiler *c, uint32_t parent, uint32_t reg, enum wr_mask_op op)
{
	uint32_t mask = c->program->mask_count++;
	uint32_t *in = WR_NEW(&c->program->arena, uint32_t);
	struct wr_step *step = step_new(c, WR_STEP_MASK);

	if (mask >= c->mask_capacity) {
		c->mask_capacity = c->mask_capacity == 0 ? 16 : c->mask_capacity * 2;
		c->mask_parent =
		    wr_realloc(c->mask_parent, c->mask_capacity * sizeof *c->mask_parent);
	}
	c->mask_parent[mask] = parent;
	*in = reg;
	step->op = op;
	step->out = mask;
	step->mask = parent;
	step->in = in;
	step->in_count = 1;
	return mask;
}

/* Whether the rows of `mask` are among those of `wide`. */
static bool mask_within(const struct compiler *c, uint32_t mask, uint32_t wide)
{
	while (mask != wide && mask != 0)
		mask = c->mask_parent[mask];
	return mask == wide;
}

static bool needs_mask(const struct wr_expr *expr)
{
	return (expr->traits & (WR_EX_FAILS | WR_EX_EXPENSIVE)) != 0;
}

static bool seen_find(const struct compiler *c, const struct wr_expr *expr, uint32_t mask,
		      uint32_t *reg)
{
	if (expr->traits & WR_EX_DYNAMIC)
		return false;
	for (const struct seen *s = c->bucket[expr->hash % BUCKETS]; s != NULL; s = s->next)
		if (mask_within(c, mask, s->mask) && wr_expr_equal(s->expr, expr)) {
			*reg = s->reg;
			return true;
		}
	return false;
}

static void seen_add(struct compiler *c, const struct wr_expr *expr, uint32_t mask, uint32_t reg)
{
	struct seen *seen = WR_NEW(&c->scratch, struct seen);

	*seen = (struct seen){c->bucket[expr->hash % BUCKETS], expr, mask, reg};
	c->bucket[expr->hash % BUCKETS] = seen;
}

/* What the kernel of a call or a cast is told. */
static wr_status *call_fill(struct compiler *c, struct wr_step *step, const struct wr_expr *expr)
{
	struct wr_arena *arena = &c->program->arena;
	struct wr_call *call = &step->call;
	uint32_t n = expr->arg_count;
	const struct wr_type **types = WR_NEW_ARRAY(arena, const struct wr_type *, n + 1);
	struct wr_column **consts = WR_NEW_ARRAY(arena, struct wr_column *, n + 1);
	const char **symbols = WR_NEW_ARRAY(arena, const char *, n + 1);

	for (uint32_t i = 0; i < n; i++) {
		types[i] = expr->arg[i]->type;
		symbols[i] = expr->arg[i]->symbol;
		consts[i] = expr->arg[i]->kind == WR_E_CONST ? expr->arg[i]->value : NULL;
	}
	*call = (struct wr_call){.function = expr->function,
				 .plan = expr->plan,
				 .type = expr->type,
				 .arg_type = types,
				 .arg_count = n,
				 .const_arg = consts,
				 .symbol = symbols};
	step->kernel = expr->plan->kernel;
	step->expr = expr;
	if (expr->function != NULL && expr->function->prepare != NULL)
		WR_TRY(expr->function->prepare(call, &call->state));
	return NULL;
}

static wr_status *compile_call(struct compiler *c, struct wr_expr *expr, uint32_t mask,
			       uint32_t *reg)
{
	uint32_t *in = WR_NEW_ARRAY(&c->program->arena, uint32_t, expr->arg_count + 1);
	bool is_cast = expr->kind == WR_E_CAST;
	struct wr_step *step;

	for (uint32_t i = 0; i < expr->arg_count; i++) {
		in[i] = WR_NO_REG;
		if (expr->arg[i]->kind != WR_E_SYMBOL)
			WR_TRY(compile(c, expr->arg[i], mask, &in[i]));
	}
	step = step_new(c, is_cast && expr->plan->kernel == NULL ? WR_STEP_RETYPE : WR_STEP_CALL);
	step->type = expr->type;
	step->in = in;
	step->in_count = expr->arg_count;
	step->out = *reg = reg_new(c);
	step->mask = needs_mask(expr) ? mask : 0;
	if (step->kind == WR_STEP_RETYPE)
		return NULL;
	if (is_cast) {
		step->flags = wr_cast_prints_null(expr->arg[0]->type, expr->type) ? 0 : WR_F_STRICT;
		step->try_cast = expr->try_cast;
		if (wr_cast_can_fail(expr->arg[0]->type, expr->type))
			step->flags |= WR_F_FALLIBLE;
	} else {
		step->flags = expr->function->flags;
		if (expr->plan->cannot_fail)
			step->flags &= ~(uint32_t)WR_F_FALLIBLE;
	}
	return call_fill(c, step, expr);
}

/* Whether one of the arguments from `first` on needs to know its rows. */
static bool rest_needs_mask(const struct wr_expr *expr, uint32_t first)
{
	for (uint32_t i = first; i < expr->arg_count; i++)
		if (needs_mask(expr->arg[i]))
			return true;
	return false;
}

static wr_status *compile_case(struct compiler *c, struct wr_expr *expr, uint32_t mask,
			       uint32_t *in)
{
	uint32_t last = expr->arg_count - 1;

	for (uint32_t i = 0; i < last; i += 2) {
		WR_TRY(compile(c, expr->arg[i], mask, &in[i]));
		uint32_t then_mask = mask;
		if (needs_mask(expr->arg[i + 1]))
			then_mask = mask_new(c, mask, in[i], WR_MASK_TRUE);
		WR_TRY(compile(c, expr->arg[i + 1], then_mask, &in[i + 1]));
		if (rest_needs_mask(expr, i + 2))
			mask = mask_new(c, mask, in[i], WR_MASK_NOT_TRUE);
	}
	return compile(c, expr->arg[last], mask, &in[last]);
}

/* CASE, AND, OR, COALESCE. */
static wr_status *compile_lazy(struct compiler *c, struct wr_expr *expr, uint32_t mask,
			       uint32_t *reg)
{
	static const enum wr_step_kind kinds[] = {[WR_E_CASE] = WR_STEP_CASE,
						  [WR_E_AND] = WR_STEP_AND,
						  [WR_E_OR] = WR_STEP_OR,
						  [WR_E_COALESCE] = WR_STEP_COALESCE};
	static const enum wr_mask_op ops[] = {[WR_E_AND] = WR_MASK_NOT_FALSE,
					      [WR_E_OR] = WR_MASK_NOT_TRUE,
					      [WR_E_COALESCE] = WR_MASK_NULL};
	uint32_t *in = WR_NEW_ARRAY(&c->program->arena, uint32_t, expr->arg_count);
	struct wr_step *step;

	if (expr->kind == WR_E_CASE) {
		WR_TRY(compile_case(c, expr, mask, in));
	} else {
		uint32_t rest = mask;
		for (uint32_t i = 0; i < expr->arg_count; i++) {
			WR_TRY(compile(c, expr->arg[i], rest, &in[i]));
			if (rest_needs_mask(expr, i + 1))
				rest = mask_new(c, rest, in[i], ops[expr->kind]);
		}
	}
	step = step_new(c, kinds[expr->kind]);
	step->type = expr->type;
	step->in = in;
	step->in_count = expr->arg_count;
	step->out = *reg = reg_new(c);
	return NULL;
}

static wr_status *compile(struct compiler *c, struct wr_expr *expr, uint32_t mask, uint32_t *reg)
{
	if (!needs_mask(expr))
		mask = 0;
	if (expr->kind == WR_E_COLUMN) {
		WR_ASSERT(expr->column < c->program->column_count);
		if (c->column_reg[expr->column] == WR_NO_REG)
			c->column_reg[expr->column] = reg_new(c);
		*reg = c->column_reg[expr->column];
		return NULL;
	}
	if (seen_find(c, expr, mask, reg))
		return NULL;
	WR_ASSERT(expr->kind != WR_E_SYMBOL);
	if (expr->kind == WR_E_CONST)
		*reg = reg_new(c);
	else if (expr->kind == WR_E_CALL || expr->kind == WR_E_CAST)
		WR_TRY(compile_call(c, expr, mask, reg));
	else
		WR_TRY(compile_lazy(c, expr, mask, reg));
	seen_add(c, expr, mask, *reg);
	return NULL;
}

/* Lists the registers of constants and input columns. */
static void list_inputs(struct compiler *c)
{
	struct wr_program *program = c->program;
	struct wr_arena *arena = &program->arena;

	program->load_column = WR_NEW_ARRAY(arena, uint32_t, program->column_count + 1);
	program->load_reg = WR_NEW_ARRAY(arena, uint32_t, program->column_count + 1);
	for (uint32_t i = 0; i < program->column_count; i++)
		if (c->column_reg[i] != WR_NO_REG) {
			program->load_column[program->load_count] = i;
			program->load_reg[program->load_count++] = c->column_reg[i];
		}
	program->const_reg = WR_NEW_ARRAY(arena, uint32_t, program->reg_count + 1);
	program->const_value = WR_NEW_ARRAY(arena, struct wr_column *, program->reg_count + 1);
	for (uint32_t b = 0; b < BUCKETS; b++)
		for (const struct seen *s = c->bucket[b]; s != NULL; s = s->next)
			if (s->expr->kind == WR_E_CONST) {
				program->const_reg[program->const_count] = s->reg;
				program->const_value[program->const_count++] = s->expr->value;
			}
}

/* Notes with each step the registers that it is the last to read (S3). */
static void list_drops(struct compiler *c)
{
	struct wr_program *program = c->program;
	bool *done = WR_NEW_ARRAY(&c->scratch, bool, program->reg_count + 1);

	for (uint32_t i = 0; i < program->result_count; i++)
		done[program->result[i]] = true;
	for (uint32_t s = program->step_count; s-- > 0;) {
		struct wr_step *step = &program->step[s];
		step->drop = WR_NEW_ARRAY(&program->arena, uint32_t, step->in_count + 1);
		for (uint32_t i = 0; i < step->in_count; i++)
			if (step->in[i] != WR_NO_REG && !done[step->in[i]]) {
				done[step->in[i]] = true;
				step->drop[step->drop_count++] = step->in[i];
			}
	}
}

static wr_status *compile_all(struct compiler *c, struct wr_expr *const *expr, uint32_t count)
{
	struct wr_program *program = c->program;
	struct wr_arena *arena = &program->arena;

	program->result = WR_NEW_ARRAY(arena, uint32_t, count + 1);
	c->column_reg = WR_NEW_ARRAY(&c->scratch, uint32_t, program->column_count + 1);
	for (uint32_t i = 0; i < program->column_count; i++)
		c->column_reg[i] = WR_NO_REG;
	for (uint32_t i = 0; i < count; i++)
		WR_TRY(compile(c, expr[i], 0, &program->result[i]));
	program->result_count = count;
	list_inputs(c);
	list_drops(c);
	program->reg = WR_NEW_ARRAY(arena, struct wr_column *, program->reg_count + 1);
	program->mask = WR_NEW_ARRAY(arena, uint8_t *, program->mask_count);
	program->mask_empty = WR_NEW_ARRAY(arena, bool, program->mask_count);
	return NULL;
}

wr_status *wr_program_compile(struct wr_expr *const *expr, uint32_t count, uint32_t column_count,
			      const char *zone_id, bool fold, struct wr_program **out)
{
	struct wr_program *program = wr_calloc(1, sizeof *program);
	struct compiler *c = wr_calloc(1, sizeof *c);
	struct wr_expr **use;
	wr_status *status = NULL;

	wr_arena_init(&program->arena);
	wr_arena_init(&c->scratch);
	wr_expr_pool_init(&program->pool, &program->arena);
	program->pool.zone_id = wr_arena_strdup(&program->arena, zone_id != NULL ? zone_id : "UTC");
	program->column_count = column_count;
	program->mask_count = 1;
	program->eval.context.zone_id = program->pool.zone_id;
	program->eval.context.watermark = WR_WATERMARK_MIN;
	wr_arena_init(&program->eval.arena);
	c->program = program;
	if (strcmp(program->pool.zone_id, "UTC") != 0)
		WR_TRY_OUT(status, wr_zone_open(program->pool.zone_id, &program->zone));
	program->eval.zone = program->zone;
	use = WR_NEW_ARRAY(&program->arena, struct wr_expr *, count + 1);
	for (uint32_t i = 0; i < count; i++)
		use[i] = fold ? wr_expr_fold(&program->pool, expr[i]) : expr[i];
	program->expr = use;
	status = compile_all(c, use, count);
out:
	wr_arena_release(&c->scratch);
	wr_free(c->mask_parent);
	wr_free(c);
	if (status != NULL) {
		wr_program_free(program);
		program = NULL;
	}
	*out = program;
	return status;
}

wr_status *wr_program_new(struct wr_expr *const *expr, uint32_t count, uint32_t column_count,
			  const char *zone_id, struct wr_program **out)
{
	return wr_program_compile(expr, count, column_count, zone_id, true, out);
}

static int64_t env_now_us(void *env)
{
	return wr_wall_us(env);
}

wr_status *wr_program_clocked(struct wr_expr *const *expr, uint32_t count, uint32_t column_count,
			      const char *zone_id, struct wr_env *env, struct wr_program **out)
{
	WR_TRY(wr_program_new(expr, count, column_count, zone_id, out));
	(*out)->eval.context.now_us = env_now_us;
	(*out)->eval.context.user = env;
	return NULL;
}

void wr_program_free(struct wr_program *program)
{
	if (program == NULL)
		return;
	for (uint32_t i = 0; i < program->step_count; i++) {
		const struct wr_call *call = &program->step[i].call;
		if (call->state != NULL && call->function->release != NULL)
			call->function->release(call->state);
	}
	wr_filter_free(program->filter);
	wr_zone_close(program->zone);
	wr_expr_pool_release(&program->pool);
	wr_arena_release(&program->eval.arena);
	wr_free(program->eval.error);
	wr_free(program->step);
	wr_arena_release(&program->arena);
	wr_free(program);
}

struct wr_eval *wr_program_eval(struct wr_program *program)
{
	return &program->eval;
}
