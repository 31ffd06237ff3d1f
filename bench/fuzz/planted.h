// SPDX-License-Identifier: MIT
/* A small client with sixteen planted bugs in ten callbacks; see planted.c. */
#ifndef BENCH_FUZZ_PLANTED_H
#define BENCH_FUZZ_PLANTED_H

#include <stdint.h>

#define PLANTED_BUGS 16

void on_messages(const char *json, const void *user);
void on_progress(const char *json, uint32_t index, uint32_t done, uint32_t total, const void *user);
void on_conversations(int event, const char *json, const void *user);
void on_tips(const char *json, const void *user);
void on_revoked(const char *json, const void *user);
void on_receipts(const char *json, const void *user);
void on_updated(const char *json, const void *user);
void on_network(int status, int32_t code, const char *desc, const void *user);
void on_conversation_list(int32_t code, const char *desc, const char *json, const void *user);
void on_members(int32_t code, const char *desc, const char *json, const void *user);
void on_sent(int32_t code, const char *desc, const char *json, const void *user);
/* Forgets what the client remembers between callbacks. */
void planted_reset(void);

#endif
