// SPDX-License-Identifier: MIT
/* A small client whose handlers take what the SDK sends for granted, in two places. */
#ifndef TESTS_FUZZ_CLIENT_H
#define TESTS_FUZZ_CLIENT_H

#include <stdint.h>

struct client {
    unsigned messages, unread;
    char last_sender[64];
    uint8_t *progress; /* percent by element of the message that is being sent */
    int elements;
};

void client_clear(struct client *client);
void client_on_new_msg(const char *json_msg_array, const void *user_data);
void client_on_progress(const char *json_msg, uint32_t index, uint32_t cur_size, uint32_t total_size,
                        const void *user_data);
void client_on_conv_list(int32_t code, const char *desc, const char *json_params, const void *user_data);

#endif
