/* SPDX-License-Identifier: Apache-2.0
 *
 * parser_job - statements about the jobs of a server.
 *
 *     STOP JOB job [WITH SAVEPOINT] [WITH DRAIN]
 *     {DESCRIBE | DESC} JOB job
 *     EXPLAIN WHY NO OUTPUT FOR JOB job
 *
 * A job is a string, its id or name, or its name alone.
 */
#include "sql/parser_core.h"

/* A string or a name. */
static wr_status *parse_job(struct wr_parser *p, struct wr_ast_job *job)
{
	struct wr_ast_ident name;

	job->pos = wr_tok_ahead(p, 0)->pos;
	if (wr_tok_is_string(p))
		return wr_parse_string(p, "a job's name or id", &job->name);
	WR_TRY(wr_parse_ident(p, "a job's name, or its id between single quotes", &name));
	job->name = name.text;
	return NULL;
}

wr_status *wr_parse_stop_job(struct wr_parser *p, struct wr_ast_stmt *stmt)
{
	stmt->kind = WR_AST_STOP_JOB;
	WR_TRY(wr_tok_need(p, WR_KW_JOB));
	WR_TRY(parse_job(p, &stmt->job));
	if (wr_tok_take2(p, WR_KW_WITH, WR_KW_SAVEPOINT))
		stmt->job.savepoint = true;
	if (wr_tok_take2(p, WR_KW_WITH, WR_KW_DRAIN))
		stmt->job.drain = true;
	if (wr_tok_take(p, WR_KW_WITH))
		return wr_tok_expected(p, stmt->job.savepoint ? "DRAIN" : "SAVEPOINT or DRAIN");
	return NULL;
}

wr_status *wr_parse_describe_job(struct wr_parser *p, struct wr_ast_stmt *stmt)
{
	stmt->kind = WR_AST_DESCRIBE_JOB;
	return parse_job(p, &stmt->job);
}

wr_status *wr_parse_explain_why(struct wr_parser *p, struct wr_ast_stmt *stmt)
{
	stmt->kind = WR_AST_EXPLAIN_WHY;
	if (!wr_tok_take2(p, WR_KW_NO, WR_KW_OUTPUT))
		return wr_tok_expected(p, "NO OUTPUT FOR JOB and a job's name");
	if (!wr_tok_take(p, WR_KW_FOR))
		return wr_tok_expected(p, "FOR JOB and a job's name");
	if (!wr_tok_take(p, WR_KW_JOB))
		return wr_tok_expected(p, "JOB and a job's name");
	return parse_job(p, &stmt->job);
}
