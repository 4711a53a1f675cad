/* SPDX-License-Identifier: Apache-2.0
 *
 * client_reader - the catalog as it is, for those who show it: a session of the server's own that
 * has no temporary objects.
 */
#include "base/mem.h"
#include "engine/prepared.h"
#include "server/catalog_session.h"
#include "server/client_inner.h"
#include "server/server.h"

/* Made when it is first asked for. */
static wr_status *open_reader(struct wr_clients *clients, struct wr_client **out)
{
	static const struct wr_principal nobody = {"", WR_ROLE_VIEWER};
	wr_status *status = NULL;

	pthread_mutex_lock(&clients->lock);
	if (clients->reader == NULL) {
		clients->reader = wr_client_new(clients, &nobody, NULL);
		status =
		    wr_catalog_session_settings(clients->server, clients->reader->session->session);
	}
	*out = clients->reader;
	pthread_mutex_unlock(&clients->lock);
	return status;
}

wr_status *wr_client_read(struct wr_client *client,
			  wr_status *(*read)(void *own, struct wr_session *session), void *own)
{
	wr_status *status;

	pthread_mutex_lock(&client->statement);
	wr_arena_reset(&client->arena);
	status = wr_client_look(client);
	if (status == NULL)
		status = read(own, client->session->session);
	pthread_mutex_unlock(&client->statement);
	return status;
}

wr_status *wr_clients_read(struct wr_clients *clients,
			   wr_status *(*read)(void *own, struct wr_session *session), void *own)
{
	struct wr_client *reader;

	WR_TRY(open_reader(clients, &reader));
	return wr_client_read(reader, read, own);
}
