/* SPDX-License-Identifier: Apache-2.0
 *
 * unparse_stmt - statements; CREATE TABLE and CREATE VIEW in the layout of SHOW CREATE.
 */
#include "sql/unparse_core.h"

/* ---- pieces ---------------------------------------------------------------------------------- */

/* word 'text'; nothing for NULL */
static void put_text(const char *word, const char *text, struct wr_text *out)
{
	if (text == NULL)
		return;
	wr_text_puts(out, word);
	wr_unparse_string(wr_str_of(text), out);
}

/* ---- CREATE TABLE
 * ---------------------------------------------------------------------------------------------- */

/* `a` INT METADATA FROM 'k' VIRTUAL COMMENT 'c' */
void wr_unparse_column(const struct wr_ast_column *column, struct wr_text *out)
{
	wr_unparse_ident(column->name.text, out);
	if (column->type != NULL) {
		wr_text_putc(out, ' ');
		wr_unparse_type(column->type, out);
	}
	if (column->expr != NULL) {
		wr_text_puts(out, " AS ");
		wr_unparse_expr(column->expr, out);
	}
	if (column->kind == WR_AST_COLUMN_METADATA) {
		wr_text_puts(out, " METADATA");
		put_text(" FROM ", column->metadata_key, out);
		wr_text_puts(out, column->is_virtual ? " VIRTUAL" : "");
	}
	put_text(" COMMENT ", column->comment, out);
}

/* CONSTRAINT `PK_a_b` PRIMARY KEY (`a`, `b`) NOT ENFORCED */
void wr_unparse_key(const struct wr_ast_create_table *create, struct wr_text *out)
{
	struct wr_text name;
	wr_text_init(&name);
	if (create->primary_key_name.text != NULL) {
		wr_text_puts(&name, create->primary_key_name.text);
	} else {
		wr_text_puts(&name, "PK");
		for (uint32_t i = 0; i < create->primary_key.count; i++)
			wr_text_printf(&name, "_%s", create->primary_key.items[i].text);
	}
	wr_text_puts(out, "CONSTRAINT ");
	wr_unparse_ident(wr_text_str(&name), out);
	wr_text_puts(out, " PRIMARY KEY ");
	wr_unparse_idents(&create->primary_key, out);
	wr_text_puts(out, create->primary_key_enforced ? "" : " NOT ENFORCED");
	wr_text_release(&name);
}

/* (columns, watermark, key), one on a line */
static void put_schema(const struct wr_ast_create_table *create, struct wr_text *out)
{
	const char *separator = " (\n  ";
	for (uint32_t i = 0; i < create->column_count; i++) {
		wr_text_puts(out, separator);
		wr_unparse_column(&create->columns[i], out);
		separator = ",\n  ";
	}
	if (create->watermark != NULL) {
		wr_text_puts(out, separator);
		wr_text_puts(out, "WATERMARK FOR ");
		wr_unparse_name(&create->watermark_column, out);
		wr_text_puts(out, " AS ");
		wr_unparse_expr(create->watermark, out);
		separator = ",\n  ";
	}
	if (create->has_primary_key) {
		wr_text_puts(out, separator);
		wr_unparse_key(create, out);
		separator = ",\n  ";
	}
	if (separator[0] == ',')
		wr_text_puts(out, "\n)");
}

/* DISTRIBUTED BY HASH(`a`) INTO 3 BUCKETS */
static void put_distribution(const struct wr_ast_create_table *create, struct wr_text *out)
{
	if (create->distribution == WR_AST_DISTRIBUTION_NONE)
		return;
	wr_text_puts(out, "\nDISTRIBUTED");
	if (create->distributed_by.count > 0) {
		wr_text_puts(out, " BY ");
		if (create->distribution != WR_AST_DISTRIBUTION_UNSAID)
			wr_text_puts(out, create->distribution == WR_AST_DISTRIBUTION_HASH
					      ? "HASH"
					      : "RANGE");
		wr_unparse_idents(&create->distributed_by, out);
	}
	if (create->bucket_count > 0)
		wr_text_printf(out, " INTO %u BUCKETS", create->bucket_count);
}

/* LIKE `t` (INCLUDING ALL ..) */
static void put_like(const struct wr_ast_create_table *create, struct wr_text *out)
{
	static const char *const strategies[] = {
	    [WR_AST_LIKE_INCLUDING] = "INCLUDING",
	    [WR_AST_LIKE_EXCLUDING] = "EXCLUDING",
	    [WR_AST_LIKE_OVERWRITING] = "OVERWRITING",
	};
	static const char *const features[] = {
	    [WR_AST_LIKE_ALL] = "ALL",
	    [WR_AST_LIKE_CONSTRAINTS] = "CONSTRAINTS",
	    [WR_AST_LIKE_DISTRIBUTION] = "DISTRIBUTION",
	    [WR_AST_LIKE_GENERATED] = "GENERATED",
	    [WR_AST_LIKE_METADATA] = "METADATA",
	    [WR_AST_LIKE_OPTIONS] = "OPTIONS",
	    [WR_AST_LIKE_PARTITIONS] = "PARTITIONS",
	    [WR_AST_LIKE_WATERMARKS] = "WATERMARKS",
	};
	if (create->like.count == 0)
		return;
	wr_text_puts(out, "\nLIKE ");
	wr_unparse_name(&create->like, out);
	for (uint32_t i = 0; i < create->like_option_count; i++)
		wr_text_printf(out, "%s%s %s", i > 0 ? "\n  " : " (\n  ",
			       strategies[create->like_options[i].strategy],
			       features[create->like_options[i].feature]);
	if (create->like_option_count > 0)
		wr_text_puts(out, "\n)");
}

void wr_unparse_create_table(const struct wr_ast_create_table *create,
			     const struct wr_ast_name *name, struct wr_text *out)
{
	wr_text_printf(out, "CREATE %s%s%sTABLE %s", create->or_replace ? "OR REPLACE " : "",
		       create->temporary ? "TEMPORARY " : "",
		       create->materialized ? "MATERIALIZED " : "",
		       create->if_not_exists ? "IF NOT EXISTS " : "");
	wr_unparse_name(name != NULL ? name : &create->name, out);
	put_schema(create, out);
	put_text("\nCOMMENT ", create->comment, out);
	put_distribution(create, out);
	if (create->partitioned_by.count > 0) {
		wr_text_puts(out, "\nPARTITIONED BY ");
		wr_unparse_idents(&create->partitioned_by, out);
	}
	if (create->options.count > 0) {
		wr_text_puts(out, "\nWITH (\n  ");
		wr_unparse_options(&create->options, ",\n  ", out);
		wr_text_puts(out, "\n)");
	}
	put_like(create, out);
	if (create->freshness != NULL) {
		wr_text_puts(out, "\nFRESHNESS = ");
		wr_unparse_expr(create->freshness, out);
	}
	if (create->refresh != WR_AST_REFRESH_UNSAID)
		wr_text_printf(out, "\nREFRESH_MODE = %s",
			       create->refresh == WR_AST_REFRESH_FULL ? "FULL" : "CONTINUOUS");
	if (create->query != NULL) {
		wr_text_puts(out, "\nAS ");
		wr_unparse_query(create->query, out);
	}
}

void wr_unparse_create_view(const struct wr_ast_create_view *create, const struct wr_ast_name *name,
			    struct wr_text *out)
{
	wr_text_printf(out, "CREATE %sVIEW %s", create->temporary ? "TEMPORARY " : "",
		       create->if_not_exists ? "IF NOT EXISTS " : "");
	wr_unparse_name(name != NULL ? name : &create->name, out);
	for (uint32_t i = 0; i < create->columns.count; i++) {
		wr_text_puts(out, i > 0 ? ",\n  " : " (\n  ");
		wr_unparse_ident(create->columns.items[i].text, out);
	}
	wr_text_puts(out, create->columns.count > 0 ? "\n)" : "");
	put_text("\nCOMMENT ", create->comment, out);
	wr_text_puts(out, "\nAS ");
	wr_unparse_query(create->query, out);
}

/* ---- the other statements
 * -------------------------------------------------------------------------------------- */

static void put_drop(const char *words, const struct wr_ast_drop *drop, struct wr_text *out)
{
	wr_text_printf(out, "DROP %s%s %s", drop->temporary ? "TEMPORARY " : "", words,
		       drop->if_exists ? "IF EXISTS " : "");
	wr_unparse_name(&drop->name, out);
}

static void put_alter_materialized(const struct wr_ast_stmt *stmt, struct wr_text *out)
{
	wr_text_puts(out, "ALTER MATERIALIZED TABLE ");
	wr_unparse_name(&stmt->alter_materialized.name, out);
	wr_text_puts(out, stmt->alter_materialized.resume ? " RESUME" : " SUSPEND");
}

/* INSERT INTO `t` .. query */
static void put_insert(const struct wr_ast_insert *insert, struct wr_text *out)
{
	static const char *const conflicts[] = {
	    [WR_AST_CONFLICT_UNSAID] = "",
	    [WR_AST_CONFLICT_ERROR] = "\nON CONFLICT DO ERROR",
	    [WR_AST_CONFLICT_NOTHING] = "\nON CONFLICT DO NOTHING",
	    [WR_AST_CONFLICT_DEDUPLICATE] = "\nON CONFLICT DO DEDUPLICATE",
	};
	wr_text_puts(out, insert->overwrite ? "INSERT OVERWRITE " : "INSERT INTO ");
	wr_unparse_name(&insert->table, out);
	wr_unparse_hints(&insert->hints, " ", out);
	for (uint32_t i = 0; i < insert->partition.count; i++) {
		wr_text_puts(out, i > 0 ? ", " : " PARTITION (");
		wr_unparse_ident(insert->partition.items[i].key, out);
		put_text(" = ", insert->partition.items[i].value, out);
	}
	wr_text_puts(out, insert->partition.count > 0 ? ")" : "");
	if (insert->columns.count > 0) {
		wr_text_putc(out, ' ');
		wr_unparse_idents(&insert->columns, out);
	}
	wr_text_putc(out, '\n');
	wr_unparse_query(insert->query, out);
	wr_text_puts(out, conflicts[insert->conflict]);
}

/* STATEMENT SET BEGIN .. END */
static void put_statement_set(const struct wr_ast_stmt *stmt, struct wr_text *out)
{
	wr_text_puts(out, "STATEMENT SET BEGIN\n");
	for (uint32_t i = 0; i < stmt->statement_set.count; i++) {
		wr_unparse_stmt(stmt->statement_set.items[i], out);
		wr_text_puts(out, ";\n");
	}
	wr_text_puts(out, "END");
}

/* EXPLAIN details statement */
static void put_explain(const struct wr_ast_stmt *stmt, struct wr_text *out)
{
	static const char *const names[] = {"ESTIMATED_COST", "CHANGELOG_MODE",
					    "JSON_EXECUTION_PLAN", "PLAN_ADVICE", "COLUMN_LINEAGE"};
	const char *separator = " ";
	wr_text_puts(out, "EXPLAIN");
	for (size_t i = 0; i < WR_COUNT(names); i++) {
		if ((stmt->explain.details & 1u << i) == 0)
			continue;
		wr_text_printf(out, "%s%s", separator, names[i]);
		separator = ", ";
	}
	wr_text_putc(out, ' ');
	if (stmt->explain.stmt->kind == WR_AST_STATEMENT_SET)
		put_statement_set(stmt->explain.stmt, out);
	else
		wr_unparse_stmt(stmt->explain.stmt, out);
}

static void put_job(const char *words, const struct wr_ast_job *job, struct wr_text *out)
{
	wr_text_puts(out, words);
	wr_unparse_string(wr_str_of(job->name), out);
	wr_text_puts(out, job->savepoint ? " WITH SAVEPOINT" : "");
	wr_text_puts(out, job->drain ? " WITH DRAIN" : "");
}

/* SHOW words FROM name LIKE pattern */
static void put_show(const struct wr_ast_show *show, struct wr_text *out)
{
	static const char *const words[] = {
	    [WR_AST_SHOW_TABLES] = "TABLES",
	    [WR_AST_SHOW_VIEWS] = "VIEWS",
	    [WR_AST_SHOW_FUNCTIONS] = "FUNCTIONS",
	    [WR_AST_SHOW_CREATE_TABLE] = "CREATE TABLE",
	    [WR_AST_SHOW_CREATE_VIEW] = "CREATE VIEW",
	    [WR_AST_SHOW_COLUMNS] = "COLUMNS",
	    [WR_AST_SHOW_CATALOGS] = "CATALOGS",
	    [WR_AST_SHOW_DATABASES] = "DATABASES",
	    [WR_AST_SHOW_CURRENT_CATALOG] = "CURRENT CATALOG",
	    [WR_AST_SHOW_CURRENT_DATABASE] = "CURRENT DATABASE",
	    [WR_AST_SHOW_MODULES] = "MODULES",
	    [WR_AST_SHOW_JOBS] = "JOBS",
	};
	bool create =
	    show->kind == WR_AST_SHOW_CREATE_TABLE || show->kind == WR_AST_SHOW_CREATE_VIEW;
	wr_text_printf(out, "SHOW %s%s%s", show->user_only ? "USER " : "",
		       show->full ? "FULL " : "", words[show->kind]);
	if (show->name.count > 0) {
		wr_text_puts(out, create ? " " : " FROM ");
		wr_unparse_name(&show->name, out);
	}
	if (show->like != NULL) {
		wr_text_puts(out, show->not_like ? " NOT" : "");
		put_text(show->ilike ? " ILIKE " : " LIKE ", show->like, out);
	}
}

static void put_create_function(const struct wr_ast_create_function *create, struct wr_text *out)
{
	wr_text_printf(out, "%s %s%sFUNCTION ", create->alter ? "ALTER" : "CREATE",
		       create->temporary ? "TEMPORARY " : "", create->system ? "SYSTEM " : "");
	if (create->if_exists)
		wr_text_puts(out, create->alter ? "IF EXISTS " : "IF NOT EXISTS ");
	wr_unparse_name(&create->name, out);
	put_text(" AS ", create->symbol, out);
	if (create->language != NULL)
		wr_text_printf(out, " LANGUAGE %s", create->language);
	for (uint32_t i = 0; i < create->file_count; i++)
		put_text(i == 0 ? " USING FILE " : ", FILE ", create->files[i], out);
}

/* WITH ('k' = 'v'), if there is one */
static void put_with_options(const struct wr_ast_options *options, struct wr_text *out)
{
	for (uint32_t i = 0; i < options->count; i++) {
		put_text(i == 0 ? " WITH (" : ", ", options->items[i].key, out);
		put_text(" = ", options->items[i].value, out);
	}
	wr_text_puts(out, options->count > 0 ? ")" : "");
}

/* LOAD MODULE m WITH ('k' = 'v'); CREATE CATALOG as well */
static void put_with(const char *words, const char *name, const struct wr_ast_options *options,
		     struct wr_text *out)
{
	wr_text_puts(out, words);
	wr_unparse_ident(name, out);
	put_with_options(options, out);
}

/* CREATE DATABASE d COMMENT 'c' WITH ('k' = 'v'), DROP DATABASE d CASCADE, ALTER DATABASE d SET
 * ('k' = 'v'), USE d */
static void put_database(const struct wr_ast_stmt *stmt, struct wr_text *out)
{
	bool create = stmt->kind == WR_AST_CREATE_DATABASE;

	wr_text_puts(out, wr_ast_stmt_name(stmt->kind));
	if (stmt->database.if_exists)
		wr_text_puts(out, create ? " IF NOT EXISTS" : " IF EXISTS");
	wr_text_putc(out, ' ');
	wr_unparse_name(&stmt->database.name, out);
	put_text(" COMMENT ", stmt->database.comment, out);
	if (stmt->kind == WR_AST_ALTER_DATABASE) {
		wr_text_puts(out, " SET (");
		wr_unparse_options(&stmt->database.options, ", ", out);
		wr_text_putc(out, ')');
		return;
	}
	put_with_options(&stmt->database.options, out);
	wr_text_puts(out, stmt->database.cascade ? " CASCADE" : "");
}

void wr_unparse_stmt(const struct wr_ast_stmt *stmt, struct wr_text *out)
{
	switch (stmt->kind) {
	case WR_AST_CREATE_MATERIALIZED:
	case WR_AST_CREATE_TABLE: wr_unparse_create_table(&stmt->create_table, NULL, out); break;
	case WR_AST_CREATE_VIEW: wr_unparse_create_view(&stmt->create_view, NULL, out); break;
	case WR_AST_DROP_TABLE: put_drop("TABLE", &stmt->drop, out); break;
	case WR_AST_DROP_VIEW: put_drop("VIEW", &stmt->drop, out); break;
	case WR_AST_DROP_MATERIALIZED: put_drop("MATERIALIZED TABLE", &stmt->drop, out); break;
	case WR_AST_ALTER_TABLE: wr_unparse_alter_table(stmt->alter_table, out); break;
	case WR_AST_ALTER_VIEW: wr_unparse_alter_view(&stmt->alter_view, out); break;
	case WR_AST_ALTER_MATERIALIZED: put_alter_materialized(stmt, out); break;
	case WR_AST_DROP_FUNCTION:
		put_drop(stmt->drop.system ? "SYSTEM FUNCTION" : "FUNCTION", &stmt->drop, out);
		break;
	case WR_AST_CREATE_FUNCTION: put_create_function(&stmt->create_function, out); break;
	case WR_AST_LOAD_MODULE:
		put_with("LOAD MODULE ", stmt->module.name.text, &stmt->module.options, out);
		break;
	case WR_AST_CREATE_CATALOG:
		put_with(stmt->catalog.if_exists ? "CREATE CATALOG IF NOT EXISTS "
						 : "CREATE CATALOG ",
			 stmt->catalog.name.text, &stmt->catalog.options, out);
		break;
	case WR_AST_DROP_CATALOG:
		wr_text_puts(out,
			     stmt->catalog.if_exists ? "DROP CATALOG IF EXISTS " : "DROP CATALOG ");
		wr_unparse_ident(stmt->catalog.name.text, out);
		break;
	case WR_AST_USE_CATALOG:
		wr_text_puts(out, "USE CATALOG ");
		wr_unparse_ident(stmt->catalog.name.text, out);
		break;
	case WR_AST_CREATE_DATABASE:
	case WR_AST_DROP_DATABASE:
	case WR_AST_ALTER_DATABASE:
	case WR_AST_USE_DATABASE: put_database(stmt, out); break;
	case WR_AST_UNLOAD_MODULE:
		wr_text_puts(out, "UNLOAD MODULE ");
		wr_unparse_ident(stmt->module.name.text, out);
		break;
	case WR_AST_INSERT: put_insert(&stmt->insert, out); break;
	case WR_AST_STATEMENT_SET:
		wr_text_puts(out, "EXECUTE ");
		put_statement_set(stmt, out);
		break;
	case WR_AST_SELECT: wr_unparse_query(stmt->query, out); break;
	case WR_AST_EXPLAIN: put_explain(stmt, out); break;
	case WR_AST_EXPLAIN_WHY: put_job("EXPLAIN WHY NO OUTPUT FOR JOB ", &stmt->job, out); break;
	case WR_AST_DESCRIBE_JOB: put_job("DESCRIBE JOB ", &stmt->job, out); break;
	case WR_AST_STOP_JOB: put_job("STOP JOB ", &stmt->job, out); break;
	case WR_AST_SHOW: put_show(&stmt->show, out); break;
	case WR_AST_DESCRIBE:
		wr_text_puts(out, "DESCRIBE ");
		wr_text_puts(out, stmt->describe.function ? "FUNCTION " : "");
		wr_text_puts(out, stmt->describe.extended ? "EXTENDED " : "");
		wr_unparse_name(&stmt->describe.name, out);
		break;
	case WR_AST_SET:
		wr_text_puts(out, "SET");
		put_text(" ", stmt->set.key, out);
		put_text(" = ", stmt->set.value, out);
		break;
	case WR_AST_RESET:
		wr_text_puts(out, "RESET");
		put_text(" ", stmt->set.key, out);
		break;
	}
}
