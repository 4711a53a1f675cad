/* SPDX-License-Identifier: Apache-2.0
 *
 * shell_signal - Ctrl-C and single keys while something runs.
 */
#include <poll.h>
#include <signal.h>
#include <termios.h>
#include <unistd.h>

#include "cli/shell.h"

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

enum wr_shell_key wr_shell_key(int wait_ms)
{
	struct pollfd in = {.fd = STDIN_FILENO, .events = POLLIN};
	char key[8];
	ssize_t len;

	if (!reads_keys || poll(&in, 1, wait_ms) <= 0)
		return WR_KEY_NONE;
	len = read(STDIN_FILENO, key, sizeof key);
	if (len == 1 && (key[0] == 'q' || key[0] == 'Q'))
		return WR_KEY_QUIT;
	if (len >= 3 && key[0] == '\033' && key[1] == '[') {
		switch (key[2]) {
		case 'A': return WR_KEY_UP;
		case 'B': return WR_KEY_DOWN;
		case '5': return WR_KEY_PAGE_UP;
		case '6': return WR_KEY_PAGE_DOWN;
		default: break;
		}
	}
	return WR_KEY_NONE;
}

void wr_shell_keys_end(void)
{
	if (reads_keys)
		tcsetattr(STDIN_FILENO, TCSANOW, &before);
	reads_keys = false;
}
