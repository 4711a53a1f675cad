/* SPDX-License-Identifier: Apache-2.0
 *
 * module - see module.h.
 *
 * RTLD_NODELETE keeps a library for the life of the process, so the handle is given back at once:
 * nobody has to keep it, and opening a module many times does not count up. RTLD_LOCAL: its symbols
 * do not reach others. RTLD_NOW: what is missing shows here, as an error, and not in the middle of
 * a job.
 */
#include "base/module.h"

#include <dlfcn.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/macros.h"

#define CAUSE_BYTES 1024 /* of messages of the loader; what is longer is cut */

_Static_assert(sizeof(void (*)(void)) == sizeof(void *), "functions fit the table");

/* Adds what the loader said of the last attempt. */
static void add_cause(char cause[CAUSE_BYTES])
{
	const char *said = dlerror();
	size_t at = strlen(cause);

	if (said == NULL)
		said = "the loader gives no reason";
	snprintf(cause + at, CAUSE_BYTES - at, "%s%s", at > 0 ? "; " : "", said);
}

/* Opens `soname` in a folder; NULL folder or a path that is too long: no. */
static void *load_in(const char *folder, size_t folder_size, const char *soname,
		     char cause[CAUSE_BYTES])
{
	char path[PATH_MAX];
	void *library;

	if (folder == NULL || folder_size == 0)
		return NULL;
	if (snprintf(path, sizeof path, "%.*s/%s", (int)folder_size, folder, soname) >=
	    (int)sizeof path)
		return NULL;
	if (access(path, F_OK) != 0)
		return NULL;
	library = dlopen(path, RTLD_NOW | RTLD_LOCAL | RTLD_NODELETE);
	if (library == NULL)
		add_cause(cause);
	return library;
}

/* The size of the folder part of a path; 0: it has none. */
static size_t folder_size(const char *path)
{
	const char *slash = path != NULL ? strrchr(path, '/') : NULL;

	return slash != NULL ? (size_t)(slash - path) : 0;
}

/* Opens a library of Weir itself: WEIR_MODULES, beside the shared library with this code, beside
 * the program, where it is installed. */
static void *load_own(const char *soname, char cause[CAUSE_BYTES])
{
	static const char here; /* an address in this library or program */
	const char *folder = getenv("WEIR_MODULES");
	char program[PATH_MAX];
	Dl_info info = {0};
	void *library;
	ssize_t size;

	library = load_in(folder, folder != NULL ? strlen(folder) : 0, soname, cause);
	if (library == NULL && dladdr(&here, &info) != 0)
		library = load_in(info.dli_fname, folder_size(info.dli_fname), soname, cause);
	if (library == NULL) {
		size = readlink("/proc/self/exe", program, sizeof program - 1);
		program[size > 0 ? size : 0] = '\0';
		library = load_in(program, folder_size(program), soname, cause);
	}
	if (library == NULL)
		library = load_in(WR_MODULE_FOLDER, strlen(WR_MODULE_FOLDER), soname, cause);
	return library;
}

/* Opens the first of the sonames that is there; NULL with the causes of all of them. */
static void *load(const struct wr_module_spec *spec, const char **soname, char cause[CAUSE_BYTES])
{
	void *library = NULL;

	cause[0] = '\0';
	for (uint32_t i = 0; i < WR_MODULE_SONAMES_MAX && spec->sonames[i] != NULL; i++) {
		*soname = spec->sonames[i];
		if (spec->own)
			library = load_own(*soname, cause);
		if (library == NULL) {
			library = dlopen(*soname, RTLD_NOW | RTLD_LOCAL | RTLD_NODELETE);
			if (library == NULL)
				add_cause(cause);
		}
		if (library != NULL)
			return library;
	}
	return NULL;
}

wr_status *wr_module_open(const struct wr_module_spec *spec, void *table)
{
	void **slots = table, *library;
	char cause[CAUSE_BYTES];
	const char *soname = NULL;
	wr_status *status = NULL;

	WR_ASSERT(spec->sonames[0] != NULL && spec->count > 0);
	memset(table, 0, (spec->count + spec->newer_count) * sizeof *slots);
	library = load(spec, &soname, cause);
	if (library == NULL) {
		status = wr_status_new(WR_USER_ERROR,
				       "%s needs the library %s, which cannot be loaded: %s",
				       spec->what, spec->sonames[0], cause);
		return wr_status_hint(status, "Install the package %s", spec->package);
	}
	for (uint32_t i = 0; i < spec->count && status == NULL; i++) {
		slots[i] = dlsym(library, spec->names[i]);
		if (slots[i] == NULL)
			status = wr_status_new(
			    WR_USER_ERROR, "%s needs the function %s, which the library %s lacks",
			    spec->what, spec->names[i], soname);
	}
	for (uint32_t i = 0; i < spec->newer_count && status == NULL; i++)
		slots[spec->count + i] = dlsym(library, spec->newer[i]);
	dlclose(library);
	if (status != NULL)
		memset(table, 0, spec->count * sizeof *slots);
	return wr_status_hint(status,
			      "Install a newer version of the package %s: at least the one that "
			      "this program was built with",
			      spec->package);
}

wr_status *wr_module_not_built(const char *what, const char *package, const char *option)
{
	return wr_status_hint(wr_status_new(WR_USER_ERROR, "This build of Weir has no %s", what),
			      "Install the package %s and build again with the option -D%s=enabled",
			      package, option);
}
