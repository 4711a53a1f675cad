/* SPDX-License-Identifier: Apache-2.0
 *
 * settings - options of what a process tells of itself: OTLP and the log. They stand in weir.yaml
 * and on the command line of weir run (--set); OpenTelemetry's environment variables count where
 * they do not.
 *
 * The variables are OpenTelemetry's own: an option's name in capitals with underscores
 * (otel.exporter.otlp.endpoint: OTEL_EXPORTER_OTLP_ENDPOINT). Numbers in them that are times are
 * milliseconds, as the options' are.
 */
#ifndef WR_TELEMETRY_SETTINGS_H
#define WR_TELEMETRY_SETTINGS_H

#include "base/option.h"

extern const char *const wr_otlp_protocols[],
    *const wr_otlp_exporters[], *const wr_otlp_compressions[], *const wr_log_levels[],
								   *const wr_log_formats[];

/* Rows of the tables that have these options: weir.yaml's, and that of weir run. */
/* clang-format off */
#define WR_TELEMETRY_OPTION_ROWS                                                                   \
	{.name = "otel.exporter.otlp.endpoint", .type = WR_OPTION_STRING,                          \
	 .doc = "Where traces and metrics go: `http://collector:4318`; `/v1/traces` and "          \
		"`/v1/metrics` are put behind it. Without, nothing is exported."},                 \
	{.name = "otel.exporter.otlp.traces.endpoint", .type = WR_OPTION_STRING,                   \
	 .doc = "The same of traces alone; taken as it is."},                                      \
	{.name = "otel.exporter.otlp.metrics.endpoint", .type = WR_OPTION_STRING,                  \
	 .doc = "The same of metrics alone; taken as it is."},                                     \
	{.name = "otel.exporter.otlp.protocol", .type = WR_OPTION_ENUM, .fallback = "http/json",   \
	 .values = wr_otlp_protocols,                                                              \
	 .doc = "How they are written: `http/json`, or `http/protobuf`, which is shorter."},       \
	{.name = "otel.exporter.otlp.headers", .type = WR_OPTION_STRING,                           \
	 .doc = "Headers of every request: `key=value,key=value`, values percent-encoded; or "     \
		"`${env:NAME}`."},                                                                 \
	{.name = "otel.exporter.otlp.compression", .type = WR_OPTION_ENUM, .fallback = "none",     \
	 .values = wr_otlp_compressions, .doc = "Of the requests: `none` or `gzip`."},             \
	{.name = "otel.exporter.otlp.certificate", .type = WR_OPTION_STRING,                       \
	 .doc = "Whom to trust, a PEM file; without, those that the system trusts."},              \
	{.name = "otel.exporter.otlp.timeout", .type = WR_OPTION_DURATION, .fallback = "10 s",     \
	 .min = 100, .max = 600000,                                                                \
	 .doc = "Of a request; and how long the end of the process waits for the last ones."},     \
	{.name = "otel.traces.exporter", .type = WR_OPTION_ENUM, .fallback = "otlp",               \
	 .values = wr_otlp_exporters, .doc = "`otlp`, or `none`: no traces."},                     \
	{.name = "otel.metrics.exporter", .type = WR_OPTION_ENUM, .fallback = "otlp",              \
	 .values = wr_otlp_exporters, .doc = "`otlp`, or `none`: no metrics."},                    \
	{.name = "otel.metric.export.interval", .type = WR_OPTION_DURATION, .fallback = "60 s",    \
	 .min = 100, .max = 86400000, .doc = "Between two exports of metrics."},                   \
	{.name = "otel.bsp.schedule.delay", .type = WR_OPTION_DURATION, .fallback = "5 s",         \
	 .min = 10, .max = 3600000, .doc = "Between two exports of spans."},                       \
	{.name = "otel.bsp.max.queue.size", .type = WR_OPTION_INT, .fallback = "2048", .min = 1,   \
	 .max = 1000000,                                                                           \
	 .doc = "Finished spans that wait to be sent; more are dropped, and counted."},            \
	{.name = "otel.bsp.max.export.batch.size", .type = WR_OPTION_INT, .fallback = "512",       \
	 .min = 1, .max = 100000, .doc = "Spans of a request."},                                   \
	{.name = "otel.service.name", .type = WR_OPTION_STRING, .fallback = "weir",                \
	 .doc = "`service.name` of what is exported."},                                            \
	{.name = "otel.resource.attributes", .type = WR_OPTION_STRING,                             \
	 .doc = "More of what the process is: `key=value,key=value`, values percent-encoded."},    \
	{.name = "otel.sdk.disabled", .type = WR_OPTION_BOOL, .fallback = "false",                 \
	 .doc = "Nothing is exported, whatever the others say."},                                  \
	{.name = "log.format", .type = WR_OPTION_ENUM, .fallback = "text",                         \
	 .values = wr_log_formats,                                                                 \
	 .doc = "Of standard error: `text`, or `json`: one object a line."},                       \
	{.name = "log.level", .type = WR_OPTION_ENUM, .fallback = "info",                          \
	 .values = wr_log_levels,                                                                  \
	 .doc = "What is said: `debug`, `info`, `warn` or `error`, and what is graver."}
/* clang-format on */

/* Whether the key is one of them, also one that is misspelt. */
bool wr_telemetry_is_option(const char *key);
/* Sets those that were not given from OpenTelemetry's environment variables. */
wr_status *wr_telemetry_environment(struct wr_options *options);
/* Calls `each` for the pairs of a list "key=value,key=value"; values are decoded. */
wr_status *wr_telemetry_pairs(const char *what, const char *list,
			      void (*each)(void *own, const char *key, const char *value),
			      void *own);

#endif
