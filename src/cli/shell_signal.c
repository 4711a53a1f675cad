/* SPDX-License-Identifier: Apache-2.0
 *
 * shell_signal - Ctrl-C and single keys while something runs.
 */
#include <poll.h>
#include <signal.h>
#include <termios.h>
#include <unistd.h>

#include "cli/shell.h"

#define ESCAPE_MS 20 /* within which a terminal sends all bytes of a key */

static volatile sig_atomic_t interrupted;
static struct termios before; /* of the terminal, while keys are read */
static bool reads_keys;

static void on_interrupt(int number)
{
	interrupted = 1;
}

bool wr_shell_interrupted(void)
{
	return interrupted != 0;
}

void wr_shell_interrupts(void)
{
	struct sigaction action = {.sa_handler = on_interrupt};

	interrupted = 0;
	sigemptyset(&action.sa_mask);
	sigaction(SIGINT, &action, NULL); /* reads are broken off */
}

void wr_shell_keys_begin(void)
{
	struct termios raw;

	if (!isatty(STDIN_FILENO) || tcgetattr(STDIN_FILENO, &before) != 0)
		return;
	raw = before;
	raw.c_lflag &= ~(tcflag_t)(ICANON | ECHO);
	raw.c_cc[VMIN] = 0;
	raw.c_cc[VTIME] = 0;
	reads_keys = tcsetattr(STDIN_FILENO, TCSANOW, &raw) == 0;
}

/* The next byte that was typed; -1: none comes within the time. */
static int next_byte(int wait_ms)
{
	struct pollfd in = {.fd = STDIN_FILENO, .events = POLLIN};
	unsigned char byte;

	if (poll(&in, 1, wait_ms) <= 0 || read(STDIN_FILENO, &byte, 1) != 1)
		return -1;
	return byte;
}

/* What stands behind an escape: [ or O, parameters, and the byte that ends it (ECMA-48). */
static enum wr_shell_key escape_key(void)
{
	int byte = next_byte(ESCAPE_MS), parameter = 0;

	if (byte != '[' && byte != 'O')
		return WR_KEY_NONE;
	while ((byte = next_byte(ESCAPE_MS)) >= 0x20 && byte < 0x40)
		parameter = parameter == 0 ? byte : parameter;
	switch (byte == '~' ? parameter : byte) {
	case 'A': return WR_KEY_UP;
	case 'B': return WR_KEY_DOWN;
	case '5': return WR_KEY_PAGE_UP;
	case '6': return WR_KEY_PAGE_DOWN;
	default: return WR_KEY_NONE;
	}
}

enum wr_shell_key wr_shell_key(int wait_ms)
{
	enum wr_shell_key key = WR_KEY_NONE;
	int byte;

	while (reads_keys && key == WR_KEY_NONE && (byte = next_byte(wait_ms)) >= 0) {
		wait_ms = 0;
		if (byte == '\033')
			key = escape_key();
		else if (byte == 'q' || byte == 'Q')
			key = WR_KEY_QUIT;
	}
	return key;
}

void wr_shell_keys_end(void)
{
	if (reads_keys)
		tcsetattr(STDIN_FILENO, TCSANOW, &before);
	reads_keys = false;
}
