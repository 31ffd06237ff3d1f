// SPDX-License-Identifier: MIT
#include "recorder/command.h"

#include <ctype.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* Compares without case, '-' and '_': "--User-Sig" holds "usersig". */
static bool
telling(const char *word, size_t length)
{
    static const char *const names[] = {"usersig", "password", "passwd",     "secret",
                                        "token",   "apikey",   "privatekey", "credential"};
    char plain[64];
    size_t used = 0;
    for (size_t i = 0; i < length && used < sizeof plain - 1; i++) {
        if (word[i] != '-' && word[i] != '_')
            plain[used++] = (char)tolower((unsigned char)word[i]);
    }
    plain[used] = '\0';
    for (unsigned i = 0; i < sizeof names / sizeof names[0]; i++) {
        if (strstr(plain, names[i]) != NULL)
            return true;
    }
    return false;
}

/* A UserSig is zlib data in a base64 of its own: long, one word, begins with "eJ". */
static bool
like_usersig(const char *word)
{
    static const char alphabet[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/=*-_";
    return strncmp(word, "eJ", 2) == 0 && strlen(word) >= 60 && strspn(word, alphabet) == strlen(word);
}

/* Wherever in the word the secret is: the hash of each stretch of its length comes from the one before. */
static void
hide_secret(char *hide, const char *word, size_t length, const struct inbox_mask *mask)
{
    uint64_t hash, first = 1;
    if (mask->bytes == 0 || mask->bytes > length)
        return;
    for (size_t i = 0; i < mask->bytes; i++)
        first *= RING_HASH_BASE;
    hash = ring_hash(word, mask->bytes);
    for (size_t at = 0;; at++) {
        if (hash == mask->hash)
            memset(hide + at, 1, mask->bytes);
        if (at + mask->bytes == length)
            return;
        hash =
            hash * RING_HASH_BASE + ((uint8_t)word[at + mask->bytes] + 1u) - first * ((uint8_t)word[at] + 1u);
    }
}

/* One word with its secrets replaced; malloc'd. */
static char *
masked(char *const argv[], uint32_t index, const struct inbox_mask *masks, uint32_t nmasks)
{
    const char *word = argv[index];
    size_t length = strlen(word), used = 0;
    char *hide = calloc(1, length + 1), *out = malloc(4 * (length + 1));
    if (hide == NULL || out == NULL) {
        free(hide);
        free(out);
        return NULL;
    }
    const char *equals = strchr(word, '=');
    if (index > 0) {
        if (equals != NULL && telling(word, (size_t)(equals - word)))
            memset(hide + (equals + 1 - word), 1, strlen(equals + 1));
        const char *previous = argv[index - 1];
        if (index > 1 && previous[0] == '-' && strchr(previous, '=') == NULL && word[0] != '-' &&
            telling(previous, strlen(previous)))
            memset(hide, 1, length);
        if (like_usersig(word))
            memset(hide, 1, length);
        else if (equals != NULL && like_usersig(equals + 1))
            memset(hide + (equals + 1 - word), 1, strlen(equals + 1));
    }
    for (uint32_t i = 0; i < nmasks; i++)
        hide_secret(hide, word, length, &masks[i]);
    for (size_t i = 0; i < length; i++) {
        if (!hide[i]) {
            out[used++] = word[i];
        } else if (i == 0 || !hide[i - 1]) {
            memcpy(out + used, COMMAND_MASK, strlen(COMMAND_MASK));
            used += strlen(COMMAND_MASK);
        }
    }
    out[used] = '\0';
    free(hide);
    return out;
}

static bool
plain(const char *word)
{
    static const char safe[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789_./:=@%+,-*";
    return *word != '\0' && strspn(word, safe) == strlen(word);
}

char *
command_words(char *const argv[], const struct inbox_mask *masks, uint32_t nmasks)
{
    char *text = NULL;
    size_t bytes;
    FILE *stream = open_memstream(&text, &bytes);
    if (stream == NULL)
        return NULL;
    for (uint32_t i = 0; argv[i] != NULL; i++) {
        char *word = masked(argv, i, masks, nmasks);
        if (i > 0)
            fputc(' ', stream);
        if (word == NULL) {
            fputs(COMMAND_MASK, stream);
        } else if (plain(word)) {
            fputs(word, stream);
        } else {
            fputc('\'', stream);
            for (const char *at = word; *at != '\0'; at++) {
                if (*at == '\'')
                    fputs("'\\''", stream);
                else
                    fputc(*at, stream);
            }
            fputc('\'', stream);
        }
        free(word);
    }
    if (fclose(stream) != 0) {
        free(text);
        return NULL;
    }
    return text;
}
