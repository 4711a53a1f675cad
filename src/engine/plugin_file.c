/* SPDX-License-Identifier: Apache-2.0
 *
 * plugin_file - see plugin_file.h.
 */
#include "engine/plugin_file.h"

#include <elf.h>
#include <link.h>
#include <stdbool.h>
#include <stdio.h>
#include <string.h>

#define SEGMENTS_MAX 128u /* that are looked at */

static bool is_elf(const ElfW(Ehdr) * head)
{
	return memcmp(head->e_ident, ELFMAG, SELFMAG) == 0 &&
	       head->e_ident[EI_CLASS] == (sizeof(void *) == 8 ? ELFCLASS64 : ELFCLASS32) &&
	       head->e_phentsize == sizeof(ElfW(Phdr));
}

/* How long the file must be for its segments; 0: it is none of ours. */
static uint64_t size_needed(FILE *file)
{
	uint64_t needed = 0;
	ElfW(Ehdr) head;
	ElfW(Phdr) segment;

	if (fread(&head, sizeof head, 1, file) != 1 || !is_elf(&head))
		return 0;
	needed = head.e_phoff + (uint64_t)head.e_phnum * sizeof segment;
	if (fseek(file, (long)head.e_phoff, SEEK_SET) != 0)
		return needed;
	for (uint32_t i = 0; i < head.e_phnum && i < SEGMENTS_MAX; i++) {
		if (fread(&segment, sizeof segment, 1, file) != 1)
			return needed;
		if (segment.p_type == PT_LOAD && segment.p_offset + segment.p_filesz > needed)
			needed = segment.p_offset + segment.p_filesz;
	}
	return needed;
}

wr_status *wr_plugin_file_check(const char *path)
{
	FILE *file = fopen(path, "rbe");
	uint64_t needed;
	long size = -1;

	if (file == NULL)
		return NULL;
	needed = size_needed(file);
	if (fseek(file, 0, SEEK_END) == 0)
		size = ftell(file);
	fclose(file);
	if (size < 0 || (uint64_t)size >= needed)
		return NULL;
	return wr_status_hint(wr_status_new(WR_USER_ERROR,
					    "Plugin '%s' cannot be loaded: the file is cut, it has "
					    "%ld bytes of %llu at least",
					    path, size, (unsigned long long)needed),
			      "Build or copy it again");
}
