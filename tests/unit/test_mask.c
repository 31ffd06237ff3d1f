// SPDX-License-Identifier: MIT
// link: shim
/* Secrets never leave the process in clear, and nothing else changes. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "shim/inside.h"

static char *
masked(void (*find)(struct mask *, const char *, size_t), const char *text)
{
    /* Exactly as large as needed, so that a sanitizer or valgrind sees every byte too many. */
    size_t bytes = strlen(text);
    char *copy = malloc(bytes + 1), *result;
    struct mask mask;

    memcpy(copy, text, bytes);
    copy[bytes] = '\0';
    find(&mask, copy, bytes);
    result = malloc(mask_bytes(&mask, bytes) + 1);
    mask_write(&mask, result, copy, bytes);
    result[mask_bytes(&mask, bytes)] = '\0';
    free(copy);
    return result;
}

static void
expect(void (*find)(struct mask *, const char *, size_t), const char *text, const char *wanted)
{
    char *result = masked(find, text);

    assert_string_equal(result, wanted);
    free(result);
}

static void
whole_texts(void **state)
{
    struct mask mask;

    (void)state;
    expect(mask_whole, "eJxxxx", "<secret>");
    expect(mask_whole, "", "");
    mask_whole(&mask, NULL, 0);
    assert_int_equal(mask.count, 0);
}

#define KEY "socks5_proxy_info_password"

static void
json_values(void **state)
{
    (void)state;
    assert_true(secret_key(KEY, strlen(KEY)));
    assert_false(secret_key("socks5_proxy_info_ip", 20));
    expect(mask_json, "{}", "{}");
    expect(mask_json, "", "");
    expect(mask_json, "{\"a\":\"" KEY "\"}", "{\"a\":\"" KEY "\"}");
    expect(mask_json, "{\"" KEY "\":\"x\"}", "{\"" KEY "\":\"<secret>\"}");
    expect(mask_json, " { \"a\" : 1 , \"" KEY "\" : \"p\\\"w\" , \"b\":[true,null,-1.5e3] } ",
           " { \"a\" : 1 , \"" KEY "\" : \"<secret>\" , \"b\":[true,null,-1.5e3] } ");
    expect(mask_json, "[{\"x\":{\"" KEY "\":\"1\"}},{\"" KEY "\":\"2\"}]",
           "[{\"x\":{\"" KEY "\":\"<secret>\"}},{\"" KEY "\":\"<secret>\"}]");
    /* Not a string, but secret all the same; nested ones count as one. */
    expect(mask_json, "{\"" KEY "\":12}", "{\"" KEY "\":\"<secret>\"}");
    expect(mask_json, "{\"" KEY "\":{\"" KEY "\":[1,2]},\"z\":0}", "{\"" KEY "\":\"<secret>\",\"z\":0}");
    expect(mask_json, "{\"" KEY "\":\"\",\"z\":0}", "{\"" KEY "\":\"\",\"z\":0}");
    expect(mask_json, "{\"" KEY "\":null}", "{\"" KEY "\":null}");
    /* The same key, spelled with escapes, or twice. */
    expect(mask_json, "{\"socks5\\u005fproxy_info_password\":\"x\"}",
           "{\"socks5\\u005fproxy_info_password\":\"<secret>\"}");
    expect(mask_json, "{\"" KEY "\":\"a\",\"" KEY "\":\"b\"}",
           "{\"" KEY "\":\"<secret>\",\"" KEY "\":\"<secret>\"}");
}

static void
what_cannot_be_scanned_is_masked_whole(void **state)
{
    static const char *const broken[] = {
        "plain text",
        "{\"" KEY "\":\"x\"",
        "{\"" KEY "\":\"x\",}",
        "{" KEY ":\"x\"}",
        "[1,2",
        "{\"a\":1} {\"b\"",
        "{\"" KEY "\":\"x\"}extra",
        "{\"a\":\"\x01\"}",
        "{\"a\":\"\\q\"}",
        "{\"a\":0x12}",
        "{\"a\" 1}",
        "]",
        "{\"a\":\"unfinished",
        "'single'",
        "{\"\\u12\":1}",
    };

    (void)state;
    for (size_t i = 0; i < sizeof broken / sizeof *broken; i++)
        expect(mask_json, broken[i], "<secret>");
}

static void
deep_and_wide_texts(void **state)
{
    char text[4096], *at = text;

    (void)state;
    for (int i = 0; i < 300; i++)
        *at++ = '[';
    for (int i = 0; i < 300; i++)
        *at++ = ']';
    *at = '\0';
    expect(mask_json, text, "<secret>"); /* deeper than the scanner goes */
    at = text;
    *at++ = '[';
    for (int i = 0; i < MASK_SPANS + 1; i++)
        at += sprintf(at, "%s{\"" KEY "\":\"%d\"}", i > 0 ? "," : "", i);
    strcpy(at, "]");
    expect(mask_json, text, "<secret>"); /* more secrets than it can list */
}

static void
known_secrets_in_logs(void **state)
{
    (void)state;
    expect(mask_known, "nothing known yet: eJsecretsignature", "nothing known yet: eJsecretsignature");
    secret_remember("eJsecretsignature", 17);
    secret_remember("tiny", 4); /* would match by accident */
    expect(mask_known, "login sig=eJsecretsignature, again eJsecretsignature",
           "login sig=<secret>, again <secret>");
    expect(mask_known, "a tiny text", "a tiny text");
    expect(mask_known, "", "");
    expect(mask_known, "eJsecretsignatur", "eJsecretsignatur");
    /* What a JSON argument hid is known from then on, too. */
    expect(mask_json, "{\"" KEY "\":\"hunter2hunter2\"}", "{\"" KEY "\":\"<secret>\"}");
    expect(mask_known, "proxy hunter2hunter2 refused", "proxy <secret> refused");
}

static void
random_texts(void **state)
{
    static const char alphabet[] = "{}[]\":,\\u0123abe.-+ntrf \"\"{}";
    uint32_t random = 12345;

    (void)state;
    for (int round = 0; round < 200000; round++) {
        char text[64];
        size_t bytes = 1 + (random >> 8) % 40;

        for (size_t i = 0; i < bytes; i++) {
            random = random * 1103515245u + 12345u;
            text[i] = alphabet[(random >> 16) % (sizeof alphabet - 1)];
        }
        text[bytes] = '\0';
        free(masked(mask_json, text));
    }
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(whole_texts),
        cmocka_unit_test(json_values),
        cmocka_unit_test(what_cannot_be_scanned_is_masked_whole),
        cmocka_unit_test(deep_and_wide_texts),
        cmocka_unit_test(known_secrets_in_logs),
        cmocka_unit_test(random_texts),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
