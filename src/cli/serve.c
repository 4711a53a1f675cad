/* SPDX-License-Identifier: Apache-2.0
 *
 * serve - weir serve: a server until a signal ends it.
 *
 * The first SIGINT or SIGTERM stops it: jobs make a last checkpoint. A second one ends the process
 * at once.
 */
#include "cli/serve.h"

#include <signal.h>
#include <stddef.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#include "base/mem.h"
#include "cli/command.h"
#include "engine/lineage_events.h"
#include "server/server.h"

/* The server that signals stop: a handler has no other way to find it. */
static struct wr_server *signal_server;
static volatile sig_atomic_t signalled;

static void on_signal(int number)
{
	if (signalled || signal_server == NULL)
		_exit(WR_EXIT_INTERRUPTED);
	signalled = 1;
	wr_server_stop(signal_server);
}

static void catch_signals(struct wr_server *server)
{
	struct sigaction action = {.sa_handler = on_signal};

	signal_server = server;
	sigemptyset(&action.sa_mask);
	sigaction(SIGINT, &action, NULL);
	sigaction(SIGTERM, &action, NULL);
	signal(SIGPIPE, SIG_IGN);
}

void wr_serve_help(FILE *file)
{
	fputs(
	    "weir serve [OPTIONS]: a server with jobs, a REST API and a web page\n"
	    "\n"
	    "  --config FILE    weir.yaml; without, the file of that name here, if there is one\n"
	    "  --data DIR       folder of the catalog and the checkpoints (server.data)\n"
	    "  --port N         of the REST API and the page (server.http.port); 0: any\n"
	    "  --set KEY=VALUE  an option of weir.yaml: see docs/OPTIONS.md, The server\n"
	    "  --print-config   shows a weir.yaml with every option and its default\n"
	    "\n"
	    "It listens on 127.0.0.1 and needs no login there. Ctrl-C stops it: jobs make a last\n"
	    "checkpoint, and go on from it with the next start.\n",
	    file);
}

/* Tells who has started the process how far it is, as systemd wants it: $NOTIFY_SOCKET is the path
 * of a socket, or with "@" in front an abstract name. Without it nobody wants to know. */
static void notify(const char *state)
{
	const char *path = getenv("NOTIFY_SOCKET");
	struct sockaddr_un address = {.sun_family = AF_UNIX};
	size_t len = path != NULL ? strlen(path) : 0;
	ssize_t sent;
	int fd;

	if (len == 0 || len >= sizeof address.sun_path)
		return;
	memcpy(address.sun_path, path, len);
	if (*path == '@')
		address.sun_path[0] = '\0';
	fd = socket(AF_UNIX, SOCK_DGRAM | SOCK_CLOEXEC, 0);
	if (fd < 0)
		return;
	sent = sendto(fd, state, strlen(state), MSG_NOSIGNAL, (struct sockaddr *)&address,
		      (socklen_t)(offsetof(struct sockaddr_un, sun_path) + len));
	(void)sent; /* it does not listen: nothing depends on it */
	close(fd);
}

static void print_sample(void)
{
	struct wr_text text;

	wr_text_init(&text);
	wr_config_sample(&text);
	fputs(wr_text_str(&text), stdout);
	wr_text_release(&text);
}

/* "KEY=VALUE" of --set. */
static wr_status *set_pair(struct wr_config *config, const char *pair)
{
	const char *equals = strchr(pair, '=');
	wr_status *status;
	char *key;

	if (equals == NULL)
		return wr_status_new(WR_USER_ERROR, "--set takes KEY=VALUE, not '%s'", pair);
	key = wr_strndup(pair, (size_t)(equals - pair));
	status = wr_config_set(config, key, equals + 1);
	wr_free(key);
	return status;
}

/* The value of option argv[*i]; the next argument. */
static wr_status *value_of(char **argv, int *i, const char **value)
{
	*value = argv[*i + 1];
	if (*value == NULL)
		return wr_status_hint(wr_status_new(WR_USER_ERROR, "%s needs a value", argv[*i]),
				      "See weir serve --help");
	++*i;
	return NULL;
}

static wr_status *set_config(void *config, const char *key, const char *value)
{
	return wr_config_set(config, key, value);
}

/* The command line wins over the file, so it is read after it. */
static wr_status *read_config(struct wr_config *config, char **argv)
{
	static const char *const keys[][2] = {{"--data", "server.data"},
					      {"--port", "server.http.port"}};
	struct wr_env *env = wr_env_system();
	const char *file = NULL, *value;

	for (int i = 1; argv[i] != NULL; i++)
		if (strcmp(argv[i], "--config") == 0)
			WR_TRY(value_of(argv, &i, &file));
	WR_TRY(wr_lineage_environment(config, set_config));
	if (file != NULL || access("weir.yaml", F_OK) == 0)
		WR_TRY(wr_config_read(config, env, file != NULL ? file : "weir.yaml"));
	for (int i = 1; argv[i] != NULL; i++) {
		const char *key = NULL, *option = argv[i];

		for (uint32_t k = 0; k < WR_COUNT(keys); k++)
			if (strcmp(option, keys[k][0]) == 0)
				key = keys[k][1];
		if (key == NULL && strcmp(option, "--config") != 0 && strcmp(option, "--set") != 0)
			return wr_status_hint(wr_status_new(WR_USER_ERROR,
							    "There is no option '%s' of weir serve",
							    option),
					      "See weir serve --help");
		WR_TRY(value_of(argv, &i, &value));
		if (key != NULL)
			WR_TRY(wr_config_set(config, key, value));
		else if (strcmp(option, "--set") == 0)
			WR_TRY(set_pair(config, value));
	}
	return wr_config_finish(config, env);
}

static void greet(const struct wr_server *server)
{
	const char *address = wr_options_str(&server->config->options, "server.http.address");
	bool v6 = strchr(address, ':') != NULL;
	char line[256];

	snprintf(line, sizeof line, "%s://%s%s%s:%u",
		 wr_http_secure(server->http) ? "https" : "http", v6 ? "[" : "", address,
		 v6 ? "]" : "", wr_http_port(server->http));
	wr_log_say(server->telemetry.log, WR_LOG_INFO, NULL, line);
	if (server->gateway_http != NULL) {
		snprintf(line, sizeof line, "sql-client.sh gateway -e %s://%s:%u",
			 wr_http_secure(server->gateway_http) ? "https" : "http",
			 wr_options_str(&server->config->options, "server.gateway.address"),
			 wr_http_port(server->gateway_http));
		wr_log_say(server->telemetry.log, WR_LOG_INFO, NULL, line);
	}
	if (server->pg == NULL)
		return;
	snprintf(line, sizeof line, "postgresql://%s:%u",
		 wr_options_str(&server->config->options, "server.pg.address"),
		 wr_pgs_port(server->pg));
	wr_log_say(server->telemetry.log, WR_LOG_INFO, NULL, line);
}

const struct wr_option *wr_serve_options(uint32_t *count)
{
	*count = wr_config_count;
	return wr_config_table;
}

int wr_serve_main(int argc, char **argv)
{
	struct wr_server *server = NULL;
	struct wr_config config;
	wr_status *status;

	for (int i = 1; i < argc; i++) {
		if (strcmp(argv[i], "--help") == 0 || strcmp(argv[i], "-h") == 0) {
			wr_serve_help(stdout);
			return WR_EXIT_DONE;
		}
		if (strcmp(argv[i], "--print-config") == 0) {
			print_sample();
			return WR_EXIT_DONE;
		}
	}
	wr_config_init(&config);
	status = read_config(&config, argv);
	if (status == NULL)
		status = wr_server_open(&config, &server);
	if (status == NULL) {
		catch_signals(server);
		greet(server);
		notify("READY=1");
		wr_server_run(server);
		notify("STOPPING=1");
		wr_log_say(server->telemetry.log, WR_LOG_INFO, NULL, "stopping");
		wr_server_close(server);
		signal_server = NULL;
	} else {
		fprintf(stderr, "weir: %s\n", status->text);
		if (status->hint != NULL)
			fprintf(stderr, "  %s\n", status->hint);
		wr_status_free(status);
		wr_config_release(&config);
		return WR_EXIT_SCRIPT;
	}
	wr_config_release(&config);
	return WR_EXIT_DONE;
}
