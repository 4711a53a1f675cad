/* SPDX-License-Identifier: Apache-2.0
 *
 * pg_catalog_tables - the tables of pg_catalog and information_schema.
 *
 * Declared types say what the columns are for clients; SQLite itself takes from them only whether
 * values are compared as numbers or as text. Tables that are always empty here have the columns
 * that clients ask for. Those of information_schema are in a database of that name.
 */
#include <strings.h>

#include "server/pg_catalog_inner.h"

const char *const wr_pgs_catalog_tables[] = {
    "pg_namespace(oid oid, nspname text_name, nspowner oid, nspacl text)",
    "pg_class(oid oid, relname text_name, relnamespace oid, reltype oid, reloftype oid, "
    "relowner oid, relam oid, relfilenode oid, reltablespace oid, relpages int4, reltuples float4, "
    "relallvisible int4, reltoastrelid oid, relhasindex bool, relisshared bool, "
    "relpersistence char, relkind char, relnatts int2, relchecks int2, relhasrules bool, "
    "relhastriggers bool, relhassubclass bool, relrowsecurity bool, relforcerowsecurity bool, "
    "relispopulated bool, relreplident char, relispartition bool, relrewrite oid, "
    "relhasoids bool, relacl text, reloptions text, relpartbound text)",
    "pg_attribute(attrelid oid, attname text_name, atttypid oid, attstattarget int4, attlen int2, "
    "attnum int2, attndims int4, attcacheoff int4, atttypmod int4, attbyval bool, attalign char, "
    "attstorage char, attcompression char, attnotnull bool, atthasdef bool, atthasmissing bool, "
    "attidentity char, attgenerated char, attisdropped bool, attislocal bool, attinhcount int4, "
    "attcollation oid, attacl text, attoptions text, attfdwoptions text, attmissingval text)",
    "pg_type(oid oid, typname text_name, typnamespace oid, typowner oid, typlen int2, "
    "typbyval bool, typtype char, typcategory char, typispreferred bool, typisdefined bool, "
    "typdelim char, typrelid oid, typsubscript text, typelem oid, typarray oid, typinput text, "
    "typoutput text, typreceive text, typsend text, typnotnull bool, typbasetype oid, "
    "typtypmod int4, typndims int4, typcollation oid, typdefault text)",
    "pg_attrdef(oid oid, adrelid oid, adnum int2, adbin text)",
    "pg_index(indexrelid oid, indrelid oid, indnatts int2, indnkeyatts int2, indisunique bool, "
    "indisprimary bool, indisexclusion bool, indimmediate bool, indisclustered bool, "
    "indisvalid bool, indcheckxmin bool, indisready bool, indislive bool, indisreplident bool, "
    "indkey text, indcollation text, indclass text, indoption text, indexprs text, indpred text, "
    "indnullsnotdistinct bool)",
    "pg_constraint(oid oid, conname text_name, connamespace oid, contype char, condeferrable bool, "
    "condeferred bool, convalidated bool, conrelid oid, contypid oid, conindid oid, "
    "conparentid oid, confrelid oid, confupdtype char, confdeltype char, confmatchtype char, "
    "conislocal bool, coninhcount int4, connoinherit bool, conkey int2_array, confkey int2_array, "
    "conbin text)",
    "pg_description(objoid oid, classoid oid, objsubid int4, description text)",
    "pg_shdescription(objoid oid, classoid oid, description text)",
    "pg_database(oid oid, datname text_name, datdba oid, encoding int4, datlocprovider char, "
    "datistemplate bool, datallowconn bool, datconnlimit int4, dattablespace oid, datcollate text, "
    "datctype text, daticulocale text, datacl text)",
    "pg_roles(oid oid, rolname text_name, rolsuper bool, rolinherit bool, rolcreaterole bool, "
    "rolcreatedb bool, rolcanlogin bool, rolreplication bool, rolconnlimit int4, "
    "rolpassword text, rolvaliduntil text, rolbypassrls bool, rolconfig text)",
    "pg_user(usename text_name, usesysid oid, usecreatedb bool, usesuper bool, userepl bool, "
    "usebypassrls bool, passwd text, valuntil text, useconfig text)",
    "pg_auth_members(roleid oid, member oid, grantor oid, admin_option bool)",
    "pg_proc(oid oid, proname text_name, pronamespace oid, proowner oid, prolang oid, "
    "prokind char, proisstrict bool, proretset bool, provolatile char, proparallel char, "
    "prosecdef bool, pronargs int2, prorettype oid, proargtypes text, proallargtypes text, "
    "proargmodes text, proargnames text, prosrc text, proacl text, prosignature text, "
    "proresult text)",
    "pg_am(oid oid, amname text_name, amhandler text, amtype char)",
    "pg_collation(oid oid, collname text_name, collnamespace oid, collowner oid, "
    "collprovider char, collisdeterministic bool, collencoding int4, collcollate text, "
    "collctype text, colliculocale text)",
    "pg_inherits(inhrelid oid, inhparent oid, inhseqno int4, inhdetachpending bool)",
    "pg_policy(oid oid, polname text_name, polrelid oid, polcmd char, polpermissive bool, "
    "polroles text, polqual text, polwithcheck text)",
    "pg_trigger(oid oid, tgrelid oid, tgparentid oid, tgname text_name, tgfoid oid, tgtype int2, "
    "tgenabled char, tgisinternal bool, tgconstraint oid, tgdeferrable bool)",
    "pg_rewrite(oid oid, rulename text_name, ev_class oid, ev_type char, ev_enabled char, "
    "is_instead bool)",
    "pg_statistic_ext(oid oid, stxrelid oid, stxname text_name, stxnamespace oid, stxowner oid, "
    "stxstattarget int4, stxkeys text, stxkind text)",
    "pg_publication(oid oid, pubname text_name, pubowner oid, puballtables bool, pubinsert bool, "
    "pubupdate bool, pubdelete bool, pubtruncate bool, pubviaroot bool)",
    "pg_publication_rel(oid oid, prpubid oid, prrelid oid, prqual text, prattrs text)",
    "pg_publication_namespace(oid oid, pnpubid oid, pnnspid oid)",
    "pg_extension(oid oid, extname text_name, extowner oid, extnamespace oid, "
    "extrelocatable bool, extversion text)",
    "pg_enum(oid oid, enumtypid oid, enumsortorder float4, enumlabel text_name)",
    "pg_range(rngtypid oid, rngsubtype oid, rngmultitypid oid)",
    "pg_settings(name text, setting text, unit text, category text, short_desc text, "
    "context text, vartype text, source text, min_val text, max_val text, enumvals text, "
    "boot_val text, reset_val text)",
    "pg_tables(schemaname text_name, tablename text_name, tableowner text_name, "
    "tablespace text_name, hasindexes bool, hasrules bool, hastriggers bool, rowsecurity bool)",
    "pg_views(schemaname text_name, viewname text_name, viewowner text_name, definition text)",
    "pg_matviews(schemaname text_name, matviewname text_name, matviewowner text_name, "
    "tablespace text_name, hasindexes bool, ispopulated bool, definition text)",
    "pg_indexes(schemaname text_name, tablename text_name, indexname text_name, "
    "tablespace text_name, indexdef text)",
    "pg_stat_activity(datid oid, datname text_name, pid int4, usename text_name, "
    "application_name text, client_addr text, state text, query text)",
    "pg_stat_user_tables(relid oid, schemaname text_name, relname text_name, n_live_tup int8)",
    "pg_tablespace(oid oid, spcname text_name, spcowner oid, spcacl text, spcoptions text)",
    "pg_cursors(name text, statement text, is_holdable bool, is_binary bool, is_scrollable bool, "
    "creation_time text)",
    "pg_foreign_table(ftrelid oid, ftserver oid, ftoptions text)",
    "pg_foreign_server(oid oid, srvname text_name, srvowner oid, srvfdw oid, "
    "srvtype text, srvversion text, srvacl text, srvoptions text)",
    "pg_foreign_data_wrapper(oid oid, fdwname text_name, fdwowner oid, fdwhandler oid, "
    "fdwvalidator oid, fdwacl text, fdwoptions text)",
    "pg_db_role_setting(setdatabase oid, setrole oid, setconfig text)",
    "pg_sequence(seqrelid oid, seqtypid oid, seqstart int8, seqincrement int8, seqmax int8, "
    "seqmin int8, seqcache int8, seqcycle bool)",
    "pg_language(oid oid, lanname text_name, lanowner oid, lanispl bool, lanpltrusted bool, "
    "lanplcallfoid oid, laninline oid, lanvalidator oid, lanacl text)",
    "pg_depend(classid oid, objid oid, objsubid int4, refclassid oid, refobjid oid, "
    "refobjsubid int4, deptype char)",
    "pg_partitioned_table(partrelid oid, partstrat char, partnatts int2, partattrs text)",
    "pg_available_extensions(name text_name, default_version text, installed_version text)",
    "pg_cast(oid oid, castsource oid, casttarget oid, castfunc oid, castcontext char, "
    "castmethod char)",
    "pg_opclass(oid oid, opcmethod oid, opcname text_name, opcnamespace oid, opcowner oid, "
    "opcfamily oid, opcintype oid, opcdefault bool, opckeytype oid)",
    "pg_operator(oid oid, oprname text_name, oprnamespace oid, oprowner oid, oprkind char, "
    "oprleft oid, oprright oid, oprresult oid, oprcode oid)",
    "pg_event_trigger(oid oid, evtname text_name, evtevent text_name, evtowner oid, "
    "evtfoid oid, evtenabled char, evttags text)",
    "pg_locks(locktype text, database oid, relation oid, pid int4, mode text, granted bool, "
    "transactionid oid)",
    "pg_timezone_names(name text, abbrev text, utc_offset text, is_dst bool)",
    "information_schema.schemata(catalog_name text, schema_name text, schema_owner text, "
    "default_character_set_name text, sql_path text)",
    "information_schema.tables(table_catalog text, table_schema text, table_name text, "
    "table_type text, self_referencing_column_name text, reference_generation text, "
    "is_insertable_into text, is_typed text, commit_action text)",
    "information_schema.columns(table_catalog text, table_schema text, table_name text, "
    "column_name text, ordinal_position int4, column_default text, is_nullable text, "
    "data_type text, character_maximum_length int4, character_octet_length int4, "
    "numeric_precision int4, numeric_precision_radix int4, numeric_scale int4, "
    "datetime_precision int4, interval_type text, character_set_name text, collation_name text, "
    "domain_name text, udt_catalog text, udt_schema text, udt_name text, is_identity text, "
    "identity_generation text, is_generated text, generation_expression text, is_updatable text)",
    "information_schema.views(table_catalog text, table_schema text, table_name text, "
    "view_definition text, check_option text, is_updatable text)",
    "information_schema.table_constraints(constraint_catalog text, constraint_schema text, "
    "constraint_name text, table_catalog text, table_schema text, table_name text, "
    "constraint_type text, is_deferrable text, initially_deferred text)",
    "information_schema.key_column_usage(constraint_catalog text, constraint_schema text, "
    "constraint_name text, table_catalog text, table_schema text, table_name text, "
    "column_name text, ordinal_position int4, position_in_unique_constraint int4)",
    "information_schema.constraint_column_usage(table_catalog text, table_schema text, "
    "table_name text, column_name text, constraint_schema text, constraint_name text)",
    "information_schema.referential_constraints(constraint_schema text, constraint_name text, "
    "unique_constraint_schema text, unique_constraint_name text)",
    "information_schema.routines(specific_schema text, specific_name text, routine_schema text, "
    "routine_name text, routine_type text, data_type text)",
    "information_schema.parameters(specific_schema text, specific_name text, parameter_name text)",
    "information_schema.sequences(sequence_schema text, sequence_name text)",
    "information_schema.triggers(trigger_schema text, trigger_name text, event_object_table text)",
    NULL,
};

bool wr_pgs_catalog_has_table(const char *name)
{
	size_t len = strlen(name);

	for (uint32_t i = 0; wr_pgs_catalog_tables[i] != NULL; i++)
		if (strncasecmp(wr_pgs_catalog_tables[i], name, len) == 0 &&
		    wr_pgs_catalog_tables[i][len] == '(')
			return true;
	return false;
}
