/* SPDX-License-Identifier: Apache-2.0
 *
 * client - sessions of users: opened, found, left idle, closed.
 *
 * A session is counted: by the table of open ones and by everybody who uses it. It is closed by its
 * user, by the server, or by a thread that looks for those that nobody has used for long; it is
 * freed when the last one who uses it has let go.
 */
#include "server/client.h"

#include <stdio.h>
#include <stdlib.h>

#include "base/mem.h"
#include "base/thread.h"
#include "base/wait.h"
#include "engine/settings.h"
#include "server/catalog_session.h"
#include "server/client_inner.h"
#include "server/server.h"

#define SETTINGS_MAX 1000 /* that mean nothing to the engine, of a session */

/* --- all of them --------------------------------------------------------------------------------
 */

/* One that nobody uses and that has not been used since `before_us`; a reference, the table has
 * none any more. NULL: there is none. */
static struct wr_client *take_idle(struct wr_clients *clients, int64_t before_us)
{
	for (uint32_t i = 0; i < clients->by_id.count; i++) {
		struct wr_client *client = clients->by_id.entry[i].value;

		if (atomic_load(&client->refs) == 1 && atomic_load(&client->used_us) < before_us)
			return wr_map_remove(&clients->by_id, client->id);
	}
	return NULL;
}

static void end(struct wr_client *client)
{
	pthread_mutex_lock(&client->lock);
	client->closed = true;
	pthread_mutex_unlock(&client->lock);
	wr_client_cancel(client);
}

static void *close_idle(void *own)
{
	struct wr_clients *clients = own;
	struct wr_env *env = clients->server->env;
	int64_t pause_us = WR_MIN(clients->idle_us / 4 + 1000, INT64_C(10000000));

	pthread_mutex_lock(&clients->lock);
	while (!clients->stopping) {
		struct wr_client *client = take_idle(clients, wr_mono_us(env) - clients->idle_us);

		if (client == NULL) {
			wr_cond_wait_us(&clients->stop, &clients->lock, pause_us);
			continue;
		}
		pthread_mutex_unlock(&clients->lock);
		end(client);
		wr_client_unref(client);
		pthread_mutex_lock(&clients->lock);
	}
	pthread_mutex_unlock(&clients->lock);
	return NULL;
}

/* Told when the server starts: what of its catalog no session will have. */
static void tell_miss(void *own, const struct wr_meta_object *object, const wr_status *why)
{
	struct wr_text line;

	wr_text_init(&line);
	wr_text_printf(&line, "%s '%s' of the catalog cannot be made: %s", object->kind,
		       object->name, why->text);
	wr_log_say(own, WR_LOG_ERROR, NULL, wr_text_str(&line));
	wr_text_release(&line);
}

static wr_status *check_catalog(struct wr_clients *clients)
{
	const struct wr_catalog_miss miss = {tell_miss, clients->server->telemetry.log};
	struct weir_session *session = weir_session_new();
	wr_status *status;

	session->session->embedded = false;
	wr_session_views(session->session, clients->server->views, WR_MATERIALIZE_DECLARE);
	status = wr_catalog_session_settings(clients->server, session->session);
	if (status == NULL)
		status = wr_catalog_session_load(clients->server->store, session->session, 0, &miss,
						 NULL, NULL);
	weir_session_free(session);
	return status;
}

wr_status *wr_clients_open(struct wr_server *server, struct wr_clients **out)
{
	const struct wr_options *options = &server->config->options;
	struct wr_clients *clients = wr_calloc(1, sizeof *clients);
	wr_status *status;

	clients->server = server;
	clients->count_max = (uint32_t)wr_options_i64(options, "server.sessions.max");
	clients->idle_us =
	    WR_MIN(wr_options_i64(options, "server.sessions.idle-timeout"), INT64_MAX / 4000) *
	    1000;
	pthread_mutex_init(&clients->catalog, NULL);
	pthread_mutex_init(&clients->lock, NULL);
	wr_cond_init(&clients->stop);
	status = check_catalog(clients);
	if (status == NULL) {
		clients->started =
		    wr_thread_start(&clients->thread, "weir-sessions", close_idle, clients);
		if (!clients->started)
			status = wr_status_new(WR_FATAL, "Cannot start a thread for the sessions");
	}
	if (status == NULL)
		*out = clients;
	else
		wr_clients_close(clients);
	return status;
}

void wr_clients_close(struct wr_clients *clients)
{
	if (clients == NULL)
		return;
	pthread_mutex_lock(&clients->lock);
	clients->stopping = true;
	pthread_cond_broadcast(&clients->stop);
	pthread_mutex_unlock(&clients->lock);
	if (clients->started)
		pthread_join(clients->thread, NULL);
	while (clients->by_id.count > 0) {
		struct wr_client *client = clients->by_id.entry[0].value;

		wr_map_remove(&clients->by_id, client->id);
		end(client);
		wr_client_unref(client);
	}
	wr_client_unref(clients->reader);
	wr_map_release(&clients->by_id);
	pthread_cond_destroy(&clients->stop);
	pthread_mutex_destroy(&clients->lock);
	pthread_mutex_destroy(&clients->catalog);
	wr_free(clients);
}

void wr_clients_list(struct wr_clients *clients, const struct wr_principal *who,
		     struct wr_text *out)
{
	int64_t now_us = wr_mono_us(clients->server->env);
	bool first = true;

	wr_text_putc(out, '[');
	pthread_mutex_lock(&clients->lock);
	for (uint32_t i = 0; i < clients->by_id.count; i++) {
		const struct wr_client *client = clients->by_id.entry[i].value;

		if (who->role != WR_ROLE_ADMIN && strcmp(who->name, client->who.name) != 0)
			continue;
		wr_text_printf(out, "%s{\"session\":\"%s\",\"name\":", first ? "" : ",",
			       client->id);
		first = false;
		wr_text_json(out, client->name);
		wr_text_puts(out, ",\"user\":");
		wr_text_json(out, client->who.name);
		wr_text_printf(out, ",\"opened_ms\":%lld,\"idle_ms\":%lld}",
			       (long long)client->opened_ms,
			       (long long)(now_us - atomic_load(&client->used_us)) / 1000);
	}
	pthread_mutex_unlock(&clients->lock);
	wr_text_putc(out, ']');
}

/* --- one ----------------------------------------------------------------------------------------
 */

void wr_client_make_id(struct wr_env *env, char id[WR_CLIENT_ID_LEN + 1])
{
	uint8_t b[16];

	env->ops->random(env, b, sizeof b);
	b[6] = (uint8_t)((b[6] & 0x0f) | 0x40);
	b[8] = (uint8_t)((b[8] & 0x3f) | 0x80);
	snprintf(id, WR_CLIENT_ID_LEN + 1,
		 "%02x%02x%02x%02x-%02x%02x-%02x%02x-%02x%02x-%02x%02x%02x%02x%02x%02x", b[0], b[1],
		 b[2], b[3], b[4], b[5], b[6], b[7], b[8], b[9], b[10], b[11], b[12], b[13], b[14],
		 b[15]);
}

static void client_free(struct wr_client *client)
{
	WR_ASSERT(client->result == NULL);
	weir_session_free(client->session);
	wr_client_catalog_release(client);
	for (uint32_t i = 0; i < client->accepted.count; i++)
		wr_free(client->accepted.entry[i].value);
	wr_map_release(&client->accepted);
	wr_arena_release(&client->arena);
	wr_free((char *)client->who.name);
	wr_free(client->name);
	pthread_mutex_destroy(&client->lock);
	pthread_mutex_destroy(&client->statement);
	wr_free(client);
}

struct wr_client *wr_client_new(struct wr_clients *clients, const struct wr_principal *who,
				const char *name)
{
	struct wr_client *client = wr_calloc(1, sizeof *client);
	struct wr_env *env = clients->server->env;

	client->clients = clients;
	atomic_init(&client->refs, 1);
	wr_client_make_id(env, client->id);
	client->name = wr_strdup(name != NULL ? name : "");
	client->who = (struct wr_principal){wr_strdup(who->name), who->role};
	client->opened_ms = wr_wall_us(env) / 1000;
	atomic_init(&client->used_us, wr_mono_us(env));
	pthread_mutex_init(&client->statement, NULL);
	pthread_mutex_init(&client->lock, NULL);
	wr_arena_init(&client->arena);
	client->session = weir_session_new();
	client->session->session->embedded = false;
	wr_session_views(client->session->session, clients->server->views, WR_MATERIALIZE_DECLARE);
	return client;
}

/* Into the table, unless that is full. */
static wr_status *enter(struct wr_clients *clients, struct wr_client *client)
{
	wr_status *status = NULL;

	pthread_mutex_lock(&clients->lock);
	if (clients->stopping) {
		status = wr_server_stopping();
	} else if (clients->by_id.count >= clients->count_max) {
		status = wr_status_hint(
		    wr_status_new(WR_RETRY, "There are %u sessions already", clients->count_max),
		    "Close some, or raise server.sessions.max");
	} else {
		wr_map_put(&clients->by_id, client->id, client);
		atomic_fetch_add(&client->refs, 1);
	}
	pthread_mutex_unlock(&clients->lock);
	return status;
}

wr_status *wr_client_open(struct wr_clients *clients, const struct wr_principal *who,
			  const char *name, const char *const *key, const char *const *value,
			  uint32_t setting_count, struct wr_client **out)
{
	struct wr_client *client = wr_client_new(clients, who, name);
	wr_status *status = wr_catalog_session_settings(clients->server, client->session->session);

	for (uint32_t i = 0; i < setting_count && status == NULL; i++)
		status = wr_client_set(client, key[i], value[i]);
	if (status == NULL)
		status = enter(clients, client);
	if (status == NULL)
		*out = client;
	else
		client_free(client);
	return status;
}

struct wr_client *wr_client_find(struct wr_clients *clients, const struct wr_principal *who,
				 const char *id)
{
	struct wr_client *client;

	pthread_mutex_lock(&clients->lock);
	client = wr_map_get(&clients->by_id, id);
	if (client != NULL && who->role != WR_ROLE_ADMIN &&
	    strcmp(who->name, client->who.name) != 0)
		client = NULL;
	if (client != NULL)
		atomic_fetch_add(&client->refs, 1);
	pthread_mutex_unlock(&clients->lock);
	return client;
}

const char *wr_client_id(const struct wr_client *client)
{
	return client->id;
}

const struct wr_principal *wr_client_who(const struct wr_client *client)
{
	return &client->who;
}

const char *wr_client_name(const struct wr_client *client)
{
	return client->name;
}

void wr_client_unref(struct wr_client *client)
{
	if (client == NULL)
		return;
	atomic_store(&client->used_us, wr_mono_us(client->clients->server->env));
	if (atomic_fetch_sub(&client->refs, 1) == 1)
		client_free(client);
}

struct wr_client *wr_client_ref(struct wr_client *client)
{
	atomic_fetch_add(&client->refs, 1);
	return client;
}

/* Out of the table, whose reference goes; the caller has one. */
static void leave(struct wr_client *client)
{
	struct wr_clients *clients = client->clients;
	bool open;

	pthread_mutex_lock(&clients->lock);
	open = wr_map_remove(&clients->by_id, client->id) != NULL;
	pthread_mutex_unlock(&clients->lock);
	end(client);
	if (open)
		wr_client_unref(client);
}

void wr_client_close(struct wr_client *client)
{
	leave(client);
	wr_client_unref(client);
}

void wr_client_close_after(struct wr_client *client)
{
	bool now;

	pthread_mutex_lock(&client->lock);
	client->closes = true;
	now = client->result == NULL;
	pthread_mutex_unlock(&client->lock);
	if (now)
		leave(client);
}

void wr_client_cancel(struct wr_client *client)
{
	pthread_mutex_lock(&client->lock);
	client->cancelled = true;
	if (client->executing)
		weir_cancel(client->session);
	for (struct wr_client_result *result = client->result; result != NULL;
	     result = result->next)
		wr_cursor_cancel(result->cursor);
	pthread_mutex_unlock(&client->lock);
}

void wr_client_done(struct wr_client *client, struct weir_cursor *cursor)
{
	struct wr_client_result **at, *result;
	bool last;

	if (cursor == NULL)
		return;
	pthread_mutex_lock(&client->lock);
	for (at = &client->result; *at != NULL && (*at)->cursor != cursor;)
		at = &(*at)->next;
	result = *at;
	if (result != NULL)
		*at = result->next;
	last = client->closes && client->result == NULL;
	pthread_mutex_unlock(&client->lock);
	WR_ASSERT(result != NULL);
	wr_free(result);
	weir_cursor_free(cursor);
	if (last)
		leave(client);
}

/* --- options ------------------------------------------------------------------------------------
 */

/* Viewers do not choose files, code, or what tests do. */
static bool may_set(enum wr_role role, const char *key)
{
	static const char *const files[] = {"weir.plugins",
					    "weir.control.",
					    "weir.state.",
					    "weir.test.",
					    "weir.memory.",
					    "weir.late-rows.table",
					    "execution.checkpointing.",
					    "execution.state-recovery.",
					    "error-handling.",
					    "state."};

	if (role == WR_ROLE_ADMIN)
		return true;
	if (role == WR_ROLE_OPERATOR)
		return strcmp(key, files[0]) != 0;
	for (size_t i = 0; i < WR_COUNT(files); i++)
		if (strncmp(key, files[i], strlen(files[i])) == 0)
			return false;
	return true;
}

wr_status *wr_client_may_set(const struct wr_client *client, const char *key)
{
	if (may_set(client->who.role, key))
		return NULL;
	return wr_status_hint(
	    wr_status_because(wr_status_new(WR_USER_ERROR, "'%s' is not for the role '%s' to set",
					    key, wr_role_name(client->who.role)),
			      WR_NOT_ALLOWED),
	    "Log in as somebody who may");
}

wr_status *wr_client_set(struct wr_client *client, const char *key, const char *value)
{
	WR_TRY(wr_client_may_set(client, key));
	WR_TRY(wr_session_set(client->session->session, key, value));
	if (wr_option_find(wr_settings, wr_settings_count, key) != NULL)
		return NULL;
	if (client->accepted.count >= SETTINGS_MAX && wr_map_get(&client->accepted, key) == NULL)
		return wr_status_new(WR_USER_ERROR, "The session has %d such options already",
				     SETTINGS_MAX);
	wr_free(wr_map_put(&client->accepted, key, wr_strdup(value)));
	return NULL;
}

const char *wr_client_get(struct wr_client *client, const char *key)
{
	if (wr_option_find(wr_settings, wr_settings_count, key) != NULL)
		return wr_options_str(&client->session->session->settings, key);
	return wr_map_get(&client->accepted, key);
}

struct pair {
	const char *key, *value; /* of an option; borrowed */
};

static int by_key(const void *a, const void *b)
{
	return strcmp(((const struct pair *)a)->key, ((const struct pair *)b)->key);
}

void wr_settings_json_add(void *own, const char *key, const char *value)
{
	struct wr_settings_json *json = own;

	if (json->more)
		wr_text_putc(json->out, ',');
	json->more = true;
	wr_text_json(json->out, key);
	wr_text_putc(json->out, ':');
	wr_text_json(json->out, value);
}

void wr_client_settings(struct wr_client *client,
			void (*each)(void *own, const char *key, const char *value), void *own)
{
	const struct wr_options *settings = &client->session->session->settings;
	struct pair *pair = wr_calloc(wr_settings_count + client->accepted.count, sizeof *pair);
	size_t count = 0;

	for (uint32_t i = 0; i < wr_settings_count; i++)
		if (settings->value[i].is_set)
			pair[count++] = (struct pair){wr_settings[i].name, settings->value[i].text};
	for (uint32_t i = 0; i < client->accepted.count; i++)
		pair[count++] =
		    (struct pair){client->accepted.entry[i].key, client->accepted.entry[i].value};
	qsort(pair, count, sizeof *pair, by_key);
	for (size_t i = 0; i < count; i++)
		each(own, pair[i].key, pair[i].value);
	wr_free(pair);
}
