// SPDX-License-Identifier: MIT
/*
 * What the generated entry points (standin_gen.c) call, and what they offer the engine.
 */
#ifndef STANDIN_STANDIN_H
#define STANDIN_STANDIN_H

#include <stdint.h>

#include "api/api.h"

/* An API function was called: answers as the score says. `values` are the live arguments. */
union api_value standin_call(uint16_t api, const union api_value *values);

/* The signature (entry id) of `newest` in the SDK version that the score was recorded with. */
uint16_t standin_signature(uint16_t newest);

/* Generated: calls fn as the callback type `callback` with these values; values must
 * include the user data at the API_USER position. */
void standin_invoke(uint16_t callback, void (*fn)(void), const union api_value *values);

#endif
