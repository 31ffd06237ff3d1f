// SPDX-License-Identifier: MIT
/* A tape's path the way a code host names files: from the top of the repository, where CI jobs run. */
#ifndef REPLAY_REPORT_PATH_H
#define REPLAY_REPORT_PATH_H

/* Points into `path`: without "./", and without the working directory where it is below that. */
const char *report_path(const char *path);
/* Its last part. */
const char *report_base(const char *path);

#endif
