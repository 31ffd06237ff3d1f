// SPDX-License-Identifier: MIT
// Strings of NDJSON: text, bytes as hex, JSON meant as text, and files.
#include "traces/ndjson_text.h"

#include <errno.h>
#include <fcntl.h>
#include <linux/openat2.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <unistd.h>

static int
hex_digit(char c)
{
    return c >= '0' && c <= '9' ? c - '0' : (c | 32) >= 'a' && (c | 32) <= 'f' ? (c | 32) - 'a' + 10 : -1;
}

/* Digits -> malloc'd bytes. 0; 1: no proper hex, or a NUL byte among it; -1: no memory. */
static int
from_hex(const char *hex, size_t digits, struct ndjson_bytes *out)
{
    if (digits % 2 != 0)
        return 1;
    char *data = malloc(digits / 2 + 1);
    if (data == NULL)
        return -1;
    for (size_t i = 0; i < digits; i += 2) {
        int high = hex_digit(hex[i]), low = hex_digit(hex[i + 1]);
        if (high < 0 || low < 0 || (high | low) == 0) {
            free(data);
            return 1;
        }
        data[i / 2] = (char)(high << 4 | low);
    }
    data[digits / 2] = '\0';
    *out = (struct ndjson_bytes){data, digits / 2};
    return 0;
}

struct place {
    const struct ndjson_line *line;
    const char *outer, *key;
    struct fault *fault;
};
#define REFUSE(place, ...)                                                                                   \
    ndjson_fault((place)->line, (place)->outer, (place)->key, (place)->fault, __VA_ARGS__)

static int
take_string(const struct place *place, const cJSON *node, struct ndjson_bytes *text)
{
    struct jtree_text decoded;
    if (jtree_text(node, &decoded) != 0)
        return REFUSE(place, "out of memory");
    int status = 0;
    if (memchr(decoded.data, '\0', decoded.bytes) != NULL)
        status = REFUSE(place, "\\u0000 cannot be in a C string");
    else if ((text->data = malloc(decoded.bytes + 1)) == NULL)
        status = REFUSE(place, "out of memory");
    else {
        memcpy(text->data, decoded.data, decoded.bytes);
        text->data[decoded.bytes] = '\0';
        text->bytes = decoded.bytes;
    }
    jtree_text_free(&decoded);
    return status;
}

static int
take_hex(const struct place *place, const cJSON *node, struct ndjson_bytes *text)
{
    struct ndjson_bytes hex = {0};
    if (jtree_kind(node) != JTREE_STRING)
        return REFUSE(place, "\"" NDJSON_BYTES "\" must be a string of hex digits");
    if (take_string(place, node, &hex) != 0)
        return -1;
    int status = from_hex(hex.data, hex.bytes, text);
    free(hex.data);
    if (status > 0)
        return REFUSE(place, "\"" NDJSON_BYTES "\" must be pairs of hex digits, and no byte may be 00");
    return status < 0 ? REFUSE(place, "out of memory") : 0;
}

/* Opens below the folder and nowhere else, whatever links lie on the way. */
static int
open_below(int folder, const char *path)
{
    struct open_how how = {.flags = O_RDONLY | O_CLOEXEC | O_NONBLOCK,
                           .resolve = RESOLVE_BENEATH | RESOLVE_NO_MAGICLINKS};
    int fd = (int)syscall(SYS_openat2, folder, path, &how, sizeof how);
    if (fd >= 0 || (errno != ENOSYS && errno != EPERM))
        return fd;
    /* No openat2 here (old kernel, strict container): component by component, no links at all. */
    int at = openat(folder, ".", O_PATH | O_DIRECTORY | O_CLOEXEC);
    while (at >= 0) {
        size_t length = strcspn(path, "/");
        char name[256];
        int next = -1;
        bool last = path[length] == '\0';
        if (length == 0 || length >= sizeof name || (length <= 2 && strncmp(path, "..", length) == 0)) {
            errno = EXDEV;
        } else {
            memcpy(name, path, length);
            name[length] = '\0';
            next = openat(at, name,
                          O_NOFOLLOW | O_CLOEXEC | (last ? O_RDONLY | O_NONBLOCK : O_PATH | O_DIRECTORY));
        }
        int reason = errno;
        close(at);
        errno = reason;
        if (last || next < 0)
            return next;
        at = next;
        path += length + 1;
    }
    return -1;
}

static int
read_all(const struct place *place, int fd, const char *path, struct ndjson_bytes *text)
{
    struct stat status;
    if (fstat(fd, &status) != 0 || !S_ISREG(status.st_mode))
        return REFUSE(place, "%s is not a regular file", path);
    if ((uint64_t)status.st_size > NDJSON_MAX_LINE)
        return REFUSE(place, "%s is larger than 256 MiB", path);
    size_t size = (size_t)status.st_size, used = 0;
    char *data = malloc(size + 1);
    if (data == NULL)
        return REFUSE(place, "out of memory");
    while (used < size) {
        ssize_t count = read(fd, data + used, size - used);
        if (count < 0 && errno == EINTR)
            continue;
        if (count <= 0)
            break;
        used += (size_t)count;
    }
    data[used] = '\0';
    if (used != size || memchr(data, '\0', size) != NULL) {
        free(data);
        return used != size ? REFUSE(place, "cannot read %s", path)
                            : REFUSE(place, "%s holds a NUL byte, which cannot be in a C string", path);
    }
    *text = (struct ndjson_bytes){data, size};
    return 0;
}

static int
take_file(const struct place *place, const cJSON *node, struct ndjson_bytes *text)
{
    struct ndjson_bytes path = {0};
    if (jtree_kind(node) != JTREE_STRING)
        return REFUSE(place, "\"$file\" must be a path");
    if (place->line->source->payloads < 0)
        return REFUSE(place, "\"$file\" needs to know which folder may be read: give --payloads FOLDER");
    if (take_string(place, node, &path) != 0)
        return -1;
    int fd = open_below(place->line->source->payloads, path.data);
    int status;
    if (fd < 0) {
        status = REFUSE(place, "cannot read \"%.300s\" below the --payloads folder: %s", path.data,
                        errno == EXDEV ? "it leads out of it" : strerror(errno));
    } else {
        status = read_all(place, fd, path.data, text);
        close(fd);
    }
    free(path.data);
    return status;
}

int
ndjson_take_text(const struct ndjson_line *line, const cJSON *node, const char *outer, const char *key,
                 struct ndjson_bytes *text, struct fault *fault)
{
    const struct place place = {line, outer, key, fault};
    *text = (struct ndjson_bytes){0};
    switch (jtree_kind(node)) {
    case JTREE_NULL:
        return 0;
    case JTREE_STRING:
        return take_string(&place, node, text);
    case JTREE_OBJECT:
        if (node->child != NULL && node->child->next == NULL && node->child->string != NULL) {
            const char *what = node->child->string;
            if (strcmp(what, NDJSON_BYTES) == 0)
                return take_hex(&place, node->child, text);
            if (strcmp(what, "$file") == 0)
                return take_file(&place, node->child, text);
            if (strcmp(what, "$json") == 0) {
                text->data = jtree_print(node->child, JTREE_COMPACT, &text->bytes);
                return text->data != NULL ? 0 : REFUSE(&place, "out of memory");
            }
        }
        /* fall through */
    default:
        return REFUSE(&place,
                      "\"%s\" must be a string, null, {\"$json\": value}, {\"$bytes\": \"hex\"} or "
                      "{\"$file\": \"path\"}",
                      key);
    }
}

int
ndjson_member_text(const struct ndjson_line *line, const char *key, struct ndjson_bytes *text,
                   struct fault *fault)
{
    const cJSON *node = ndjson_get(line, key);
    *text = (struct ndjson_bytes){0};
    return node == NULL ? 0 : ndjson_take_text(line, node, NULL, key, text, fault);
}

int
ndjson_take_key(const struct ndjson_line *line, const cJSON *member, struct ndjson_bytes *key,
                struct fault *fault)
{
    static const size_t prefix = sizeof NDJSON_KEY_BYTES - 1;
    struct jtree_text text;
    *key = (struct ndjson_bytes){0};
    if (jtree_key(member, &text) != 0)
        return ndjson_fault(line, NULL, NULL, fault, "out of memory");
    int status = 0;
    if (memchr(text.data, '\0', text.bytes) != NULL) {
        status = ndjson_fault(line, NULL, NULL, fault, "\\u0000 cannot be in a key");
    } else if (strncmp(text.data, NDJSON_KEY_BYTES, prefix) == 0) {
        if (from_hex(text.data + prefix, text.bytes - prefix, key) != 0)
            status = ndjson_fault(line, NULL, NULL, fault,
                                  "behind \"" NDJSON_KEY_BYTES
                                  "\" must come pairs of hex digits, and no byte may be 00");
    } else {
        key->data = strdup(text.data);
        key->bytes = text.bytes;
        if (key->data == NULL)
            status = ndjson_fault(line, NULL, NULL, fault, "out of memory");
    }
    jtree_text_free(&text);
    return status;
}
