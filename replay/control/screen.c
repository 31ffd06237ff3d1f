// SPDX-License-Identifier: MIT
#include "replay/control/screen.h"

#include <errno.h>
#include <poll.h>
#include <unistd.h>

void
screen_init(struct screen *screen, void (*line)(const char *text))
{
    *screen = (struct screen){.line = line};
    pthread_mutex_init(&screen->lock, NULL);
}

void
screen_show(struct screen *screen, const char *text)
{
    if (screen->line == NULL)
        return;
    pthread_mutex_lock(&screen->lock);
    if (text == NULL ? screen->shown : !screen->inside) {
        screen->line(text);
        screen->shown = text != NULL;
    }
    pthread_mutex_unlock(&screen->lock);
}

static bool
write_all(int file, const char *bytes, size_t count)
{
    while (count > 0) {
        ssize_t done = write(file, bytes, count);
        if (done > 0) {
            bytes += done;
            count -= (size_t)done;
        } else if (done < 0 && errno == EAGAIN) {
            poll(&(struct pollfd){.fd = file, .events = POLLOUT}, 1, -1);
        } else if (done == 0 || errno != EINTR) {
            return false;
        }
    }
    return true;
}

bool
screen_write(struct screen *screen, int file, const char *bytes, size_t count)
{
    bool terminal = screen->line != NULL && isatty(file) == 1;
    if (!terminal)
        return write_all(file, bytes, count);
    pthread_mutex_lock(&screen->lock);
    if (screen->shown)
        screen->line(NULL);
    screen->shown = false;
    bool taken = write_all(file, bytes, count);
    screen->inside = count > 0 ? bytes[count - 1] != '\n' : screen->inside;
    pthread_mutex_unlock(&screen->lock);
    return taken;
}
