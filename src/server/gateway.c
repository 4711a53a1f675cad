/* SPDX-License-Identifier: Apache-2.0
 *
 * gateway - see gateway.h: what is open.
 */
#include "base/mem.h"
#include "base/wait.h"
#include "server/gateway_inner.h"
#include "server/server.h"

/* --- sessions -----------------------------------------------------------------------------------
 */

void wr_gateway_session_unref(struct wr_gateway_session *session)
{
	if (--session->refs > 0)
		return;
	for (uint32_t i = 0; i < session->properties.count; i++)
		wr_free(session->properties.entry[i].value);
	wr_map_release(&session->properties);
	wr_free(session);
}

/* One whose client has gone; NULL: there is none. Under lock. */
static struct wr_gateway_session *take_stale(struct wr_gateway *gateway)
{
	static const struct wr_principal any = {"", WR_ROLE_ADMIN};

	for (uint32_t i = 0; i < gateway->sessions.count; i++) {
		struct wr_gateway_session *session = gateway->sessions.entry[i].value;
		struct wr_client *client =
		    wr_client_find(gateway->server->clients, &any, session->id);

		if (client == NULL)
			return session;
		wr_client_unref(client);
	}
	return NULL;
}

/* Takes it out of the table with its operations, which end. */
static void drop(struct wr_gateway *gateway, struct wr_gateway_session *session)
{
	struct wr_operation *first;

	pthread_mutex_lock(&gateway->lock);
	if (session == NULL || wr_map_get(&gateway->sessions, session->id) != session) {
		pthread_mutex_unlock(&gateway->lock);
		return;
	}
	wr_map_remove(&gateway->sessions, session->id);
	first = session->first;
	session->first = NULL;
	session->count = 0;
	pthread_mutex_unlock(&gateway->lock);
	while (first != NULL) {
		struct wr_operation *operation = first;

		first = operation->next;
		wr_operation_cancel(operation);
		wr_operation_unref(operation);
	}
	pthread_mutex_lock(&gateway->lock);
	wr_gateway_session_unref(session);
	pthread_mutex_unlock(&gateway->lock);
}

struct wr_gateway_session *wr_gateway_session(struct wr_gateway *gateway, const char *id)
{
	struct wr_gateway_session *session, *stale = NULL;

	pthread_mutex_lock(&gateway->lock);
	session = wr_map_get(&gateway->sessions, id);
	if (session == NULL) {
		stale = take_stale(gateway); /* as many go as come */
		session = wr_calloc(1, sizeof *session);
		memcpy(session->id, id, strlen(id) + 1);
		session->refs = 1;
		wr_map_init(&session->properties);
		wr_map_put(&gateway->sessions, session->id, session);
	}
	session->refs++;
	pthread_mutex_unlock(&gateway->lock);
	drop(gateway, stale);
	return session;
}

void wr_gateway_session_drop(struct wr_gateway *gateway, const char *id)
{
	struct wr_gateway_session *session;

	pthread_mutex_lock(&gateway->lock);
	session = wr_map_get(&gateway->sessions, id);
	pthread_mutex_unlock(&gateway->lock);
	drop(gateway, session);
}

/* --- all ----------------------------------------------------------------------------------------
 */

wr_status *wr_gateway_open(struct wr_server *server, struct wr_gateway **out)
{
	struct wr_gateway *gateway = wr_calloc(1, sizeof *gateway);

	gateway->server = server;
	pthread_mutex_init(&gateway->lock, NULL);
	wr_cond_init(&gateway->changed);
	wr_map_init(&gateway->sessions);
	*out = gateway;
	return NULL;
}

void wr_gateway_close(struct wr_gateway *gateway)
{
	if (gateway == NULL)
		return;
	pthread_mutex_lock(&gateway->lock);
	gateway->stopping = true;
	pthread_cond_broadcast(&gateway->changed);
	pthread_mutex_unlock(&gateway->lock);
	while (gateway->sessions.count > 0)
		drop(gateway, gateway->sessions.entry[0].value);
	pthread_mutex_lock(&gateway->lock);
	while (gateway->executing > 0)
		pthread_cond_wait(&gateway->changed, &gateway->lock);
	pthread_mutex_unlock(&gateway->lock);
	wr_map_release(&gateway->sessions);
	pthread_cond_destroy(&gateway->changed);
	pthread_mutex_destroy(&gateway->lock);
	wr_free(gateway);
}
