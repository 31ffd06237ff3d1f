// SPDX-License-Identifier: MIT
/* The GNU build id of an ELF file: what tells two builds of the SDK apart. */
#ifndef RECORDER_BUILD_ID_H
#define RECORDER_BUILD_ID_H

#define BUILD_ID_BYTES 32

/* Hex digits into `hex` (2 * BUILD_ID_BYTES + 1); -1: the file has none or is no 64-bit ELF file. */
int build_id_read(const char *path, char *hex);

#endif
